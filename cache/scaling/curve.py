"""Miss rates over capacity, as What-if counted them, and between what it counted."""

import math
from collections.abc import Sequence

from cache.config import MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES
from cache.scaling.terms import Point, Situation

SIGMAS = 3
LOOKED_AT = 0.95
"""A point of the curve that was looked at for less of the requests is left out."""
ROUND_FROM = 16 * MIB


def points(situation: Situation) -> list[Point]:
    if situation.curve is None:
        return []
    least = max(1, LOOKED_AT * situation.curve.requests)
    return sorted((p for p in situation.curve.points if p.requests >= least), key=lambda point: point.capacity_bytes)


def without_first(situation: Situation) -> list[tuple[int, float]]:
    """Capacities and miss rates of all requests but the first ones, which no cache can answer; it never rises."""
    share = situation.curve.first_requests / max(1, situation.curve.requests)
    if share >= 1:
        return []
    found: list[tuple[int, float]] = []
    least = 1.0
    for point in points(situation):
        least = min(least, max(0.0, (point.misses / point.requests - share) / (1 - share)))
        found.append((point.capacity_bytes, least))
    return found


def rate_at(rates: Sequence[tuple[int, float]], capacity: int) -> float | None:
    """The rate at a capacity: counted, or between two that were, by the logarithm of the size."""
    above = next((each for each in rates if each[0] >= capacity), None)
    below = next((each for each in reversed(rates) if each[0] <= capacity), None)
    if above is None or below is None:
        return None
    if above[0] == below[0]:
        return above[1]
    share = math.log(capacity / below[0]) / math.log(above[0] / below[0])
    return below[1] + share * (above[1] - below[1])


def smallest(rates: Sequence[tuple[int, float]], target: float) -> float | None:
    """The smallest capacity whose rate is not above a target; None where none that was looked at reaches it."""
    before: tuple[int, float] | None = None
    for size, rate in rates:
        if rate <= target:
            if before is None or before[1] == rate:
                return float(size)
            return before[0] * (size / before[0]) ** ((before[1] - target) / (before[1] - rate))
        before = size, rate
    return None


def noise(rate: float, requests: int) -> float:
    """How far a rate that so many requests show may be off by chance: some standard deviations."""
    return SIGMAS * math.sqrt(rate * (1 - rate) / max(1, requests))


def real_bytes(situation: Situation) -> int:
    """What the caches really have."""
    return min(situation.capacity_bytes, situation.most_bytes or situation.capacity_bytes)


def rounded(capacity: float) -> int:
    """Whole megabytes where that is little, else steps of 64 KB; upwards, so that a small cache can grow at all."""
    step = MIB if capacity >= ROUND_FROM else MIN_CAPACITY_BYTES
    whole = math.ceil(capacity / step - 1e-9) * step
    return int(min(max(whole, MIN_CAPACITY_BYTES), MAX_CAPACITY_BYTES))
