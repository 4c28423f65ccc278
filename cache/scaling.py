"""Whether the capacity moves by itself, and to what: numbers in, one decision out. No clock, no channel, no words."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cache.config import MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES, Autoscale

MARGIN = 0.02
"""``target`` leaves the capacity alone while the miss rate is that near; more where few requests make it uncertain."""
LEAST_GROWTH, LEAST_SHRINK = 1.25, 0.72
"""Nearer capacities are not worth a change: a cache that shrinks loses what it has to fetch again."""
SHRINK_WAITS = 8
"""So many cooldowns ``target`` and ``cost`` wait before they shrink, as a busy hour may come back."""
WORTH_SAVING = 0.08
"""What a move must save of the cost, for ``cost``."""
SIGMAS = 3
LEAST_GAIN = 0.05
"""Growing must lower the miss rate by such a share of it."""
ASKED_AGAIN = 0.25
"""How much of what a shrinking cache drops is taken to be asked for again before long: most of it never is."""
LEAST_SPARED = 0.3
"""Where most misses are first requests, growing must spare such a share of all misses: a flood of them also drives out
what others ask for again, and more room for that is not what is wanted."""
MOSTLY = 0.5
LOOKED_AT = 0.95
"""A point of the curve that was looked at for less of the requests is left out."""
MOST_REJECTED = 9
MONTH_SECONDS = 30 * 86_400
ROUND_FROM = 16 * MIB


class Action(StrEnum):
    HOLD = "hold"
    GROW = "grow"
    SHRINK = "shrink"


class Why(StrEnum):
    """What a decision rests on."""

    # Nobody may act on this
    MANUAL = "manual"
    SILENT = "silent"  # nobody reports
    STALE = "stale"  # the last minutes have not come
    PARTIAL = "partial"  # some instances have not reported
    UNAPPLIED = "unapplied"  # not all instances run on the newest configuration
    EARLY = "early"  # no whole minute since the last change
    FEW = "few"  # too few requests
    NO_CURVE = "no curve"  # what-if says nothing of the setting in force
    UNSURE = "unsure"  # what-if is not to be relied on just now
    # Nothing to do
    WITHIN = "within"
    SMALL = "small"  # the better capacity is too near
    REFETCH = "refetch"  # what shrinking drops costs more to fetch again than it saves for a while
    COLD = "cold"  # most misses are first requests
    NO_GAIN = "no gain"  # more room would not help
    NOT_FULL = "not full"  # there is room left
    AT_MAX = "at the maximum"
    AT_MIN = "at the minimum"
    MEMORY = "memory"  # the machines have no more
    COOLDOWN = "cooldown"
    # Something to do
    ABOVE = "above"  # more misses than allowed
    BELOW = "below"  # fewer than needed
    BOUNDS = "bounds"  # the capacity lies outside of its bounds
    CHEAPER = "cheaper"


class Because(StrEnum):
    """Why a capacity was not chosen."""

    MISSES_MORE = "misses more than the target"
    MISSES_MOST = "misses more than the maximum"
    MORE_MEMORY = "more memory than needed"
    COSTS_MORE = "costs more"
    TOO_NEAR = "saves too little"
    NOT_ABOVE = "the miss rate is not above the maximum"
    NOT_BELOW = "the miss rate is not below the minimum"
    STEP = "more than one step"
    MAXIMUM = "above the maximum"
    MINIMUM = "below the minimum"
    MEMORY = "more than the machines have"
    WAITS = "the cooldown is not over"
    ROOM_LEFT = "the cache is not full"
    COLD = "first requests miss at any size"
    NO_GAIN = "it would hardly miss less"
    REFETCH = "fetching again what it drops costs more"


@dataclass(frozen=True)
class Traffic:
    """What all caches together counted. ``pressed`` tells that they lacked room: full, or evicting, or refusing.

    ``entry_bytes`` is what an entry takes up on the average, where any is held.
    """

    seconds: int
    requests: int
    misses: int
    pressed: bool = True
    entry_bytes: float | None = None

    @property
    def miss_rate(self) -> float:
        return self.misses / self.requests


@dataclass(frozen=True)
class Point:
    """What the policy in force would have missed at one capacity of each cache."""

    capacity_bytes: int
    requests: int
    misses: int


@dataclass(frozen=True)
class Curve:
    """Points of one policy, and of the same requests how many were the first for their image."""

    requests: int
    first_requests: int
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Worth:
    """Dollars: for a byte of memory for a month, and for a miss."""

    byte_month: float
    miss: float


@dataclass(frozen=True)
class Situation:
    """All that a decision depends on. ``capacity_bytes`` is that of each of ``caches``, as the newest document says it.

    ``changed_seconds`` is how long ago policy or capacity last changed, whoever did it; ``most_bytes`` what the
    smallest machine can give; ``problem`` why what is known must not be acted upon.
    """

    rules: Autoscale
    capacity_bytes: int
    traffic: Traffic | None = None
    curve: Curve | None = None
    caches: int = 1
    changed_seconds: float = math.inf
    most_bytes: int | None = None
    least_requests: int = 1000
    worth: Worth = Worth(0.0, 0.0)
    problem: Why | None = None
    curve_problem: Why | None = None


@dataclass(frozen=True)
class Rejected:
    """A capacity that was not chosen. ``miss_rate`` and ``dollars_a_month`` are what is expected of it, if anything."""

    capacity_bytes: int
    because: Because
    miss_rate: float | None = None
    dollars_a_month: float | None = None


@dataclass(frozen=True)
class Decision:
    """``chosen_bytes`` is the present capacity where it holds. ``wanted_bytes`` is what would be best, were it not for
    bounds, steps and the cooldown. Of ``miss_rate`` first requests are left out in the mode ``target``: ``now`` is what
    the present capacity misses, ``expected`` what the chosen, or for a while the wanted one would. ``limit`` is what
    kept it from going further; ``wait_seconds`` how long after a change it has to wait, where that is not over.
    """

    action: Action
    why: Why
    capacity_bytes: int
    chosen_bytes: int
    wanted_bytes: int | None = None
    now: float | None = None
    expected: float | None = None
    dollars_now: float | None = None
    dollars_expected: float | None = None
    limit: Because | None = None
    wait_seconds: float | None = None
    rejected: tuple[Rejected, ...] = ()


def decide(situation: Situation) -> Decision:
    """Hold, grow or shrink. First whether anything is known, then what would be best, then what may be done."""
    held = _unknown(situation)
    if held is not None:
        return _hold(situation, held)
    wish = _outside(situation) or WISHES[situation.rules.mode](situation)
    return wish if wish.action is Action.HOLD else _allowed(situation, wish)


def _unknown(situation: Situation) -> Why | None:
    if situation.rules.mode == "manual":
        return Why.MANUAL
    if situation.problem:
        return situation.problem
    if situation.traffic is None:
        return Why.SILENT
    if situation.traffic.requests < max(1, situation.least_requests):
        return Why.FEW
    if situation.rules.mode != "miss_rate":
        return situation.curve_problem or (None if _points(situation) else Why.NO_CURVE)
    return None


# --- what would be best -----------------------------------------------------------------------------------------------


def _outside(situation: Situation) -> Decision | None:
    """Bounds that a person set anew are kept at once, in one step."""
    rules, capacity = situation.rules, situation.capacity_bytes
    inside = min(max(capacity, rules.min_bytes), rules.max_bytes)
    if inside == capacity:
        return None
    action = Action.GROW if inside > capacity else Action.SHRINK
    return Decision(action, Why.BOUNDS, capacity, inside, inside)


def _by_miss_rate(situation: Situation) -> Decision:
    """Grow by a ratio above a maximum miss rate, shrink by a ratio below a minimum one."""
    rules, capacity, rate = situation.rules, situation.capacity_bytes, situation.traffic.miss_rate
    larger, smaller = _rounded(capacity * rules.grow_ratio), _rounded(capacity * rules.shrink_ratio)
    if rate > rules.grow_above:
        stay = Rejected(capacity, Because.MISSES_MOST, rate)
        return Decision(Action.GROW, Why.ABOVE, capacity, larger, larger, rate, rejected=(stay,))
    if rate < rules.shrink_below:
        stay = Rejected(capacity, Because.MORE_MEMORY, rate)
        return Decision(Action.SHRINK, Why.BELOW, capacity, smaller, smaller, rate, rejected=(stay,))
    others = Rejected(larger, Because.NOT_ABOVE), Rejected(smaller, Because.NOT_BELOW)
    return replace(_hold(situation, Why.WITHIN), now=rate, rejected=others)


def _by_target(situation: Situation) -> Decision:
    """The smallest capacity that is expected to miss no more than the target, first requests left out."""
    rules, capacity = situation.rules, situation.capacity_bytes
    spared = _without_first(situation)
    if not spared:
        return _hold(situation, Why.COLD)
    target, here = rules.target_miss_rate, _at(spared, _real(situation))
    margin = MARGIN + noise(target, situation.curve.requests - situation.curve.first_requests)
    wanted = _smallest(spared, target)
    if here is None:
        return _hold(situation, Why.NO_CURVE)
    others = _not_for_target(spared, target, wanted)
    hold = replace(_hold(situation, Why.WITHIN), now=here, wanted_bytes=None, rejected=others)
    if abs(here - target) <= margin:
        return hold
    if here > target:
        larger = _rounded(wanted if wanted is not None else spared[-1][0])
        wish = Decision(Action.GROW, Why.ABOVE, capacity, larger, larger, here, _at(spared, larger), rejected=others)
        return _worth_growing(situation, wish, spared)
    smaller = _rounded(wanted)
    if smaller > capacity * LEAST_SHRINK:
        return replace(hold, why=Why.SMALL)
    return Decision(Action.SHRINK, Why.BELOW, capacity, smaller, smaller, here, _at(spared, smaller), rejected=others)


def _worth_growing(situation: Situation, wish: Decision, spared: Sequence[tuple[int, float]]) -> Decision:
    """Not where it would hardly spare a miss, nor for a flood of first requests, which miss at any size."""
    held = replace(wish, action=Action.HOLD, chosen_bytes=situation.capacity_bytes)
    if wish.wanted_bytes < situation.capacity_bytes * LEAST_GROWTH:
        return replace(held, why=Why.SMALL, wanted_bytes=None)
    curve = situation.curve
    step = min(wish.wanted_bytes, _rounded(situation.capacity_bytes * situation.rules.grow_ratio))
    gain = wish.now - (_at(spared, step) if _at(spared, step) is not None else spared[-1][1])
    others = curve.requests - curve.first_requests
    misses = curve.first_requests + wish.now * others
    if gain <= 0 or gain < LEAST_GAIN * wish.now:
        rejected = Rejected(step, Because.NO_GAIN, wish.now - gain)
        return replace(held, why=Why.NO_GAIN, wanted_bytes=None, rejected=(rejected, *wish.rejected)[:MOST_REJECTED])
    if curve.first_requests > MOSTLY * misses and gain * others < LEAST_SPARED * misses:
        rejected = Rejected(step, Because.COLD, wish.now - gain)
        return replace(held, why=Why.COLD, wanted_bytes=None, rejected=(rejected, *wish.rejected)[:MOST_REJECTED])
    return wish


def _by_cost(situation: Situation) -> Decision:
    """The capacity with the least memory and misses, in dollars."""
    capacity, points = situation.capacity_bytes, _points(situation)
    rates = [(point.capacity_bytes, point.misses / point.requests) for point in points]
    here = _at(rates, _real(situation))
    if here is None:
        return _hold(situation, Why.NO_CURVE)
    low, high = _span(situation)
    among = sorted({*(size for size, _ in rates if low <= size <= high), *(b for b in (low, high) if _at(rates, b))})
    costs = {size: _dollars(situation, size, _at(rates, size)) for size in among}
    now = _dollars(situation, capacity, here)
    best = min(costs, key=costs.__getitem__, default=capacity)
    others = tuple(
        Rejected(size, Because.COSTS_MORE if cost >= now else Because.TOO_NEAR, _at(rates, size), cost)
        for size, cost in sorted(costs.items())
        if size != best
    )[:MOST_REJECTED]
    known = replace(_hold(situation, Why.WITHIN), now=here, dollars_now=now, rejected=others)
    if costs.get(best, now) > now * (1 - WORTH_SAVING):
        return known
    best_rounded = _rounded(best)
    if capacity * LEAST_SHRINK < best_rounded < capacity * LEAST_GROWTH:
        return replace(known, why=Why.SMALL)
    if best_rounded < capacity and now - costs[best] < _refetching(situation, best_rounded):
        dropping = Rejected(best_rounded, Because.REFETCH, _at(rates, best), costs[best])
        return replace(known, why=Why.REFETCH, rejected=(dropping, *others)[:MOST_REJECTED])
    return replace(
        known,
        action=Action.GROW if best_rounded > capacity else Action.SHRINK,
        why=Why.CHEAPER,
        chosen_bytes=best_rounded,
        wanted_bytes=best_rounded,
        expected=_at(rates, best),
        dollars_expected=costs[best],
        rejected=tuple(replace(each, because=Because.COSTS_MORE) for each in others),
    )


WISHES = {"miss_rate": _by_miss_rate, "target": _by_target, "cost": _by_cost}


# --- what may be done -------------------------------------------------------------------------------------------------


def _allowed(situation: Situation, wish: Decision) -> Decision:
    """The wish within a step, the bounds, the machines' memory and the cooldown; a hold where nothing is left of it."""
    rules, capacity = situation.rules, situation.capacity_bytes
    chosen, limit = wish.wanted_bytes, None
    if wish.why is not Why.BOUNDS:
        step = _rounded(capacity * (rules.grow_ratio if wish.action is Action.GROW else rules.shrink_ratio))
        chosen, limit = _nearer(chosen, step, wish.action, limit, Because.STEP)
    if wish.action is Action.GROW:
        chosen, limit = _nearer(chosen, rules.max_bytes, wish.action, limit, Because.MAXIMUM)
        if situation.most_bytes is not None:
            chosen, limit = _nearer(chosen, situation.most_bytes, wish.action, limit, Because.MEMORY)
    else:
        chosen, limit = _nearer(chosen, rules.min_bytes, wish.action, limit, Because.MINIMUM)
    chosen = min(max(chosen, MIN_CAPACITY_BYTES), MAX_CAPACITY_BYTES)
    beyond = () if limit is None else (Rejected(wish.wanted_bytes, limit, wish.expected),)
    asked = replace(wish, limit=limit, rejected=(*beyond, *wish.rejected)[:MOST_REJECTED])
    if (chosen <= capacity) if wish.action is Action.GROW else (chosen >= capacity):
        stopped = {Because.MAXIMUM: Why.AT_MAX, Because.MEMORY: Why.MEMORY, Because.MINIMUM: Why.AT_MIN}
        at_the_end = Why.AT_MAX if wish.action is Action.GROW else Why.AT_MIN
        return _held(asked, stopped.get(limit, at_the_end if chosen == capacity else Why.SMALL))
    if wish.action is Action.GROW and wish.why is not Why.BOUNDS and not situation.traffic.pressed:
        return _held(asked, Why.NOT_FULL, Rejected(chosen, Because.ROOM_LEFT))
    wait_seconds = _wait_seconds(rules, wish)
    if situation.changed_seconds < wait_seconds:
        waiting = replace(asked, wanted_bytes=chosen, wait_seconds=wait_seconds)
        return _held(waiting, Why.COOLDOWN, Rejected(chosen, Because.WAITS, wish.expected))
    return replace(asked, chosen_bytes=chosen, expected=_expected(situation, asked, chosen))


