"""What would have been: hits by policy and capacity, as counts that add up over minutes and over instances."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

HOUR = 3600
SETTLED_AFTER_FILLS = 3
"""How often a cache turns over until it is what its new setting makes of it: after once it is still 3 points off, as
what the old policy left behind is judged only when it is asked for; after three times within one (on Zipf traffic)."""

Setting = tuple[str, int]
"""A policy and a capacity in bytes."""
UNKNOWN: Setting = ("", 0)


@dataclass(frozen=True)
class Count:
    """What was asked, and what of it was a hit."""

    requests: int = 0
    hits: int = 0
    bytes: int = 0
    bytes_hit: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.requests + other.requests,
            self.hits + other.hits,
            self.bytes + other.bytes,
            self.bytes_hit + other.bytes_hit,
        )

    @property
    def misses(self) -> int:
        return self.requests - self.hits

    @property
    def bytes_missed(self) -> int:
        return self.bytes - self.bytes_hit

    @property
    def hit_rate(self) -> float | None:
        return self.hits / self.requests if self.requests else None

    @property
    def byte_hit_rate(self) -> float | None:
        return self.bytes_hit / self.bytes if self.bytes else None


@dataclass(frozen=True)
class Curve:
    """What each setting would have done on one stretch of traffic, and what the cache really did.

    ``points`` counts only the minutes in which a setting was looked at, so each has requests of its own. ``in_force``
    is what the cache did under each setting that it had; ``checked`` are, of the minutes in which the setting in force
    was looked at too and had settled, what the cache did and what its shadow did. ``sampled`` tells of each capacity
    that is estimated what share of all entries was looked at, and how many there were. ``since`` is when the shadows
    that count began to, of several curves the first of them, and ``anew`` when some later began once more, with
    nothing, as their process had ended; 0 where none did. ``seconds`` is how much time is in it. ``instance`` is empty
    where it is several.
    """

    instance: str
    start: int
    period_seconds: int
    seconds: int
    since: float
    live: Count
    infinite: Count
    points: Mapping[Setting, Count]
    in_force: Mapping[Setting, Count]
    checked: tuple[Count, Count] = (Count(), Count())
    sampled: Mapping[int, tuple[float, int]] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    shed: int = 0
    estimated: bool = False
    memory_bytes: int = 0
    anew: float = 0.0

    @property
    def end(self) -> int:
        return self.start + self.period_seconds

    @property
    def begun(self) -> float:
        """Since when there are counts in it. Those of an hour may be from before its shadows began anew."""
        return max(self.start, min(self.since, self.end - self.seconds))

    @property
    def policies(self) -> list[str]:
        return sorted({policy for policy, _ in self.points})

    @property
    def capacities(self) -> list[int]:
        return sorted({capacity for _, capacity in self.points})

    @property
    def exact(self) -> bool:
        return not self.sampled and not self.estimated and not self.shed


def of_document(document: Mapping[str, Any]) -> Curve:
    """The curve of one minute, as an instance tells it (docs/what-if.md)."""
    requests, size = document["requests"], document["bytes"]
    live = Count(requests, document["hits"], size, document["bytes_hit"])
    points = {(policy, capacity): Count(requests, hits, size, bytes_hit)
              for policy, capacity, hits, bytes_hit in document["points"]}  # fmt: skip
    setting = document["policy"], document["capacity_bytes"]
    hits, bytes_hit = document["infinite"]
    return Curve(
        instance=document["instance"],
        start=document["start"],
        period_seconds=document["period_seconds"],
        seconds=document["period_seconds"],
        since=document["since"],
        live=live,
        infinite=Count(requests, hits, size, bytes_hit),
        points=points,
        in_force={setting: live},
        checked=(live, points[setting]) if setting in points else (Count(), Count()),
        sampled={int(capacity): (rate, objects) for capacity, (rate, objects) in document["sampled"].items()},
        reasons=dict(document["reasons"]),
        shed=document["shed"],
        estimated=document["estimated"],
        memory_bytes=document["memory_bytes"],
    )


def add_curves(
    curves: Iterable[Curve], instance: str = "", settling: bool = False, in_turn: bool = False
) -> Curve | None:
    """Several minutes, and several instances, as one; None of none. What is estimated is as sure as its least part.

    ``settling`` tells that the setting had changed just before the first of them; ``in_turn`` that they are all of one
    cache, whose curve one instance after the other has told.
    """
    ordered = sorted(curves, key=lambda curve: (curve.start, curve.instance))
    if not ordered:
        return None
    points: dict[Setting, list[int]] = {}
    in_force: dict[Setting, Count] = {}
    sampled: dict[int, tuple[float, int]] = {}
    reasons: dict[str, int] = {}
    for curve in ordered:
        for setting, count in curve.points.items():
            sums = points.setdefault(setting, [0, 0, 0, 0])
            sums[0] += count.requests
            sums[1] += count.hits
            sums[2] += count.bytes
            sums[3] += count.bytes_hit
        for setting, count in curve.in_force.items():
            in_force[setting] = in_force.get(setting, Count()) + count
        for capacity, (rate, objects) in curve.sampled.items():
            known = sampled.get(capacity, (1.0, objects))
            sampled[capacity] = min(rate, known[0]), min(objects, known[1])
        for reason, misses in curve.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + misses
    start = ordered[0].start
    return Curve(
        instance=instance,
        start=start,
        period_seconds=max(curve.end for curve in ordered) - start,
        seconds=_seconds(ordered, in_turn),
        since=min(curve.begun for curve in ordered),
        live=_sum(curve.live for curve in ordered),
        infinite=_sum(curve.infinite for curve in ordered),
        points={setting: Count(*sums) for setting, sums in points.items()},
        in_force=in_force,
        checked=_checked(ordered, settling, in_turn),
        sampled=sampled,
        reasons=reasons,
        shed=sum(curve.shed for curve in ordered),
        estimated=any(curve.estimated for curve in ordered),
        memory_bytes=sum({"" if in_turn else curve.instance: curve.memory_bytes for curve in ordered}.values()),
        anew=_anew(ordered, in_turn),
    )


def alike(curves: Sequence[Curve], least_requests: int, least_share: float) -> Sequence[Curve]:
    """Without the beginning in which a setting was not looked at that is by now, so that all are of the same requests.

    Else one that began after the first requests would seem to hit more than a cache of any size can. All of it where
    less would be left than so many requests, or than such a share of them.
    """
    last = {curve.instance: curve for curve in sorted(curves, key=lambda curve: curve.start)}
    partial = [curve.end for curve in curves if not _has_all(curve, last[curve.instance].points)]
    since = max(partial, default=0)
    left = [curve for curve in curves if curve.start >= since]
    asked, asked_of_all = (sum(curve.live.requests for curve in some) for some in (left, curves))
    return left if asked >= max(least_requests, least_share * asked_of_all) else curves


def looked_at(curves: Sequence[Curve], setting: Setting) -> Sequence[Curve]:
    """What came once every instance looked at a setting."""
    since = max((curve.end for curve in curves if not _has_all(curve, (setting,))), default=0)
    return [curve for curve in curves if curve.start >= since]


def roll(minutes: Iterable[Curve], instance: str, hour: int) -> Curve | None:
    """One instance's hour of its minutes; its shadows are those that counted last."""
    told = [*minutes]
    whole = add_curves(told, instance)
    if whole is None:
        return None
    return replace(whole, start=hour, period_seconds=HOUR, since=max(minute.since for minute in told), anew=0.0)


