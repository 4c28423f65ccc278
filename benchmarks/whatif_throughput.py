"""Hits a second with and without what-if: two services side by side, asked in turn over several connections.

The one that serves has a core to itself, so that it is what limits the rate; the replay and those who ask share the
others. And the processor's time that a hit takes of the one that serves, which does not tell of the replay.
"""

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.load import rate
from benchmarks.whatif_live import picture
from metrics.channels import open_channel
from metrics.curves import add_curves
from tests import processes
from tests.asking import Client
from tests.processes import App

ROUNDS = 32
REQUESTS = 20_000
CONNECTIONS = 4
KEYS = [f"{number:04}.jpg" for number in range(1_000)]
IMAGE_BYTES = 5_000


def main() -> None:
    core, *others = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        services = {
            name: processes.image_service(Path(folder) / name / "data", INSTANCE=name, WHATIF_BYTES=size)
            for name, size in (("without", 0), ("with", 128 << 20))
        }
        try:
            for service in services.values():
                service.start()
                client = Client(service.url)
                for number, key in enumerate(KEYS):
                    client.put(key, picture(number, IMAGE_BYTES))
                    client.get(key)
                (worker,) = service.workers
                pin(worker, {core})
                for replay in children(worker):
                    pin(replay, set(others))
            os.sched_setaffinity(0, others)
            for service in services.values():
                measured(service)
            print(f"{ROUNDS} rounds of {REQUESTS} hits each, {CONNECTIONS} connections; hits a second, us of CPU a hit")
            print(f"{'without':>16} {'with':>16} {'ratio':>8} {'of CPU':>8}")
            ratios, of_cpu = [], []
            for turn in range(ROUNDS):
                order = ("with", "without") if turn % 2 else ("without", "with")
                seen = {name: measured(services[name]) for name in order}
                (rate_with, cpu_with), (rate_without, cpu_without) = seen["with"], seen["without"]
                ratios.append(rate_with / rate_without)
                of_cpu.append(cpu_with / cpu_without)
                print(
                    f"{rate_without:10,.0f} {cpu_without:5.1f} {rate_with:10,.0f} {cpu_with:5.1f} "
                    f"{ratios[-1]:8.3f} {of_cpu[-1]:8.3f}",
                    flush=True,
                )
            for name, all_of_them in (("throughput", ratios), ("CPU a hit", of_cpu)):
                low, middle, high = statistics.quantiles(all_of_them, n=4)
                print(f"{name}, with over without: median {middle:.3f}, quartiles {low:.3f} and {high:.3f}")
            services["with"].terminate()  # hands in the minute that is not over
            curve = add_curves(open_channel(f"sqlite:///{services['with'].data_dir}/channel.db").curves(0, 1 << 40))
            asked = curve.live.requests
            print(f"the replay looked at {1 - curve.shed / asked:.1%} of {asked:,} requests")
        finally:
            for service in services.values():
                service.close()


def measured(service: App) -> tuple[float, float]:
    """Hits a second, and microseconds of the serving process's CPU a hit."""
    (worker,) = service.workers
    before = cpu_seconds(worker)
    hits_a_second = rate(service.port, KEYS, REQUESTS, CONNECTIONS)
    return hits_a_second, (cpu_seconds(worker) - before) / REQUESTS * 1e6


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pin(pid: int, cores: set[int]) -> None:
    """All threads that there are; later ones are where those are that begin them."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


if __name__ == "__main__":
    main()
