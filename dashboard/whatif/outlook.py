"""What another policy or capacity would have done, by one curve: rates, reads, cost, and how sure each is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dashboard.choices import ANY, Choices
from metrics.curves import Count, Curve, Setting
from metrics.prices import GB, MONTH_SECONDS, Prices

ENOUGH_REQUESTS = 20_000
ENOUGH_OBJECTS = 8_000
ENOUGH_COVERED = 0.3
LOOKED_AT = 0.9
"""A point that saw less of the requests than this share of what the best one saw is as if it was not there: what it
was not asked, mostly while all caches were empty, would make it seem better or worse than its neighbours."""
EXACT_ERROR = 0.005
SAMPLED_ERROR = 0.007
"""At ENOUGH_OBJECTS sampled entries; it grows as the root of there being fewer."""
AS_MUCH_WIDER = {"lfu": 2.5, "sieve": 1.7}
"""By so many times are samples of these further off, in 99 of 100 points: a few favourites decide, or one round."""
BELOW, ABOVE = 4.5, 9.0
"""What is shown: a little beyond what shadows are begun for, though they go on farther off after a change."""
ALIKE = 1.15
"""Capacities nearer than that to each other need not stand in two columns."""
OFF_BY = 0.01
"""A shadow of the present setting further than this from the cache itself tells that something is wrong."""
OFF_BY_SAMPLED = 0.03
"""The same of an engine: its LRU looks at a few entries only, and it counts its memory in its own way."""


@dataclass(frozen=True, eq=False)
class Outlook:
    """One curve looked at from the setting that is in force. ``show`` is what is spoken of: hit, miss or bytes, which
    makes every rate one of bytes, not requests.

    ``served`` is how many requests statistics count in the same range; ``caches`` how many caches there are;
    ``choices`` what they can do. ``cut`` says why only the end of the range that was asked for is in it. ``pace`` is
    how many requests a minute come of late; 0 where the range is over. ``minutes`` is how long the range is that was
    asked for.
    """

    curve: Curve
    now: Setting
    caches: int = 1
    prices: Prices = field(default_factory=Prices)
    show: str = "hit"
    served: int | None = None
    choices: Choices = ANY
    cut: str = ""
    pace: int = 0
    minutes: int = 0

    @property
    def by_bytes(self) -> bool:
        return self.show == "bytes"

    # --- rates -----------------------------------------------------------------------------------------------------

    def rate(self, setting: Setting, by_bytes: bool | None = None) -> float | None:
        """The hit rate of a setting: counted, or between two capacities that were, by the logarithm of the size."""
        if self.counted(setting):
            return self._of(self.curve.points[setting], by_bytes)
        policy, capacity = setting
        sizes = self.sizes(policy)
        above = next((size for size in sizes if size >= capacity), None)
        below = next((size for size in reversed(sizes) if size <= capacity), None)
        if above is None or below is None:
            return None
        share = math.log(capacity / below) / math.log(above / below)
        low, high = (self._of(self.curve.points[policy, size], by_bytes) for size in (below, above))
        return low + share * (high - low)

    def counted(self, setting: Setting) -> bool:
        """Whether a point saw as many of the requests as others, nearly."""
        return self.curve.points.get(setting, Count()).requests >= self._least

    @cached_property
    def here(self) -> float | None:
        """What the shadow of the present setting hit: what all others are held against, on the same terms."""
        return self.rate(self.now)

    @property
    def really(self) -> float | None:
        """What the cache hit under the present setting; None where that was in force for a part of the time only."""
        count = self.curve.in_force.get(self.now, Count())
        return self._of(count) if count.requests >= self._least else None

    @property
    def ceiling(self) -> float | None:
        """What a cache without limit would have hit; no less than a point that began after the first requests."""
        if not self.curve.infinite.requests:
            return None
        seen = [self._of(count) for setting, count in self.curve.points.items() if self.counted(setting)]
        return max([self._of(self.curve.infinite), *seen])

    def sizes(self, policy: str) -> list[int]:
        """The capacities at which a policy was counted, ascending."""
        return sorted(size for name, size in self.curve.points if name == policy and self.counted((name, size)))

    @cached_property
    def capacities(self) -> list[int]:
        """The capacities at which any policy was counted, ascending."""
        return sorted({size for policy, size in self.curve.points if self.counted((policy, size))})

    @property
    def policies(self) -> list[str]:
        return [policy for policy in self.curve.policies if self.sizes(policy)]

    def possible(self, setting: Setting) -> bool:
        """Whether it could be put in force from here."""
        return not self.choices.fixed and setting[0] in self.choices.policies

    def capacity_for(self, policy: str, rate: float) -> float | None:
        """The smallest capacity at which a policy reaches a rate; None where none that was looked at does."""
        before: tuple[int, float] | None = None
        for size in self.sizes(policy):
            there = self.rate((policy, size))
            if there >= rate:
                if before is None or there == before[1]:
                    return float(size)
                share = (rate - before[1]) / (there - before[1])
                return before[0] * (size / before[0]) ** share
            before = size, there
        return None

    # --- what it means -----------------------------------------------------------------------------------------------

    @property
    def requests_a_minute(self) -> float:
        return self.curve.live.requests / (self.curve.seconds / 60)

    def reads_a_minute(self, setting: Setting) -> float | None:
        """How often the store would be asked: each miss, those that wait for another's fetch too."""
        rate = self.rate(setting, by_bytes=False)
        return None if rate is None else (1 - rate) * self.requests_a_minute

    def bytes_a_minute(self, setting: Setting) -> float | None:
        rate = self.rate(setting, by_bytes=True)
        return None if rate is None else (1 - rate) * self.curve.live.bytes / (self.curve.seconds / 60)

    def dollars_a_month(self, setting: Setting) -> float | None:
        """Memory of all caches, and reads of the store."""
        reads = self.reads_a_minute(setting)
        if reads is None:
            return None
        memory = setting[1] * self.caches / GB * self.prices.memory_gb_month
        return memory + reads * MONTH_SECONDS / 60 / 1000 * self.prices.s3_thousand_gets

    # --- how sure ----------------------------------------------------------------------------------------------------

    def error(self, capacity: float, policy: str = "") -> float:
        """How far a rate at this capacity may be off, as a fraction."""
        sampled = [objects for size, (_, objects) in self.curve.sampled.items() if _near(size, capacity)]
        error = SAMPLED_ERROR * AS_MUCH_WIDER.get(policy, 1.0)
        return max([self._off, EXACT_ERROR, *(error * math.sqrt(ENOUGH_OBJECTS / max(1, o)) for o in sampled)])

    def error_of(self, setting: Setting) -> float:
        return self.error(setting[1], setting[0])

    def weak(self, setting: Setting) -> bool:
        """Whether too little is known of a point to act on it."""
        sampled = [objects for size, (_, objects) in self.curve.sampled.items() if _near(size, setting[1])]
        return any(objects < ENOUGH_OBJECTS for objects in sampled)

    @property
    def covered(self) -> float:
        """Which share of what was served in the range is in the curve."""
        return min(1.0, self.curve.live.requests / self.served) if self.served else 1.0

    @property
    def too_early(self) -> bool:
        return self.curve.live.requests < ENOUGH_REQUESTS or self.covered < ENOUGH_COVERED or self.here is None

    @property
    def off(self) -> bool:
        """Whether the shadow of the setting in force did not do as the cache did."""
        return self._off > off_by(self.choices)

    @cached_property
    def _least(self) -> float:
        """The requests that a point must have seen."""
        return max(1, LOOKED_AT * max((count.requests for count in self.curve.points.values()), default=0))

    @property
    def _off(self) -> float:
        really, shadow = self.curve.checked
        return abs(really.hit_rate - shadow.hit_rate) if really.requests else 0.0

    def _of(self, count: Count, by_bytes: bool | None = None) -> float:
        by_bytes = self.by_bytes if by_bytes is None else by_bytes
        return (count.byte_hit_rate if by_bytes else count.hit_rate) or 0.0


def off_by(choices: Choices) -> float:
    """How far the shadow of the present setting may be from the cache itself."""
    return OFF_BY_SAMPLED if choices.engine else OFF_BY


def setting_now(curve: Curve, wanted: Setting, capped: bool) -> Setting:
    """The setting in force; where the machine could not give all the memory, what most caches really have.

    Else what was in force in the range is not asked: it may be what an edit that nobody has told of yet has changed.
    """
    if not capped or wanted in curve.points or wanted in curve.in_force or not curve.in_force:
        return wanted
    same = {setting: count.requests for setting, count in curve.in_force.items() if setting[0] == wanted[0]}
    return max(same, key=same.__getitem__) if same else wanted


def columns(sizes: Sequence[int], now: int) -> list[int]:
    """The capacities of a small table: the one in force, and the doublings of a megabyte around it."""
    mib = 1 << 20
    around = [size for size in sizes if now / BELOW <= size <= now * ABOVE] or sizes
    doublings = {size for size in around if math.log2(size / mib).is_integer()}
    return sorted({size for size in doublings if not now / ALIKE < size < now * ALIKE} | {now} & set(around))


def _near(size: int, capacity: float) -> bool:
    return size / 1.45 < capacity < size * 1.45