def at_a_time(curves: Iterable[Curve]) -> int:
    """How many instances there were at once, on average: one that took another's place is not one more."""
    told = [*curves]
    seconds = _seconds(told, in_turn=False)
    return max(1, round(sum(curve.seconds for curve in told) / seconds)) if seconds else 1


def hours_and_minutes(start: int, end: int) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """The whole hours of a range, and the minutes before and after them."""
    first, last = -(-start // HOUR) * HOUR, end // HOUR * HOUR
    if first >= last:
        return (start, start), [(start, end)]
    return (first, last), [(a, b) for a, b in ((start, first), (last, end)) if a < b]


def fuller(one: Curve | None, other: Curve) -> Curve:
    """Of two that speak of the same minute, or hour, the one that knows of more."""
    if one is None or (other.seconds, other.live.requests) >= (one.seconds, one.live.requests):
        return other
    return one


def _has_all(curve: Curve, settings: Iterable[Setting]) -> bool:
    asked = curve.live.requests
    return not asked or all(curve.points.get(setting, Count()).requests == asked for setting in settings)


def _anew(ordered: Sequence[Curve], in_turn: bool) -> float:
    first: dict[str, Curve] = {}
    for curve in ordered:
        first.setdefault("" if in_turn else curve.instance, curve)
    later = [c.since for c in ordered if c.since >= first["" if in_turn else c.instance].end]
    return max(later, default=0.0)


def _checked(ordered: Sequence[Curve], settling: bool, in_turn: bool) -> tuple[Count, Count]:
    """What caches and their shadows did, without the time in which a cache still held what another setting chose; or,
    of a cache that outlives its shadows, in which these had still to fill."""
    really, shadow = Count(), Count()
    last: dict[str, Setting] = {}
    unsettled_bytes: dict[str, int] = {}
    since: float | None = None
    for curve in ordered:
        if len(curve.in_force) == 1:
            [setting] = curve.in_force
            cache = "" if in_turn else curve.instance
            changed = last.get(cache, None if settling else setting) != setting
            young = in_turn and curve.since != since and curve.start - curve.since < HOUR
            if changed or young:
                unsettled_bytes[cache] = SETTLED_AFTER_FILLS * setting[1]
            last[cache], since = setting, curve.since
            if unsettled_bytes.get(cache, 0) > 0:
                unsettled_bytes[cache] -= curve.live.bytes_missed
                continue
        else:
            # An hour with a change in it: which setting came last isn't told, so that of the next has still to settle.
            last["" if in_turn else curve.instance] = UNKNOWN
        really, shadow = really + curve.checked[0], shadow + curve.checked[1]
    return really, shadow


def _seconds(curves: Iterable[Curve], in_turn: bool) -> int:
    """Time that several instances share counts once; of whole hours it is not known which part of them they share."""
    minutes: dict[int, dict[int, int]] = {}
    hours: dict[int, dict[str, int]] = {}
    for curve in curves:
        hour = curve.start // HOUR
        if curve.period_seconds < HOUR:
            minutes.setdefault(hour, {})[curve.start] = curve.seconds
        else:
            hours.setdefault(hour, {})[curve.instance] = curve.seconds
    whole = sum if in_turn else max
    told = {hour: min(HOUR, whole(of_hour.values())) for hour, of_hour in hours.items()}
    return sum(
        max(told.get(hour, 0), min(HOUR, sum(minutes.get(hour, {}).values()))) for hour in told.keys() | minutes.keys()
    )


def _sum(counts: Iterable[Count]) -> Count:
    return sum(counts, Count())
