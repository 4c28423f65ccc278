"""Our memory cache against cachetools behind a lock: the same operations, in turn, in one process.

What is printed first is the ratio, the median over paired rounds: two caches that take turns on one machine see the
same machine. Operations a second depend on it and are there for scale only.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, count
from threading import Lock

import cachetools

from cache.ledger import ENTRY_OVERHEAD_BYTES
from cache.memory import MemoryCache

HELD = 10_000
OPERATIONS = 20_000
ROUNDS = 15
PAYLOAD = bytes(20_000)
ENTRY_BYTES = len(PAYLOAD) + ENTRY_OVERHEAD_BYTES
CAPACITY_BYTES = HELD * ENTRY_BYTES
ALPHA = 0.9
YARDSTICKS = {"lru": cachetools.LRUCache, "random": cachetools.RRCache}


@dataclass(frozen=True)
class Row:
    object_id: str


class Ours:
    """As the image service uses it: a hit reads the row, then the body; a fill reads the generation first."""

    def __init__(self, policy: str) -> None:
        self._cache = MemoryCache(policy, CAPACITY_BYTES)

    def get(self, key: str) -> bytes | None:
        row = self._cache.row(key)
        return None if row is None else self._cache.get(row.object_id, 0)

    def put(self, key: str) -> None:
        self._cache.put(key, self._cache.generation(key), Row(key), 0, PAYLOAD, len(PAYLOAD))


class Cachetools:
    """Its cache with a size for each entry, and the lock that its documentation asks for between threads."""

    def __init__(self, policy: str) -> None:
        self._cache = YARDSTICKS[policy](CAPACITY_BYTES, getsizeof=lambda body: len(body) + ENTRY_OVERHEAD_BYTES)
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            return self._cache.get(key)

    def put(self, key: str) -> None:
        with self._lock:
            self._cache[key] = PAYLOAD


Cache = Ours | Cachetools
Work = Callable[[Cache], None]


def hits(seed: int) -> Iterator[Work]:
    """Gets of keys that are all held."""
    draw = random.Random(seed)
    while True:
        keys = draw.choices([f"held-{number}" for number in range(HELD)], k=OPERATIONS)

        def work(cache: Cache, keys: list[str] = keys) -> None:
            get = cache.get
            for key in keys:
                get(key)

        yield work


def fills(seed: int) -> Iterator[Work]:
    """Puts of new keys into a full cache: each evicts another."""
    numbers = count()
    while True:
        keys = [f"new-{seed}-{next(numbers)}" for _ in range(OPERATIONS)]

        def work(cache: Cache, keys: list[str] = keys) -> None:
            put = cache.put
            for key in keys:
                put(key)

        yield work


def mixed(seed: int) -> Iterator[Work]:
    """Gets with a Zipf popularity over five times as many keys as fit; a miss is followed by a put."""
    draw = random.Random(seed)
    every = [f"any-{number}" for number in range(5 * HELD)]
    weights = list(accumulate(1 / rank**ALPHA for rank in range(1, len(every) + 1)))
    while True:
        keys = draw.choices(every, cum_weights=weights, k=OPERATIONS)

        def work(cache: Cache, keys: list[str] = keys) -> None:
            get, put = cache.get, cache.put
            for key in keys:
                if get(key) is None:
                    put(key)

        yield work


WORKLOADS: dict[str, Callable[[int], Iterator[Work]]] = {
    "get, all hits": hits,
    "put, each evicts": fills,
    f"Zipf {ALPHA}, get else put": mixed,
}


@dataclass(frozen=True)
class Result:
    """``ratios`` are our rate over theirs, one a round; rates are operations a second."""

    ratios: list[float]
    ours: float
    theirs: float


def compare(policy: str, workload: Callable[[int], Iterator[Work]]) -> Result:
    caches = (Ours(policy), Cachetools(policy))
    for cache in caches:
        for number in range(HELD):
            cache.put(f"held-{number}")
    rounds = workload(1)
    for cache in caches:
        next(rounds)(cache)  # both warm
    seconds: dict[int, list[float]] = {0: [], 1: []}
    for number in range(ROUNDS):
        work = next(rounds)
        for turn in (0, 1) if number % 2 else (1, 0):  # neither always goes first
            gc.collect()
            began = time.perf_counter()
            work(caches[turn])
            seconds[turn].append(time.perf_counter() - began)
    ratios = [theirs / ours for ours, theirs in zip(seconds[0], seconds[1], strict=True)]
    return Result(ratios, *(OPERATIONS / statistics.median(seconds[turn]) for turn in (0, 1)))


def main() -> None:
    print(f"Our memory cache / cachetools {cachetools.__version__} behind a lock, Python {sys.version.split()[0]}.")
    print(f"{HELD:,} entries of {len(PAYLOAD):,} bytes, {ROUNDS} rounds of {OPERATIONS:,} operations, one thread.")
    print("Ratio: our rate over theirs, median of the rounds; above 1 we are faster.\n")
    print(f"{'policy':<8}{'operation':<26}{'ratio':>7}{'  quartiles':<16}{'ours/s':>11}{'theirs/s':>11}")
    slower = []
    for policy in YARDSTICKS:
        for name, workload in WORKLOADS.items():
            result = compare(policy, workload)
            low, ratio, high = statistics.quantiles(result.ratios, n=4)
            spread = f"  {low:.2f}-{high:.2f}"
            print(f"{policy:<8}{name:<26}{ratio:>7.2f}{spread:<16}{result.ours:>11,.0f}{result.theirs:>11,.0f}")
            if ratio < 1:
                slower.append(f"{policy}, {name}: {1 / ratio:.1f} times as long")
    print("\nWhere we lose: " + ("; ".join(slower) or "nowhere in this run") + ".")
    print(
        "What ours does besides: a row beside the bytes, a generation that keeps out a fill that came late, eviction\n"
        "before insertion. What cachetools has not: a lock of its own, another capacity or policy while it runs,\n"
        "shrinking in small steps."
    )


if __name__ == "__main__":
    main()
