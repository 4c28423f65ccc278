"""Hits a second with and without what-if: two services side by side, asked in turn over several connections.

And the processor's time that a hit takes of the one that serves, which other work on the machine hardly changes. The
replay is a process of its own, and not in it.
"""

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.load import rate
from tests import processes
from tests.asking import Client, small_images
from tests.processes import App

ROUNDS = 16
REQUESTS = 20_000
CONNECTIONS = 4


def main() -> None:
    ((key, data),) = small_images(1).items()
    with tempfile.TemporaryDirectory() as folder:
        services = {
            name: processes.image_service(Path(folder) / name / "data", INSTANCE=name, WHATIF_BYTES=size)
            for name, size in (("without", 0), ("with", 128 << 20))
        }
        try:
            for service in services.values():
                service.start()
                client = Client(service.url)
                client.put(key, data)
                client.get(key)
                rate(service.port, key, REQUESTS, CONNECTIONS)
            print(f"{ROUNDS} rounds of {REQUESTS} hits each, {CONNECTIONS} connections; hits a second, us of CPU a hit")
            print(f"{'without':>16} {'with':>16} {'ratio':>8} {'of CPU':>8}")
            ratios, of_cpu = [], []
            for turn in range(ROUNDS):
                order = ("with", "without") if turn % 2 else ("without", "with")
                seen = {name: measured(services[name], key) for name in order}
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
        finally:
            for service in services.values():
                service.close()


def measured(service: App, key: str) -> tuple[float, float]:
    """Hits a second, and microseconds of the serving process's CPU a hit."""
    (worker,) = service.workers
    before = cpu_seconds(worker)
    hits_a_second = rate(service.port, key, REQUESTS, CONNECTIONS)
    return hits_a_second, (cpu_seconds(worker) - before) / REQUESTS * 1e6


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