def _wait_seconds(rules: Autoscale, wish: Decision) -> float:
    """Growing waits for the cooldown. What a curve suggests to give away waits for longer: it is lost at once."""
    patient = wish.action is Action.SHRINK and wish.why is not Why.BOUNDS and rules.mode != "miss_rate"
    return rules.cooldown_seconds * (SHRINK_WAITS if patient else 1)


def _nearer(
    chosen: int, bound: int, action: Action, limit: Because | None, because: Because
) -> tuple[int, Because | None]:
    beyond = chosen > bound if action is Action.GROW else chosen < bound
    return (bound, because) if beyond else (chosen, limit)


def _held(wish: Decision, why: Why, rejected: Rejected | None = None) -> Decision:
    more = (rejected, *wish.rejected)[:MOST_REJECTED] if rejected else wish.rejected
    return replace(wish, action=Action.HOLD, why=why, chosen_bytes=wish.capacity_bytes, rejected=more)


def _hold(situation: Situation, why: Why) -> Decision:
    return Decision(Action.HOLD, why, situation.capacity_bytes, situation.capacity_bytes)


def _expected(situation: Situation, wish: Decision, chosen: int) -> float | None:
    if chosen == wish.wanted_bytes or wish.expected is None:
        return wish.expected
    if situation.rules.mode == "target":
        return _at(_without_first(situation), chosen)
    return _at([(point.capacity_bytes, point.misses / point.requests) for point in _points(situation)], chosen)


