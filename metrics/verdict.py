"""Did it come true? The gain that was predicted against the one that came, on the same later traffic."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cache.config import Prediction
from metrics.curves import SETTLED_AFTER_FILLS, Curve, Setting
from metrics.schema import MINUTE

CLOSE = 0.01
"""As fractions of requests: nearer than that is as predicted."""
CHANGED = 0.03
"""What the shadows promise for the traffic since must differ by more from what they promised before."""
ENOUGH_REQUESTS = 1000
WARM_REQUESTS = 20_000
LEAST_MINUTES = 3
LONGEST_SECONDS = 3600
"""A verdict gets surer for so long after it was given; what comes then belongs to other traffic."""
RESAMPLES = 400
TAIL = 0.025


class Kind(StrEnum):
    WAITING = "waiting"  # not in force everywhere yet
    WARMING = "warming"  # the cache still holds what the old setting chose
    EARLY = "early"  # too little was asked since
    CAME_TRUE = "came true"
    BETTER = "better"
    WORSE = "worse"
    TRAFFIC = "traffic changed"
    CUT_SHORT = "cut short"  # another change came before anything could be said
    UNKNOWN = "unknown"  # too few minutes tell of both settings, or there was less memory than was asked for


JUDGED = frozenset({Kind.CAME_TRUE, Kind.BETTER, Kind.WORSE, Kind.TRAFFIC})
"""Those in which the prediction was put to the test."""


@dataclass(frozen=True)
class Verdict:
    """Rates are of requests since the change, by fractions: ``after`` what the cache hit, ``shadow`` what the new
    setting's shadow did and ``unchanged`` what the old one's. ``low`` and ``high`` hold ``off``, the gain that came
    less the one that was predicted for this very traffic, in 95 of 100 resamples. ``progress`` is how far a verdict
    still to come is on its way; ``final`` tells that it will not change any more. ``given_bytes`` is the least capacity
    that was in force, where a machine gave less than was asked for, else 0.
    """

    kind: Kind
    after: float | None = None
    shadow: float | None = None
    unchanged: float | None = None
    low: float = 0.0
    high: float = 0.0
    requests: int = 0
    minutes: int = 0
    progress: float = 0.0
    traffic_changed: bool = False
    final: bool = False
    given_bytes: int = 0

    @property
    def judged(self) -> bool:
        return self.kind in JUDGED

    @property
    def off(self) -> float | None:
        """How much more, or less, the change gained than its shadow had promised on the same requests."""
        return None if self.after is None or self.shadow is None else self.after - self.shadow

    @property
    def gain(self) -> float | None:
        """What the change brought: the cache against the shadow of the old setting, on the same requests."""
        return None if self.after is None or self.unchanged is None else self.after - self.unchanged


@dataclass(frozen=True)
class MinuteOfBoth:
    """A minute in which all instances ran on the new setting: what was asked of them, and the hits of the cache, of the
    new setting's shadow and of the old one's."""

    start: int
    requests: int
    hits: int
    shadow_hits: int
    unchanged_hits: int
    bytes_missed: int
    capacity_bytes: int
    least_bytes: int = 0
    """The capacity of the instance that had the least."""


def judge(
    curves: Iterable[Curve],
    old: Setting,
    new: Setting,
    prediction: Prediction,
    changed_at: float,
    now: float,
    next_at: float | None = None,
    window_seconds: int = 600,
    choice: Callable[[int], int] | None = None,
) -> Verdict:
    """The verdict on a change from ``old`` to ``new`` by the minutes since; ``next_at`` is when the next change came.

    The first minutes are left out until the cache has turned over, or the window is over; three more make a verdict.
    ``choice`` draws for the resamples: blocks of minutes, since neighbours are alike. Unless told, the same minutes
    give the same.
    """
    last = changed_at + window_seconds + LONGEST_SECONDS
    until = min(next_at or float("inf"), last)
    later = [curve for curve in curves if changed_at <= curve.start and curve.end <= until]
    minutes = _under(later, old, new)
    over = next_at is not None and next_at <= min(now, last)
    final = now >= until + 2 * MINUTE
    given_up = final and not over
    if not minutes:
        latest = [curve for curve in later if curve.start == max(each.start for each in later)]
        if given_up or (latest and all(_is(curve, old, new) for curve in latest)):
            return Verdict(Kind.UNKNOWN, final=over or given_up)
        return Verdict(Kind.CUT_SHORT if over else Kind.WAITING, final=over)
    fills = SETTLED_AFTER_FILLS if old[0] != new[0] else 1
    warm = _warm(minutes, window_seconds, fills)
    # As time goes by the first half is left out anyway: what the cache did while it changed over fades.
    counted = minutes[max(warm, min(len(minutes) // 2, len(minutes) - LEAST_MINUTES)) :]
    if len(counted) < LEAST_MINUTES:
        if given_up:  # as where the service stopped soon after: no more minutes come
            return Verdict(Kind.UNKNOWN, final=True)
        fetched = sum(minute.bytes_missed for minute in minutes) / minutes[-1].capacity_bytes / fills
        elapsed = (now - minutes[0].start) / (window_seconds + LEAST_MINUTES * MINUTE)
        progress = 0.5 + len(counted) / LEAST_MINUTES / 2 if counted else min(1.0, max(fetched, elapsed)) / 2
        return Verdict(Kind.CUT_SHORT if over else Kind.WARMING, progress=progress, final=over)
    requests = sum(minute.requests for minute in counted)
    if requests < ENOUGH_REQUESTS:
        return Verdict(Kind.EARLY, requests=requests, minutes=len(counted), progress=1.0, final=final)
    least = min(minute.least_bytes for minute in counted)
    given_bytes = least if least < new[1] else 0
    return _judged(counted, requests, prediction, choice or random.Random(7).randrange, final, given_bytes)


def _judged(
    minutes: Sequence[MinuteOfBoth],
    requests: int,
    prediction: Prediction,
    choice: Callable[[int], int],
    final: bool,
    given_bytes: int,
) -> Verdict:
    after = sum(minute.hits for minute in minutes) / requests
    shadow = sum(minute.shadow_hits for minute in minutes) / requests
    unchanged = sum(minute.unchanged_hits for minute in minutes) / requests
    low, high = interval(minutes, lambda minute: minute.hits - minute.shadow_hits, choice)
    gained = interval(minutes, lambda minute: minute.shadow_hits - minute.unchanged_hits, choice)
    promised = prediction.after - prediction.before
    room = max(CHANGED, 2 * prediction.error)
    as_promised = gained[0] - room <= promised <= gained[1] + room
    # With less memory than was asked for, it may as well be the memory that makes the difference.
    traffic_changed = not as_promised and not given_bytes
    off = after - shadow
    as_shadow = abs(off) <= CLOSE or low <= 0 <= high
    if not as_shadow:
        kind = Kind.BETTER if off > 0 else Kind.WORSE
    elif as_promised:
        kind = Kind.CAME_TRUE
    else:
        kind = Kind.TRAFFIC if traffic_changed else Kind.UNKNOWN
    return Verdict(
        kind, after, shadow, unchanged, low, high, requests, len(minutes), 1.0, traffic_changed, final, given_bytes
    )  # fmt: skip


def interval(
    minutes: Sequence[MinuteOfBoth], hits: Callable[[MinuteOfBoth], int], choice: Callable[[int], int]
) -> tuple[float, float]:
    """What 95 of 100 resamples of a difference lie in: a block bootstrap (Kuensch 1989), over a circle of minutes."""
    length = max(1, round(len(minutes) ** 0.5))
    blocks = -(-len(minutes) // length)
    pairs = [(hits(minute), minute.requests) for minute in minutes]
    found = []
    for _ in range(RESAMPLES):
        difference = requests = 0
        for _ in range(blocks):
            first = choice(len(pairs))
            for place in range(first, first + length):
                one, of = pairs[place % len(pairs)]
                difference += one
                requests += of
        found.append(difference / requests if requests else 0.0)
    found.sort()
    return found[int(TAIL * RESAMPLES)], found[int((1 - TAIL) * RESAMPLES) - 1]


def _under(curves: Sequence[Curve], old: Setting, new: Setting) -> list[MinuteOfBoth]:
    """The minutes in which every instance that reported ran on the new setting, and both shadows counted."""
    by_start: dict[int, list[Curve]] = {}
    for curve in curves:
        by_start.setdefault(curve.start, []).append(curve)
    return [
        _minute(start, group, old)
        for start, group in sorted(by_start.items())
        if all(_is(curve, old, new) and old in curve.points and _own(curve) in curve.points for curve in group)
    ]


def _is(curve: Curve, old: Setting, new: Setting) -> bool:
    """Whether an instance ran on the new setting all minute; with less memory, where its machine could not give all.

    The old one is less memory too, where the capacity grows: who still has it has not taken up the new one.
    """
    own = _own(curve)
    return len(curve.in_force) == 1 and own[0] == new[0] and own[1] <= new[1] and own != old


def _own(curve: Curve) -> Setting:
    return next(iter(curve.in_force))


def _minute(start: int, group: Sequence[Curve], old: Setting) -> MinuteOfBoth:
    return MinuteOfBoth(
        start,
        sum(curve.live.requests for curve in group),
        sum(curve.live.hits for curve in group),
        sum(curve.points[_own(curve)].hits for curve in group),
        sum(curve.points[old].hits for curve in group),
        sum(curve.live.bytes_missed for curve in group),
        sum(_own(curve)[1] for curve in group),
        min(_own(curve)[1] for curve in group),
    )


def _warm(minutes: Sequence[MinuteOfBoth], window_seconds: int, fills: float) -> int:
    """How many minutes go by until the cache holds what the new setting chose."""
    fetched = requests = 0
    for number, minute in enumerate(minutes):
        elapsed = minute.start - minutes[0].start
        if fetched >= fills * minute.capacity_bytes or requests >= WARM_REQUESTS or elapsed >= window_seconds:
            return number
        fetched += minute.bytes_missed
        requests += minute.requests
    return len(minutes)
