"""Days of requests, and what the auto-scaler would have made of them: the pure decision, minute by minute.

The cache is a real ledger.
What every fixed size would have missed is read off LRU stack distances: one pass tells it of all sizes at once.
"""

import math
import random
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from cache.config import MIB, Autoscale
from cache.ledger import ENTRY_OVERHEAD_BYTES, Ledger
from cache.policies import POLICIES
from cache.scaling import Action, Curve, Decision, Point, Situation, Traffic, Worth, decide
from cache.whatif.grid import GRID

MINUTE = 60
DAY_MINUTES = 1440
MONTH_SECONDS = 30 * 86_400
LEAST_REQUESTS = 1000


@dataclass(frozen=True)
class Minutes:
    """Requests by minute: keys, and the payload of each key."""

    keys: Sequence[Sequence[int]]
    payload_bytes: Sequence[int]


def diurnal(days: int = 5, requests: int = 60_000, keys: int = 3000, seed: int = 11) -> Minutes:
    """Busy noons on the whole catalogue, quiet nights on a part of it; favourites move on a little each day."""
    draw = random.Random(seed)
    payload_bytes = [max(2_000, int(draw.lognormvariate(0, 0.8) * 60_000)) for _ in range(keys)]
    weights = [*accumulate((rank + 1) ** -0.8 for rank in range(keys))]
    busy = [_busy(minute) for minute in range(DAY_MINUTES)]
    each_busy = requests / sum(busy)
    minutes = []
    for minute in range(days * DAY_MINUTES):
        share = busy[minute % DAY_MINUTES]
        awake = int(keys * (0.25 + 0.75 * share))
        ranks = draw.choices(range(awake), cum_weights=weights[:awake], k=round(share * each_busy))
        moved = minute // DAY_MINUTES * 40
        minutes.append([(rank + moved) % keys for rank in ranks])
    return Minutes(minutes, payload_bytes)


def spread(keys: Sequence[int], days: int = 5, seed: int = 5) -> Minutes:
    """A recorded trace without times, over so many days that are busy at noon; every key has a payload of its own."""
    number_of = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    draw = random.Random(seed)
    payload_bytes = [max(2_000, int(draw.lognormvariate(0, 0.8) * 60_000)) for _ in number_of]
    busy = [_busy(minute % DAY_MINUTES) for minute in range(days * DAY_MINUTES)]
    ends = [round(end / sum(busy) * len(keys)) for end in accumulate(busy)]
    starts = [0, *ends[:-1]]
    return Minutes([[number_of[key] for key in keys[a:b]] for a, b in zip(starts, ends, strict=True)], payload_bytes)


def flooded(minutes: Minutes, first: int, last: int, each_minute: int) -> Minutes:
    """The same with keys that nobody asks for twice, from a minute on to another."""
    payload_bytes = list(minutes.payload_bytes)
    keys = [list(each) for each in minutes.keys]
    for minute in range(first, last):
        begin = len(payload_bytes)
        payload_bytes += [60_000] * each_minute
        keys[minute] = [k for pair in _zipped(keys[minute], range(begin, begin + each_minute)) for k in pair]
    return Minutes(keys, payload_bytes)


def _zipped(some: Sequence[int], others: Sequence[int]) -> Iterable[tuple[int, ...]]:
    longest = max(len(some), len(others))
    return [tuple(each[n] for each in (some, others) if n < len(each)) for n in range(longest)]


def _busy(minute: int) -> float:
    return 0.55 - 0.45 * math.cos(2 * math.pi * minute / DAY_MINUTES)


class Distances:
    """How many bytes were asked for between a key's requests: a cache of so many, by LRU, still had it."""

    def __init__(self, minutes: Minutes, capacities: Sequence[int]) -> None:
        total = sum(len(each) for each in minutes.keys)
        self.capacities = sorted(capacities)
        self._tree, self._last = [0] * (total + 1), {}
        sizes = [payload + ENTRY_OVERHEAD_BYTES for payload in minutes.payload_bytes]
        self.minutes: list[tuple[int, int, list[int]]] = []
        """Of each minute: requests, those that were the first of their key, and misses by capacity."""
        place = 0
        for keys in minutes.keys:
            fits, first = Counter(), 0
            for key in keys:
                place += 1
                before = self._last.get(key)
                if before is None:
                    first += 1
                else:
                    between = self._sum(place - 1) - self._sum(before) + sizes[key]
                    fits[bisect_right(self.capacities, between - 1)] += 1
                    self._add(before, -sizes[key])
                self._add(place, sizes[key])
                self._last[key] = place
            hits = [*accumulate(fits[n] for n in range(len(self.capacities)))]
            self.minutes.append((len(keys), first, [len(keys) - hit for hit in hits]))

    def _add(self, place: int, number: int) -> None:
        while place < len(self._tree):
            self._tree[place] += number
            place += place & -place

    def _sum(self, place: int) -> int:
        total = 0
        while place:
            total += self._tree[place]
            place &= place - 1
        return total