def _span(situation: Situation) -> tuple[int, int]:
    """From where to where one step may go."""
    rules, capacity = situation.rules, situation.capacity_bytes
    high = min(rules.max_bytes, _rounded(capacity * rules.grow_ratio), situation.most_bytes or MAX_CAPACITY_BYTES)
    return max(rules.min_bytes, _rounded(capacity * rules.shrink_ratio)), high


# --- the curve --------------------------------------------------------------------------------------------------------


def _points(situation: Situation) -> list[Point]:
    if situation.curve is None:
        return []
    least = max(1, LOOKED_AT * situation.curve.requests)
    return sorted((p for p in situation.curve.points if p.requests >= least), key=lambda point: point.capacity_bytes)


def _without_first(situation: Situation) -> list[tuple[int, float]]:
    """Capacities and miss rates of all requests but the first ones, which no cache can answer; it never rises."""
    share = situation.curve.first_requests / max(1, situation.curve.requests)
    if share >= 1:
        return []
    found: list[tuple[int, float]] = []
    least = 1.0
    for point in _points(situation):
        least = min(least, max(0.0, (point.misses / point.requests - share) / (1 - share)))
        found.append((point.capacity_bytes, least))
    return found


def _at(rates: Sequence[tuple[int, float]], capacity: int) -> float | None:
    """The rate at a capacity: counted, or between two that were, by the logarithm of the size."""
    above = next((each for each in rates if each[0] >= capacity), None)
    below = next((each for each in reversed(rates) if each[0] <= capacity), None)
    if above is None or below is None:
        return None
    if above[0] == below[0]:
        return above[1]
    share = math.log(capacity / below[0]) / math.log(above[0] / below[0])
    return below[1] + share * (above[1] - below[1])


