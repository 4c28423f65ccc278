"""How far off a sampled curve is: a trace with all the memory that exact shadows need, then with a tenth, three draws.

``python -m benchmarks.whatif_error`` takes the traces below, some quarter of a million keys each and five minutes a
trace; with names it takes those instead, or files as ``/export/trace.csv`` writes them: time, key, size.
"""

import csv
import random
import sys
from collections.abc import Callable, Iterable
from itertools import accumulate

from cache.policies import POLICIES
from cache.whatif.hashes import everywhere
from cache.whatif.sampling import BASE_BYTES
from cache.whatif.shadows import Shadows
from tests.whatif_traces import NO_BOUND, Get, Live, arriving, drained, footprint_bytes, shifting

DRAWS = 3
ONE_SIZE = 20_000
Trace = Iterable[tuple[int, int]]
"""Key and payload bytes of each request."""


def ranks(requests: int, keys: int, exponent: float, seed: int) -> list[int]:
    weights = [*accumulate((rank + 1) ** -exponent for rank in range(keys))]
    return random.Random(seed).choices(range(keys), cum_weights=weights, k=requests)


def zipf_with_scans() -> Trace:
    return [(get.key[0], get.payload_bytes) for get in shifting(750_000, 300_000, 1)]


def favourites_change_little_by_little() -> Trace:
    keys, requests = 150_000, 900_000
    order = list(range(2 * keys))
    random.Random(4).shuffle(order)
    for turn, rank in enumerate(ranks(requests, keys, 0.9, seed=8)):
        yield order[(rank + turn * keys // requests) % (2 * keys)], ONE_SIZE


def all_favourites_change_three_times() -> Trace:
    keys = 250_000
    for shift in range(4):
        order = list(range(keys))
        random.Random(shift).shuffle(order)
        for rank in ranks(530_000, keys, 0.9, seed=shift):
            yield order[rank], ONE_SIZE


def content_network() -> Trace:
    """One request in eight is for something new; 5 kB to 50 MB."""
    keys, requests = 180_000, 720_000
    draw, sizes = random.Random(5), {}
    for turn, rank in enumerate(ranks(requests, keys, 0.8, seed=3)):
        key = rank if turn % 8 else keys + turn
        if key not in sizes:
            sizes[key] = max(5_000, min(50_000_000, int(draw.lognormvariate(11, 1.7))))
        yield key, sizes[key]


def new_ones_all_the_time() -> Trace:
    """One in a hundred has 0.2 to 50 MB."""
    return [(get.key[0], get.payload_bytes) for get in arriving(900_000, 1)]


TRACES: dict[str, Callable[[], Trace]] = {
    make.__name__: make
    for make in (
        zipf_with_scans,
        favourites_change_little_by_little,
        all_favourites_change_three_times,
        content_network,
        new_ones_all_the_time,
    )
}


def from_file(path: str) -> Trace:
    with open(path, newline="", encoding="utf-8") as lines:
        return [(everywhere(row["key"]), int(row["size"])) for row in csv.DictReader(lines)]


def curve(trace: list[tuple[int, int]], budget_bytes: int, draw: int) -> tuple[dict, int]:
    """What the shadows tell, and the memory that took. The hash of an entry, and so the sample, hangs on the draw."""
    gets = [Get((key, draw), size) for key, size in trace]
    live = Live("lru", footprint_bytes(gets) // 10)
    for _ in live.play(gets):
        pass
    live.tap.minute_ended(0)
    shadows = Shadows(budget_bytes)
    (told,) = drained(live.tap, shadows)
    return told, shadows.sampling.memory_bytes()


def report(name: str, trace: list[tuple[int, int]]) -> None:
    exact, needs = curve(trace, NO_BOUND, 0)
    right = {(policy, capacity): hits for policy, capacity, hits, _ in exact["points"]}
    off: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    looked_at = []
    for draw in range(DRAWS):
        told, _ = curve(trace, BASE_BYTES + (needs - BASE_BYTES) // 10, draw)
        for policy, capacity, hits, _ in told["points"]:
            off[policy].append(100 * abs(hits - right[policy, capacity]) / exact["requests"])
        looked_at += [entries for _, entries in told["sampled"].values()]
    every = [each for points in off.values() for each in points]
    print(f"{name}: {len(trace):,} requests of {len({key for key, _ in trace}):,} keys,", end=" ")
    print(f"{min(looked_at):,} to {max(looked_at):,} of them looked at")
    print(f"  mean {sum(every) / len(every):.2f} points, largest {max(every):.2f}; largest by policy:", end=" ")
    print(", ".join(f"{policy} {max(points):.2f}" for policy, points in off.items()), flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or TRACES:
        report(name, list(TRACES[name]() if name in TRACES else from_file(name)))
