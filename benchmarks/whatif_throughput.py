"""Hits a second with and without what-if: services side by side, asked in turn over many connections.

Two *without*, which are alike, tell how much of a difference is chance. *With* has room for all images in each of its
shadows, which makes the replay's work light; *tight* has hardly more than the images need, so its smaller shadows miss.
The one that serves has a core to itself; the replay and those who ask share the others. Which core is whose thread, and
how fast, is the host's to choose and changes within seconds, so what counts is the ratio of neighbours in time, over
many rounds and several sets of services.
"""

import os
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from benchmarks.load import rate
from benchmarks.whatif_live import picture
from cache.config import DEFAULT, edited
from metrics.channel import Channel
from metrics.channels import open_channel
from metrics.curves import add_curves
from tests import processes
from tests.asking import Client
from tests.processes import App

MIB = 1 << 20
SERVICES = {
    "without": (0, DEFAULT.capacity_bytes),
    "without-too": (0, DEFAULT.capacity_bytes),
    "with": (128 * MIB, DEFAULT.capacity_bytes),
    "tight": (128 * MIB, 8 * MIB),
}
"""By name: memory for what-if, and capacity."""
SETS = 8
ROUNDS = 15
REQUESTS = 30_000
CONNECTIONS = 16
KEYS = [f"{number:04}.jpg" for number in range(1_000)]
IMAGE_BYTES = 5_000


def main() -> None:
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else CONNECTIONS
    asked = favourites()
    print(f"{SETS} sets of {ROUNDS} rounds of {REQUESTS} hits, {connections} connections; medians of each set")
    ratios: dict[str, list[tuple[float, float]]] = {name: [] for name in SERVICES}
    for number in range(SETS):
        seen, left_out = one_set(number, asked, connections)
        for name, measured in seen.items():
            ratios[name] += [
                (hits / hits_without, cpu / cpu_without)
                for (hits, cpu), (hits_without, cpu_without) in zip(measured, seen["without"], strict=True)
            ]
        told = (f"{name} {median_of(m, 0):,.0f}/s {median_of(m, 1):.1f} us" for name, m in seen.items())
        print(", ".join(told), "; left out", ", ".join(f"{n} {part:.1%}" for n, part in left_out.items()), flush=True)
    for name in [*SERVICES][1:]:
        for which, what in enumerate(("hits a second", "CPU a hit")):
            print(f"{name}, over without, {what}: {spread([pair[which] for pair in ratios[name]])}")


def one_set(
    number: int, asked: list[str], connections: int
) -> tuple[dict[str, list[tuple[float, float]]], dict[str, float]]:
    """Of each service (hits a second, us of its process's CPU a hit) by round; and what share its replay left out."""
    core, *others = cores = sorted(os.sched_getaffinity(0))
    names = turned(list(SERVICES), number)
    with tempfile.TemporaryDirectory() as folder:
        services = {
            name: processes.image_service(Path(folder) / name / "data", INSTANCE=name, WHATIF_BYTES=SERVICES[name][0])
            for name in names
        }
        try:
            for name, service in services.items():
                begin(service, capacity_bytes=SERVICES[name][1])
                (worker,) = service.workers
                pin(worker, {core})
                for child in children(worker):
                    pin(child, set(others))
            os.sched_setaffinity(0, others)
            for service in services.values():
                measured(service, asked, connections)
            seen: dict[str, list[tuple[float, float]]] = {name: [] for name in SERVICES}
            for turn in range(ROUNDS):
                for name in turned(names, turn):
                    seen[name].append(measured(services[name], asked, connections))
            left_out = {name: part_left_out(services[name]) for name, (memory, _) in SERVICES.items() if memory}
        finally:
            os.sched_setaffinity(0, cores)
            for service in services.values():
                service.close()
    return seen, left_out


def channel_of(service: App) -> Channel:
    return open_channel(f"sqlite:///{service.data_dir}/channel.db")


def part_left_out(service: App) -> float:
    service.terminate()  # hands in the minute that is not over
    curve = add_curves(channel_of(service).curves(0, 1 << 40))
    return curve.shed / curve.live.requests


def begin(service: App, capacity_bytes: int) -> None:
    """Start it, and have it hold all images."""
    service.data_dir.mkdir(parents=True)
    channel_of(service).publish(edited(DEFAULT, {"capacity_bytes": capacity_bytes}, now=datetime.now(UTC)))
    service.start()
    client = Client(service.url)
    for number, key in enumerate(KEYS):
        client.put(key, picture(number, IMAGE_BYTES))
        client.get(key)


def favourites() -> list[str]:
    """What is asked for, round and round: some more often than others."""
    weights = list(accumulate(1 / rank**0.9 for rank in range(1, len(KEYS) + 1)))
    return random.Random(1).choices(KEYS, cum_weights=weights, k=REQUESTS)


def measured(service: App, asked: list[str], connections: int) -> tuple[float, float]:
    """Hits a second, and microseconds of the serving process's CPU a hit."""
    (worker,) = service.workers
    before = cpu_seconds(worker)
    hits_a_second = rate(service.port, asked, REQUESTS, connections)
    return hits_a_second, (cpu_seconds(worker) - before) / REQUESTS * 1e6


def cpu_seconds(pid: int) -> float:
    """All its threads', to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks(pid)) / 1e9


def pin(pid: int, cores: set[int]) -> None:
    """All threads that there are; later ones are where those are that begin them."""
    for thread in tasks(pid):
        os.sched_setaffinity(int(thread.name), cores)


def children(pid: int) -> list[int]:
    return [int(child) for task in tasks(pid) for child in (task / "children").read_text().split()]


def tasks(pid: int) -> list[Path]:
    return [*Path(f"/proc/{pid}/task").iterdir()]


def turned(names: list[str], turn: int) -> list[str]:
    turn %= len(names)
    return names[turn:] + names[:turn]


def median_of(pairs: Sequence[tuple[float, float]], which: int) -> float:
    return statistics.median(pair[which] for pair in pairs)


def spread(ratios: list[float], times: int = 2_000) -> str:
    """The median with its 95 % interval by the bootstrap (B. Efron, 1979), and the quartiles of the rounds."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(times))
    low, middle, high = statistics.quantiles(ratios, n=4)
    return (
        f"median {middle:.3f} (95 %: {medians[times // 40]:.3f} to {medians[-times // 40]:.3f}), "
        f"quartiles {low:.3f} and {high:.3f}, {len(ratios)} rounds"
    )


if __name__ == "__main__":
    main()