def _smallest(rates: Sequence[tuple[int, float]], target: float) -> float | None:
    """The smallest capacity whose rate is not above a target; None where none that was looked at reaches it."""
    before: tuple[int, float] | None = None
    for size, rate in rates:
        if rate <= target:
            if before is None or before[1] == rate:
                return float(size)
            return before[0] * (size / before[0]) ** ((before[1] - target) / (before[1] - rate))
        before = size, rate
    return None


def _not_for_target(rates: Iterable[tuple[int, float]], target: float, wanted: float | None) -> tuple[Rejected, ...]:
    """Those that were looked at, the nearest to what is wanted."""
    others = [
        Rejected(size, Because.MISSES_MORE if rate > target else Because.MORE_MEMORY, rate) for size, rate in rates
    ]
    middle = math.log(wanted if wanted else others[-1].capacity_bytes)
    near = sorted(others, key=lambda each: abs(math.log(each.capacity_bytes) - middle))[: MOST_REJECTED - 2]
    return tuple(sorted(near, key=lambda each: each.capacity_bytes))


def _dollars(situation: Situation, capacity: int, miss_rate: float) -> float:
    """A month of all caches' memory, and of misses at the pace of the window."""
    traffic = situation.traffic
    misses = miss_rate * traffic.requests / traffic.seconds * MONTH_SECONDS
    return capacity * situation.caches * situation.worth.byte_month + misses * situation.worth.miss


