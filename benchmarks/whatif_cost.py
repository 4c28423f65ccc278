"""What what-if costs: a request with and without the tap, in turn, and how fast the replay is on its core.

The first is the median of paired differences and of paired ratios; rates depend on the machine and are for scale.
"""

import random
import statistics
import time
from dataclasses import dataclass
from itertools import accumulate

from cache.memory import MemoryCache
from cache.whatif.records import MISS, numbers
from cache.whatif.shadows import Shadows
from cache.whatif.tap import Entry, Tap
from metrics.recorder import Recorder

KEYS = 5_000
REQUESTS = 2_000
"""What 10,000 requests a second leave in the tap until it is emptied, each fifth of one."""
ROUNDS = 401
PAYLOAD_BYTES = 20_000


@dataclass(frozen=True)
class Row:
    """And its body, which is empty here; the service keeps the entry there."""

    entry: Entry

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def object_id(self) -> str:
        return self.entry.object_id


class Path:
    """What the cache and the recorder do of a hit; the rest of a request is the same with and without."""

    def __init__(self, tap: Tap | None) -> None:
        self.tap = tap
        self.cache = MemoryCache("lru", 1 << 40, tap)
        self.recorder = Recorder(tap)
        for number in range(KEYS):
            row = Row(Entry(f"key-{number}", f"object-{number}"))
            self.cache.put(row.key, self.cache.generation(row.key), row, 0, b"", PAYLOAD_BYTES)

    def work(self, keys: list[str]) -> float:
        """Seconds a request."""
        cache, served = self.cache, self.recorder.served
        began = time.perf_counter()
        for key in keys:
            row = cache.row(key)
            cache.get(row.entry.object_id, 0)
            served(True, PAYLOAD_BYTES, 0.2, False, False, False, row.entry)
        took = time.perf_counter() - began
        if self.tap is not None:
            while self.tap.take(1 << 18):
                pass
        return took / len(keys)


def request_path() -> None:
    draw = random.Random(1)
    without, with_tap = Path(None), Path(Tap())
    added = []
    for number in range(ROUNDS):
        keys = draw.choices([f"key-{number}" for number in range(KEYS)], k=REQUESTS)
        turns = (without, with_tap) if number % 2 else (with_tap, without)
        took = {path: path.work(keys) for path in turns}
        added.append((took[with_tap] - took[without]) * 1e6)
    low, middle, high = statistics.quantiles(added, n=4)
    print(f"a request pays {middle:.2f} us more with the tap (quartiles {low:.2f} to {high:.2f})")


def replay(share: float) -> None:
    """Zipf traffic, with the capacity in force at a share of all bytes."""
    draw = random.Random(2)
    many = 20_000
    weights = list(accumulate(1 / rank**0.9 for rank in range(1, many + 1)))
    tap = Tap(1 << 40)
    tap.configured(0, int(share * many * PAYLOAD_BYTES))
    for number in draw.choices(range(many), cum_weights=weights, k=60_000):
        tap.request(Entry(f"k{number}", "1"), PAYLOAD_BYTES, MISS)
    shadows = Shadows(1 << 40)
    records = numbers(tap.take(1 << 40))
    began = time.perf_counter()
    list(shadows.play(records))
    took = time.perf_counter() - began
    shown = len(shadows.families) * len(shadows.sampling.slot_of)
    each = (shadows.sampling.memory_bytes() - (14 << 20)) / len(shadows.keys) / shown
    rate = 60_000 / took
    print(f"capacity {share:.0%} of all: {rate:,.0f} requests/s, {shown} shadows, {each:.0f} bytes a key and shadow")


def main() -> None:
    request_path()
    for share in (0.05, 0.25):
        replay(share)


if __name__ == "__main__":
    main()
