"""Minutes become one DataFrame: counts are added, rates and percentiles worked out at the end."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.ranges import Range, default_period, parse_time
from dashboard.table import BUCKETS, NAMES, Table
from metrics.schema import LATENCY_VALUES_MS, METRICS, MINUTE, OF_ENGINE, REASONS, Adds, Minute

__all__ = ["COLUMNS", "CONTRACT_COLUMNS", "Range", "Totals", "default_period", "parse_time", "statistics", "totals"]

CONTRACT_COLUMNS: tuple[str, ...] = (
    "time", "period_seconds", "instance", "requests", "hits", "misses", "hit_rate", "miss_rate", "items",
    "size_bytes", "capacity_bytes", "evictions", "bytes_served", "bytes_missed", "p50_ms", "p95_ms", "p99_ms",
    "config_version",
)  # fmt: skip
"""What scripts rely on, in this order; more may follow."""

FURTHER_COLUMNS = (
    "not_found", "uploads", "errors", "collapsed", "too_large", "origin_reads", "origin_bytes", "stale", *REASONS,
    *OF_ENGINE,
)  # fmt: skip
EXPORTED_COLUMNS: tuple[str, ...] = CONTRACT_COLUMNS + FURTHER_COLUMNS
COLUMNS: tuple[str, ...] = (*EXPORTED_COLUMNS, "reported", "caches", "unfinished")

PERCENTILES = {"p50_ms": 50, "p95_ms": 95, "p99_ms": 99}
LATE_SECONDS = 300
"""A minute of an instance that was heard within this time may still come."""

_ADDED = [column for column, metric in enumerate(METRICS) if metric.adds is Adds.SUM]
_LAST = [column for column, metric in enumerate(METRICS) if metric.adds is Adds.LAST]
_CAPACITY = NAMES.index("capacity_bytes")
_LOWEST = [column for column, metric in enumerate(METRICS) if metric.adds is Adds.LOWEST]


@dataclass(frozen=True)
class Totals:
    """A whole range as one: the cards and the total row. Rates are fractions; None is "no data".

    ``items``, ``size_bytes`` and ``capacity_bytes`` are those of the last finished period; ``minutes`` is how many
    were reported by anybody, ``requests_a_minute`` the mean over them.
    """

    minutes: float
    requests: int
    hits: int
    misses: int
    hit_rate: float | None
    miss_rate: float | None
    items: int
    size_bytes: int
    capacity_bytes: int
    evictions: int
    bytes_served: int
    bytes_missed: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    requests_a_minute: float


def statistics(
    minutes: Table | Iterable[Minute],
    range: Range,
    instance: str = "all",
    *,
    now: float | None = None,
    stopped: Collection[str] = (),
) -> pd.DataFrame:
    """COLUMNS, one row a period somebody reported (and an instance, where ``instance`` is ``each``), oldest first.

    ``time`` is the period's start, aware, in UTC; rates are fractions, and NaN where there were no requests, as
    percentiles are. ``period_seconds`` is longer than the range's where the channel only has longer reports.
    ``reported`` is how many instances were heard in the period, ``caches`` how many told of a cache: where they share
    one, a single one does. ``unfinished`` tells that the row may still grow:
    at ``now`` the period is running, or an instance heard lately (and not ``stopped``) has not sent its last minute.
    """
    table = _in_range(minutes, range, instance)
    by_instance = _groups(table, range, per_instance=True)
    rows = by_instance if instance == "each" else _over_instances(by_instance)
    frame = _frame(rows, table, range, instance)
    frame["unfinished"] = _unfinished(frame, range, table.last_heard(), now, stopped, each=instance == "each")
    return frame[list(COLUMNS)]


def totals(
    minutes: Table | Iterable[Minute],
    range: Range,
    instance: str = "all",
    *,
    now: float | None = None,
    stopped: Collection[str] = (),
) -> Totals | None:
    """The range as one; None where nobody reported."""
    table = _in_range(minutes, range, instance)
    if not len(table):
        return None
    one = "all" if instance == "each" else instance
    whole = statistics(table, Range(range.start, range.end, max(range.seconds, 1)), one).iloc[0]
    periods = statistics(table, range, one, now=now, stopped=stopped)
    finished = periods[~periods["unfinished"]]
    last = (finished if len(finished) else periods).iloc[-1]
    times, first = np.unique(table.time, return_index=True)
    reported = float(table.period_seconds[first].sum() / MINUTE) if len(times) else 0.0
    gauges = {name: int(last[name]) for name in ("items", "size_bytes", "capacity_bytes")}
    counts = ("requests", "hits", "misses", "evictions", "bytes_served", "bytes_missed")
    return Totals(
        minutes=reported,
        **{name: int(whole[name]) for name in counts},
        **gauges,
        **{name: _or_none(whole[name]) for name in ("hit_rate", "miss_rate", *PERCENTILES)},
        requests_a_minute=int(whole["requests"]) / reported,
    )


@dataclass(frozen=True, eq=False)
class _Groups:
    start: np.ndarray  # of the period
    instance: np.ndarray
    values: np.ndarray
    latency: np.ndarray  # a dense histogram a group
    period_seconds: np.ndarray
    reported: np.ndarray
    caches: np.ndarray


def _in_range(minutes: Table | Iterable[Minute], range: Range, instance: str) -> Table:
    table = minutes if isinstance(minutes, Table) else Table.of(minutes)
    table = table.between(range.start, range.end)
    return table if instance in ("all", "each") else table.of_instance(instance)


def _groups(table: Table, range: Range, per_instance: bool) -> _Groups:
    """Each instance's reports, added up by period; its gauges are those of its last report in the period."""
    period = range.start + (table.time - range.start) // range.period_seconds * range.period_seconds
    order = np.lexsort((table.time, table.instance, period))
    period, instance = period[order], table.instance[order]
    starts = _starts_of_runs(period, instance)
    if not len(starts):
        nothing = np.zeros(0, dtype=np.int64)
        return _Groups(
            nothing, nothing, np.zeros((0, len(NAMES)), dtype=np.int64), np.zeros((0, BUCKETS)), *[nothing] * 3
        )
    ordered = table.values[order]
    values = np.empty((len(starts), len(NAMES)), dtype=np.int64)
    values[:, _ADDED] = np.add.reduceat(ordered[:, _ADDED], starts, axis=0)
    values[:, _LAST] = ordered[np.append(starts[1:], len(ordered)) - 1][:, _LAST]
    values[:, _LOWEST] = np.minimum.reduceat(ordered[:, _LOWEST], starts, axis=0)
    group_of_row = np.empty(len(order), dtype=np.int64)
    group_of_row[order] = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(order))))
    cells = group_of_row[table.rows] * BUCKETS + table.buckets
    latency = np.bincount(cells, weights=table.answers, minlength=len(starts) * BUCKETS).reshape(-1, BUCKETS)
    longest = np.maximum.reduceat(table.period_seconds[order], starts)
    one, tells = np.ones(len(starts), dtype=np.int64), values[:, _CAPACITY] > 0
    return _Groups(period[starts], instance[starts], values, latency, longest, one, tells.astype(np.int64))