def _refetching(situation: Situation, capacity: int) -> float:
    """Dollars a month for fetching again what a smaller capacity drops, if it stays for as long as shrinking waits."""
    entry_bytes, rules = situation.traffic.entry_bytes, situation.rules
    if not entry_bytes:
        return 0.0
    misses = (_real(situation) - capacity) * situation.caches / entry_bytes
    return (
        ASKED_AGAIN
        * max(0.0, misses)
        * situation.worth.miss
        * MONTH_SECONDS
        / max(60, SHRINK_WAITS * rules.cooldown_seconds)
    )


def noise(rate: float, requests: int) -> float:
    """How far a rate that so many requests show may be off by chance: some standard deviations."""
    return SIGMAS * math.sqrt(rate * (1 - rate) / max(1, requests))


def _real(situation: Situation) -> int:
    """What the caches really have."""
    return min(situation.capacity_bytes, situation.most_bytes or situation.capacity_bytes)


def _rounded(capacity: float) -> int:
    """Whole megabytes where that is little, else steps of 64 KB; upwards, so that a small cache can grow at all."""
    step = MIB if capacity >= ROUND_FROM else MIN_CAPACITY_BYTES
    whole = math.ceil(capacity / step - 1e-9) * step
    return int(min(max(whole, MIN_CAPACITY_BYTES), MAX_CAPACITY_BYTES))