@dataclass
class Run:
    """What came of it. ``moves`` are minute and capacity of each change."""

    requests: int = 0
    misses: int = 0
    byte_minutes: float = 0.0
    moves: list[tuple[int, int]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def dollars(self, worth: Worth) -> float:
        return self.byte_minutes * MINUTE / MONTH_SECONDS * worth.byte_month + self.misses * worth.miss


def capacities_of(minutes: Minutes) -> list[int]:
    """The grid of what-if as far as it matters here."""
    largest = sum(minutes.payload_bytes) + ENTRY_OVERHEAD_BYTES * len(minutes.payload_bytes)
    return [step for step in GRID if MIB <= step <= 2 * largest]


def play(
    minutes: Minutes,
    distances: Distances,
    rules: Autoscale,
    capacity_bytes: int,
    worth: Worth,
    least_requests: int = LEAST_REQUESTS,
) -> Run:
    """The cache as it would have been run, with a decision after each minute of the window that the rules imply."""
    ledger, ran = Ledger(POLICIES["lru"](), capacity_bytes), Run()
    window = max(1, -(-rules.cooldown_seconds // MINUTE))
    recent: deque[tuple[int, int]] = deque()
    changed = 0
    for minute, keys in enumerate(minutes.keys):
        misses = 0
        for key in keys:
            if key in ledger:
                ledger.touch(key)
            else:
                misses += 1
                ledger.admit(key, minutes.payload_bytes[key])
        ran.requests, ran.misses = ran.requests + len(keys), ran.misses + misses
        ran.byte_minutes += capacity_bytes
        recent.append((len(keys), misses))
        while len(recent) > min(window, minute + 1 - changed):
            recent.popleft()
        decision = decide(
            Situation(
                rules, capacity_bytes,
                Traffic(len(recent) * MINUTE, *(sum(c) for c in zip(*recent, strict=True)),
                        pressed=ledger.size_bytes >= 0.8 * capacity_bytes,
                        entry_bytes=ledger.size_bytes / len(ledger) if len(ledger) else None),
                _curve(distances, minute, window), changed_seconds=(minute + 1 - changed) * MINUTE,
                least_requests=least_requests, worth=worth,
            )
        )  # fmt: skip
        if decision.action is not Action.HOLD:
            capacity_bytes, changed = decision.chosen_bytes, minute + 1
            ledger.resize(capacity_bytes)
            while ledger.settle(1000):
                pass
            ran.moves.append((changed, capacity_bytes))
            ran.decisions.append(decision)
    return ran


def fixed(distances: Distances, capacity_bytes: int) -> Run:
    """The same with one size for good."""
    place = distances.capacities.index(capacity_bytes)
    requests, misses = (sum(column) for column in zip(*((n, m[place]) for n, _, m in distances.minutes), strict=True))
    return Run(requests, misses, capacity_bytes * len(distances.minutes))


def best_fixed(distances: Distances, worth: Worth) -> tuple[int, Run]:
    runs = {capacity: fixed(distances, capacity) for capacity in distances.capacities}
    best = min(runs, key=lambda capacity: runs[capacity].dollars(worth))
    return best, runs[best]


def goes_back_and_forth(moves: Sequence[tuple[int, int]], minutes: int, start_bytes: int) -> bool:
    """Whether the capacity was left and come back to within so many minutes: A, B, A."""
    was = [(0, start_bytes), *moves]
    return any(
        abs(math.log(last[1] / first[1])) < 0.05 and last[0] - middle[0] <= minutes
        for first, middle, last in zip(was, was[1:], was[2:], strict=False)
    )


def _curve(distances: Distances, minute: int, window: int) -> Curve:
    part = distances.minutes[max(0, minute + 1 - window) : minute + 1]
    requests, first = sum(each[0] for each in part), sum(each[1] for each in part)
    points = tuple(
        Point(capacity, requests, sum(each[2][place] for each in part))
        for place, capacity in enumerate(distances.capacities)
    )
    return Curve(requests, first, points)
