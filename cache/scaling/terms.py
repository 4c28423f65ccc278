"""What a decision depends on, and what it is."""

import math
from dataclasses import dataclass
from enum import StrEnum

from cache.config import Autoscale


class Action(StrEnum):
    HOLD = "hold"
    GROW = "grow"
    SHRINK = "shrink"


class Why(StrEnum):
    """What a decision rests on."""

    # Nobody may act on this
    MANUAL = "manual"
    FIXED = "fixed"  # the capacity is the server's own, and not to be changed from here
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