def _over_instances(groups: _Groups) -> _Groups:
    starts = _starts_of_runs(groups.start, np.zeros_like(groups.start))
    if not len(starts):
        return groups
    values = np.add.reduceat(groups.values, starts, axis=0)
    values[:, _LOWEST] = np.minimum.reduceat(groups.values[:, _LOWEST], starts, axis=0)
    return _Groups(
        groups.start[starts],
        groups.instance[starts],
        values,
        np.add.reduceat(groups.latency, starts, axis=0),
        np.maximum.reduceat(groups.period_seconds, starts),
        np.add.reduceat(groups.reported, starts),
        np.add.reduceat(groups.caches, starts),
    )


def _starts_of_runs(*columns: np.ndarray) -> np.ndarray:
    changes = np.zeros(len(columns[0]), dtype=bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(changes)


def _frame(rows: _Groups, table: Table, range: Range, instance: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows.values, columns=list(NAMES))
    frame["time"] = pd.to_datetime(rows.start, unit="s", utc=True)
    frame["period_seconds"] = np.maximum(rows.period_seconds, range.period_seconds)
    names = np.array(table.names, dtype=object)
    frame["instance"] = names[rows.instance] if instance == "each" else instance
    requests = frame["requests"].where(frame["requests"] > 0)
    frame["hit_rate"] = frame["hits"] / requests
    frame["miss_rate"] = frame["misses"] / requests
    for name, percent in PERCENTILES.items():
        frame[name] = _percentiles(rows.latency, percent)
    frame["reported"] = rows.reported
    frame["caches"] = rows.caches
    return frame


def _percentiles(latency: np.ndarray, percent: int) -> np.ndarray:
    """The nearest-rank percentile of each histogram, as metrics.schema.percentile_ms; NaN for an empty one."""
    seen = latency.cumsum(axis=1).astype(np.int64)
    total = seen[:, -1]
    rank = np.maximum(1, -(-total * percent // 100))
    values = np.array(LATENCY_VALUES_MS)[(seen >= rank[:, None]).argmax(axis=1)]
    return np.where(total > 0, values, np.nan)


def _unfinished(
    frame: pd.DataFrame, range: Range, heard: dict[str, int], now: float | None, stopped: Collection[str], each: bool
) -> np.ndarray:
    if now is None or not len(frame):
        return np.zeros(len(frame), dtype=bool)
    ends = frame["time"].astype("datetime64[s, UTC]").astype("int64").to_numpy() + frame["period_seconds"].to_numpy()
    awaited = {
        name: last for name, last in heard.items() if name not in stopped and last + MINUTE >= now - LATE_SECONDS
    }
    if each:
        last = frame["instance"].map(awaited).fillna(np.inf).to_numpy(dtype=float)
        return (ends > now) | (last + MINUTE < ends)
    return (ends > now) | (min(awaited.values(), default=np.inf) + MINUTE < ends)


def _or_none(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
