"""Whether the capacity moves by itself, and to what: numbers in, one decision out. No clock, no channel, no words."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cache.config import MAX_CAPACITY_BYTES, MIN_CAPACITY_BYTES, Autoscale
from cache.scaling.curve import noise, points, rate_at, real_bytes, rounded, smallest, without_first
from cache.scaling.terms import Action, Because, Decision, Rejected, Situation, Why

MARGIN = 0.02
"""``target`` leaves the capacity alone while the miss rate is that near; more where few requests make it uncertain."""
LEAST_GROWTH, LEAST_SHRINK = 1.25, 0.72
"""Nearer capacities are not worth a change: a cache that shrinks loses what it has to fetch again."""
SHRINK_WAITS = 8
"""So many cooldowns ``target`` and ``cost`` wait before they shrink, as a busy hour may come back."""
WORTH_SAVING = 0.08
"""What a move must save of the cost, for ``cost``."""
LEAST_GAIN = 0.05
"""Growing must lower the miss rate by such a share of it."""
ASKED_AGAIN = 0.25
"""How much of what a shrinking cache drops is taken to be asked for again before long: most of it never is."""
LEAST_SPARED = 0.3
"""Where most misses are first requests, growing must spare such a share of all misses: a flood of them also drives out
what others ask for again, and more room for that is not what is wanted."""
MOSTLY = 0.5
MOST_REJECTED = 9
MONTH_SECONDS = 30 * 86_400


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
        return situation.curve_problem or (None if points(situation) else Why.NO_CURVE)
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
    larger, smaller = rounded(capacity * rules.grow_ratio), rounded(capacity * rules.shrink_ratio)
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
    spared = without_first(situation)
    if not spared:
        return _hold(situation, Why.COLD)
    target, here = rules.target_miss_rate, rate_at(spared, real_bytes(situation))
    margin = MARGIN + noise(target, situation.curve.requests - situation.curve.first_requests)
    wanted = smallest(spared, target)
    if here is None:
        return _hold(situation, Why.NO_CURVE)
    others = _not_for_target(spared, target, wanted)
    hold = replace(_hold(situation, Why.WITHIN), now=here, wanted_bytes=None, rejected=others)
    if abs(here - target) <= margin:
        return hold
    if here > target:
        larger = rounded(wanted if wanted is not None else spared[-1][0])
        wish = Decision(
            Action.GROW, Why.ABOVE, capacity, larger, larger, here, rate_at(spared, larger), rejected=others
        )
        return _worth_growing(situation, wish, spared)
    smaller = rounded(wanted)
    if smaller > capacity * LEAST_SHRINK:
        return replace(hold, why=Why.SMALL)
    return Decision(
        Action.SHRINK, Why.BELOW, capacity, smaller, smaller, here, rate_at(spared, smaller), rejected=others
    )


def _worth_growing(situation: Situation, wish: Decision, spared: Sequence[tuple[int, float]]) -> Decision:
    """Not where it would hardly spare a miss, nor for a flood of first requests, which miss at any size."""
    held = replace(wish, action=Action.HOLD, chosen_bytes=situation.capacity_bytes)
    if wish.wanted_bytes < situation.capacity_bytes * LEAST_GROWTH:
        return replace(held, why=Why.SMALL, wanted_bytes=None)
    curve = situation.curve
    step = min(wish.wanted_bytes, rounded(situation.capacity_bytes * situation.rules.grow_ratio))
    gain = wish.now - (rate_at(spared, step) if rate_at(spared, step) is not None else spared[-1][1])
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
    capacity = situation.capacity_bytes
    rates = [(point.capacity_bytes, point.misses / point.requests) for point in points(situation)]
    here = rate_at(rates, real_bytes(situation))
    if here is None:
        return _hold(situation, Why.NO_CURVE)
    low, high = _span(situation)
    among = sorted(
        {*(size for size, _ in rates if low <= size <= high), *(b for b in (low, high) if rate_at(rates, b))}
    )
    costs = {size: _dollars(situation, size, rate_at(rates, size)) for size in among}
    now = _dollars(situation, capacity, here)
    best = min(costs, key=costs.__getitem__, default=capacity)
    others = tuple(
        Rejected(size, Because.COSTS_MORE if cost >= now else Because.TOO_NEAR, rate_at(rates, size), cost)
        for size, cost in sorted(costs.items())
        if size != best
    )[:MOST_REJECTED]
    known = replace(_hold(situation, Why.WITHIN), now=here, dollars_now=now, rejected=others)
    if costs.get(best, now) > now * (1 - WORTH_SAVING):
        return known
    best_rounded = rounded(best)
    if capacity * LEAST_SHRINK < best_rounded < capacity * LEAST_GROWTH:
        return replace(known, why=Why.SMALL)
    if best_rounded < capacity and now - costs[best] < _refetching(situation, best_rounded):
        dropping = Rejected(best_rounded, Because.REFETCH, rate_at(rates, best), costs[best])
        return replace(known, why=Why.REFETCH, rejected=(dropping, *others)[:MOST_REJECTED])
    return replace(
        known,
        action=Action.GROW if best_rounded > capacity else Action.SHRINK,
        why=Why.CHEAPER,
        chosen_bytes=best_rounded,
        wanted_bytes=best_rounded,
        expected=rate_at(rates, best),
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
        step = rounded(capacity * (rules.grow_ratio if wish.action is Action.GROW else rules.shrink_ratio))
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
        return rate_at(without_first(situation), chosen)
    return rate_at([(point.capacity_bytes, point.misses / point.requests) for point in points(situation)], chosen)


def _span(situation: Situation) -> tuple[int, int]:
    """From where to where one step may go."""
    rules, capacity = situation.rules, situation.capacity_bytes
    high = min(rules.max_bytes, rounded(capacity * rules.grow_ratio), situation.most_bytes or MAX_CAPACITY_BYTES)
    return max(rules.min_bytes, rounded(capacity * rules.shrink_ratio)), high


# --- what a capacity is worth -----------------------------------------------------------------------------------------


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
    misses = (real_bytes(situation) - capacity) * situation.caches / entry_bytes
    return (
        ASKED_AGAIN
        * max(0.0, misses)
        * situation.worth.miss
        * MONTH_SECONDS
        / max(60, SHRINK_WAITS * rules.cooldown_seconds)
    )
