"""Every number of a minute, once: its name, unit, how it adds up, and what it means in a sentence."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MINUTE = 60


class Adds(StrEnum):
    """How a number of several minutes and instances becomes one."""

    SUM = "sum"  # over minutes and instances
    LAST = "last"  # the last minute's, added over instances
    LOWEST = "lowest"  # the smallest of all


@dataclass(frozen=True)
class Metric:
    name: str  # the column in CSV and JSON
    cloud_name: str  # the metric's name on CloudWatch
    unit: str  # Count, Bytes or None
    adds: Adds
    label: str
    help: str


METRICS: tuple[Metric, ...] = (
    Metric("requests", "Requests", "Count", Adds.SUM, "Requests", "GETs of images that exist: hits and misses."),
    Metric("hits", "Hits", "Count", Adds.SUM, "Hits", "Answered from the cache."),
    Metric("misses", "Misses", "Count", Adds.SUM, "Misses", "Had to be fetched."),
    Metric("not_found", "NotFound", "Count", Adds.SUM, "Not found", "GETs of names that no image has."),
    Metric("uploads", "Uploads", "Count", Adds.SUM, "Uploads", "Images stored, new or replaced."),
    Metric("errors", "Errors", "Count", Adds.SUM, "Errors", "GETs whose image could not be fetched."),
    Metric("collapsed", "Collapsed", "Count", Adds.SUM, "Collapsed", "Misses that waited for another request's fetch."),
    Metric("too_large", "TooLarge", "Count", Adds.SUM, "Too large", "Misses bigger than the whole cache: not kept."),
    Metric("stale", "Stale", "Count", Adds.SUM, "Stale", "Hits while the database could not be asked."),
    Metric("items", "Items", "Count", Adds.LAST, "Items", "Pictures, or sizes of one, that the cache holds."),
    Metric("size_bytes", "SizeBytes", "Bytes", Adds.LAST, "Cache size", "What the cached items take up."),
    Metric("capacity_bytes", "CapacityBytes", "Bytes", Adds.LAST, "Capacity", "What the cache may take up."),
    Metric("evictions", "Evictions", "Count", Adds.SUM, "Evictions", "Items removed to make room."),
    Metric("bytes_served", "BytesServed", "Bytes", Adds.SUM, "Bytes served", "Body bytes of hits and misses."),
    Metric("bytes_missed", "BytesMissed", "Bytes", Adds.SUM, "Bytes missed", "Body bytes of misses."),
    Metric("origin_reads", "OriginReads", "Count", Adds.SUM, "Store reads", "What the store was really asked for."),
    Metric("origin_bytes", "OriginBytes", "Bytes", Adds.SUM, "Store bytes", "What the store really sent."),
    Metric(
        "config_version", "ConfigVersion", "None", Adds.LOWEST, "Configuration", "The version of what was in force."
    ),
    # Of a cache that instances share: sent only where there is one.
    Metric(
        "cache_failures", "CacheFailures", "Count", Adds.SUM, "Cache failures", "Times a shared cache gave no answer."
    ),
    Metric("cache_rubbish", "CacheRubbish", "Count", Adds.SUM, "Rubbish", "Entries not as they were stored: misses."),
    # Why requests missed: each miss under one of these.
    Metric("miss_cold", "MissCold", "Count", Adds.SUM, "First requests", "Nobody asked before; no cache helps."),
    Metric("miss_capacity", "MissCapacity", "Count", Adds.SUM, "Too little room", "A larger cache had held it still."),
    Metric("miss_policy", "MissPolicy", "Count", Adds.SUM, "The policy", "Some other policy had kept it."),
    Metric("miss_changed", "MissChanged", "Count", Adds.SUM, "Changed", "Replaced, cleared or resized since."),
    Metric("miss_collapsed", "MissCollapsed", "Count", Adds.SUM, "Waited", "Another request was fetching it already."),
    Metric("miss_too_large", "MissTooLarge", "Count", Adds.SUM, "Bigger than all", "Bigger than the whole cache."),
)
BY_NAME: dict[str, Metric] = {metric.name: metric for metric in METRICS}
COUNTS: tuple[str, ...] = tuple(metric.name for metric in METRICS if metric.adds is Adds.SUM)
REASONS: tuple[str, ...] = tuple(name for name in COUNTS if name.startswith("miss_"))
"""Told by the shadows, and only where they run: a minute without them has none."""
OF_ENGINE: tuple[str, ...] = ("cache_failures", "cache_rubbish")
"""Told by a cache that instances share, and by no other."""
RECORDED: tuple[str, ...] = tuple(name for name in COUNTS if name not in REASONS and name not in OF_ENGINE)
"""Counted as requests are answered."""
GAUGES: tuple[str, ...] = tuple(metric.name for metric in METRICS if metric.adds is Adds.LAST)

WORDS: dict[str, str] = {
    "hit": "Hit: answered from the cache.",
    "miss": "Miss: had to be fetched.",
    "hit_rate": "Hit rate: hits of all GETs of images that exist.",
    "miss_rate": "Miss rate: misses of all GETs of images that exist.",
    "eviction": "Eviction: removed to make room.",
    "item": "Item: one cached picture or size of it.",
    "capacity": "Capacity: what the cache of an instance may use, or the one that all share.",
    "fill": "Fill: size of capacity.",
    "points": "Points: difference of two percentages.",
    "p95": "P95: 95 of 100 answers were faster.",
}
"""The words of the pages, each explained in one sentence."""

# Seven buckets to an octave from 0.1 ms to about a minute: 137 values, within CloudWatch's 150 a datum, and a
# percentile read off them is within 5 % of the true one.
_STEPS_AN_OCTAVE = 7
LATENCY_BOUNDS_MS: tuple[float, ...] = tuple(0.1 * 2 ** (step / _STEPS_AN_OCTAVE) for step in range(136))
LATENCY_VALUES_MS: tuple[float, ...] = tuple(
    round(bound / 2 ** (0.5 / _STEPS_AN_OCTAVE), 4)
    for bound in (*LATENCY_BOUNDS_MS, LATENCY_BOUNDS_MS[-1] * 2 ** (1 / _STEPS_AN_OCTAVE))
)
"""What an answer in each bucket counts as: the geometric middle of the bucket."""


def latency_bucket(milliseconds: float) -> int:
    """The index into LATENCY_VALUES_MS of an answer that took so long."""
    return bisect_left(LATENCY_BOUNDS_MS, milliseconds)


def percentile_ms(latency: Mapping[int, int], percent: float) -> float | None:
    """The nearest-rank percentile of a histogram {bucket: answers}; None where there are no answers."""
    total = sum(latency.values())
    rank = max(1, -(-total * percent // 100))
    seen = 0
    for bucket in sorted(latency):
        seen += latency[bucket]
        if total and seen >= rank:
            return LATENCY_VALUES_MS[bucket]
    return None


def add_latencies(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """One histogram of all the answers in several."""
    total: dict[int, int] = {}
    for histogram in histograms:
        for bucket, answers in histogram.items():
            total[bucket] = total.get(bucket, 0) + answers
    return total


@dataclass(frozen=True)
class Minute:
    """What one instance counted in one period, as a rule a minute.

    ``time`` is the period's start in seconds since 1970, UTC. ``values`` holds each metric of METRICS by name;
    ``latency`` is {bucket: answers}, see LATENCY_VALUES_MS. ``period_seconds`` is longer than a minute only where the
    channel no longer keeps the minutes themselves. ``open`` tells that the minute is still being counted, and will be
    sent again with more; or that it was sent before, and now has more.
    """

    instance: str
    time: int
    values: Mapping[str, int]
    latency: Mapping[int, int] = field(default_factory=dict)
    period_seconds: int = MINUTE
    open: bool = False


def add_minutes(minutes: Iterable[Minute], instance: str, time: int, period_seconds: int) -> Minute:
    """One instance's minutes, oldest first, as one longer period: counts add, gauges are the last, as METRICS says."""
    ordered = list(minutes)
    values = {}
    for metric in METRICS:
        reported = [minute.values[metric.name] for minute in ordered if metric.name in minute.values]
        if reported:
            values[metric.name] = _ADD[metric.adds](reported)
    return Minute(instance, time, values, add_latencies(minute.latency for minute in ordered), period_seconds)


def add_parts(parts: Iterable[Minute], instance: str, time: int, open: bool = False) -> Minute:
    """One minute of an instance from what each of its workers counted: all adds, but the version is the lowest."""
    counted = list(parts)
    values = {}
    for metric in METRICS:
        reported = [part.values[metric.name] for part in counted if metric.name in part.values]
        if reported:
            values[metric.name] = (min if metric.adds is Adds.LOWEST else sum)(reported)
    return Minute(instance, time, values, add_latencies(part.latency for part in counted), open=open)


_ADD = {Adds.SUM: sum, Adds.LAST: lambda reported: reported[-1], Adds.LOWEST: min}
