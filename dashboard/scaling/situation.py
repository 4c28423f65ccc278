"""What the auto-scaler decides on, from what the channel holds: the last minutes of every instance, and their curve."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from cache import scaling
from cache.config import Autoscale, Configuration
from cache.scaling import Point, Situation, Traffic, Why, Worth
from dashboard.choices import Choices, choices
from dashboard.fleet import Fleet, Instance, made_at
from dashboard.reader import Reader
from dashboard.table import NAMES, Table
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlook import Outlook, off_by
from dashboard.whatif.outlooks import SETTLING_SECONDS, setting_of
from metrics.curves import Curve, add_curves
from metrics.prices import GB, Prices
from metrics.schema import LATENCY_VALUES_MS, MINUTE

ARRIVE_SECONDS = 10
"""How long after its end a minute, and what the shadows say of it, may take until all have sent it."""
LONGEST_WINDOW_SECONDS = 3600
GONE_SECONDS = 600
"""Whoever fell silent without a goodbye is waited for so long, and then counts as gone."""
LEAST_COVERED = 0.8
FULL = 0.8

COLUMN = {name: place for place, name in enumerate(NAMES)}


@dataclass(frozen=True)
class Seen:
    """A situation, and where it is from: the window of minutes, who is missing in it, why nothing can be changed."""

    situation: Situation
    document: Configuration
    start: int
    end: int
    missing: tuple[str, ...] = ()
    first_requests: int | None = None
    miss_milliseconds: float | None = None
    fixed: str = ""


def window_end(now: float, lag_seconds: float) -> int:
    """The end of the last minute that everybody should have sent."""
    return int(now - ARRIVE_SECONDS - lag_seconds) // MINUTE * MINUTE


def window_seconds(rules: Autoscale) -> int:
    """As long as the cooldown, so that what is looked at has come since the last change; a minute at least."""
    return min(LONGEST_WINDOW_SECONDS, max(MINUTE, -(-rules.cooldown_seconds // MINUTE) * MINUTE))


def look(reader: Reader, curves: Curves, prices: Prices, least_requests: int, rules: Autoscale | None = None) -> Seen:
    """The situation of this moment by the newest document; ``rules`` are others to be tried."""
    now, fleet, history = reader.now(), reader.fleet(), reader.history()
    document = fleet.newest
    rules = rules or document.autoscale
    end = window_end(now, fleet.lag_seconds)
    window = window_seconds(rules)
    changed_at = last_change(history)
    start = max(end - window, _first_minute_after(changed_at))
    minutes = reader.minutes(min(start, end - window), end)
    since_change = minutes.between(start, end)
    problem, missing = _problem(fleet, minutes, since_change, start, end, now)
    traffic, slower = _traffic(since_change, start, end)
    situation = Situation(
        rules=rules,
        capacity_bytes=fleet.setting[1],
        traffic=traffic,
        caches=max(1, fleet.caches),
        changed_seconds=now - changed_at if changed_at else math.inf,
        most_bytes=_most_bytes(fleet),
        least_requests=least_requests,
        worth=Worth(prices.memory_gb_month / GB, prices.of_a_miss(slower)),
        problem=problem,
    )
    seen = Seen(situation, document, start, end, missing, miss_milliseconds=slower, fixed=fleet.fixed)
    if rules.mode in ("target", "cost") and problem is None:
        return _with_curve(seen, curves, minutes, changed_at, choices(fleet))
    return seen


def last_change(history: list[Configuration]) -> float:
    """When policy or capacity were last changed, by whomever; 0 where they never were."""
    changes = (
        made_at(document) for document, before in pairwise(history) if setting_of(document) != setting_of(before)
    )
    return next(changes, 0.0)


def _first_minute_after(changed_at: float) -> int:
    return int(-(-changed_at // MINUTE) * MINUTE)


def _problem(
    fleet: Fleet, minutes: Table, since_change: Table, start: int, end: int, now: float
) -> tuple[Why | None, tuple[str, ...]]:
    """Why nobody may act on what is known, and on whose account."""
    if fleet.unreadable:
        return Why.UNAPPLIED, ()
    if fleet.fixed:
        return Why.FIXED, ()
    if not fleet.alive:
        return Why.SILENT, tuple(instance.name for instance in fleet.silent)
    last = minutes.last_heard()
    if end - MINUTE not in last.values():
        return Why.STALE, ()
    missing = tuple(i.name for i in _expected(fleet, now) if not _whole(minutes, i, last, end))
    if missing:
        return Why.PARTIAL, missing
    behind = tuple(instance.name for instance in fleet.alive if instance.version != fleet.newest.version)
    if behind:
        return Why.UNAPPLIED, behind
    if start >= end or not len(since_change):
        return Why.EARLY, ()
    return None, ()


def _expected(fleet: Fleet, now: float) -> tuple[Instance, ...]:
    lately = now - GONE_SECONDS - fleet.lag_seconds
    return (*fleet.alive, *(instance for instance in fleet.silent if instance.heard > lately))


def _whole(minutes: Table, instance: Instance, last: Mapping[str, int], end: int) -> bool:
    """Whether somebody reported each minute since their first."""
    if last.get(instance.name) != end - MINUTE:
        return False
    times = minutes.time[minutes.instance == minutes.names.index(instance.name)].tolist()
    return len(times) == (times[-1] - times[0]) // MINUTE + 1


def _traffic(minutes: Table, start: int, end: int) -> tuple[Traffic | None, float | None]:
    """What was counted, and how much slower misses were than hits."""
    if not len(minutes):
        return None, None
    sums = minutes.values.sum(axis=0)
    requests, misses = int(sums[COLUMN["requests"]]), int(sums[COLUMN["misses"]])
    last = minutes.values[minutes.time == minutes.time[-1]].sum(axis=0)
    full = last[COLUMN["size_bytes"]] >= FULL * last[COLUMN["capacity_bytes"]]
    pressed = bool(full or sums[COLUMN["evictions"]] or sums[COLUMN["too_large"]])
    items = int(last[COLUMN["items"]])
    entry_bytes = float(last[COLUMN["size_bytes"]] / items) if items else None
    latency: dict[int, int] = {}
    for bucket, answers in zip(minutes.buckets.tolist(), minutes.answers.tolist(), strict=True):
        latency[bucket] = latency.get(bucket, 0) + answers
    return Traffic(max(MINUTE, end - start), requests, misses, pressed, entry_bytes), slower_by(latency, misses)


def slower_by(latency: Mapping[int, int], misses: int) -> float | None:
    """How many milliseconds a miss took more than a hit on the average, if the slowest answers were the misses.

    None where there were only hits, only misses, or nothing was measured.
    """
    left, slow, fast, fast_answers = misses, 0.0, 0.0, 0
    for bucket in sorted(latency, reverse=True):
        taken = min(left, latency[bucket])
        slow += taken * LATENCY_VALUES_MS[bucket]
        fast += (latency[bucket] - taken) * LATENCY_VALUES_MS[bucket]
        left, fast_answers = left - taken, fast_answers + latency[bucket] - taken
    if not misses or left or not fast_answers:
        return None
    return max(0.0, slow / misses - fast / fast_answers)


def _most_bytes(fleet: Fleet) -> int | None:
    """What the smallest machine can give to its cache; a shared one lies on none of them."""
    told = [i.most_bytes for i in fleet.alive if i.most_bytes and not i.engine]
    told += [i.capacity_bytes for i in fleet.alive if i.capped]
    return min(told, default=None)


def _with_curve(seen: Seen, curves: Curves, minutes: Table, changed_at: float, may_be: Choices) -> Seen:
    """Shadows run on through every change, so the curve is of the whole window."""
    start = seen.end - window_seconds(seen.situation.rules)
    settling = start < changed_at + SETTLING_SECONDS
    found = add_curves(curves.minutes(start, seen.end), settling=settling, in_turn=bool(may_be.engine))
    served = int(minutes.between(start, seen.end).values[:, COLUMN["requests"]].sum())
    if found is None or not found.live.requests or curves.failure:
        return replace(seen, situation=replace(seen.situation, curve_problem=Why.NO_CURVE))
    outlook = Outlook(found, setting_of(seen.document), served=served, choices=may_be)
    curve = _points(found, seen.document.policy, outlook)
    unsure = outlook.covered < LEAST_COVERED or _off(found, may_be)
    situation = replace(seen.situation, curve=curve, curve_problem=Why.UNSURE if unsure else None)
    return replace(seen, situation=situation, first_requests=curve.first_requests)


def _points(curve: Curve, policy: str, outlook: Outlook) -> scaling.Curve:
    points = tuple(
        Point(size, count.requests, count.misses)
        for (name, size), count in sorted(curve.points.items())
        if name == policy and outlook.counted((name, size)) and not outlook.weak((name, size))
    )
    return scaling.Curve(curve.infinite.requests, curve.infinite.misses, points)


def _off(curve: Curve, may_be: Choices) -> bool:
    """Whether the shadow of the setting in force did not do as the cache did, by more than chance explains."""
    really, shadow = curve.checked
    if not really.requests:
        return False
    noise = scaling.noise(really.hit_rate, really.requests)
    return abs(really.hit_rate - shadow.hit_rate) > max(off_by(may_be), noise)
