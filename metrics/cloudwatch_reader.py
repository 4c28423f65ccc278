"""Reads minutes back: exact as long as CloudWatch keeps minutes, and longer, approximate periods before that."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_client import Client, NotThere, Refused
from metrics.cloudwatch_datums import DIMENSION, dimension_of
from metrics.cloudwatch_instances import Instances
from metrics.cloudwatch_latency import Histograms, LatencyLog
from metrics.schema import METRICS, MINUTE, Adds, Minute, add_latencies

DAY = 86_400
HOUR = 3600
EXACT = {Adds.SUM: "Maximum", Adds.LAST: "Maximum", Adds.LOWEST: "Maximum"}
"""Of a minute that was sent twice. Right at the period of the data only; over longer ones we add up ourselves."""
APPROXIMATE = {Adds.SUM: "Sum", Adds.LAST: "Average", Adds.LOWEST: "Minimum"}
"""Of a longer period, whose minutes CloudWatch no longer has: what was sent twice counts twice."""
KEPT: tuple[tuple[int, int, Mapping[Adds, str]], ...] = (
    (455 * DAY, HOUR, APPROXIMATE),
    (63 * DAY, 300, APPROXIMATE),
    (15 * DAY, MINUTE, EXACT),
)
"""For how many seconds CloudWatch keeps which period, and how we read it; the oldest first."""

COARSE_AFTER_SECONDS = 16 * DAY  # a day that ends before that has no minutes left

AHEAD_SECONDS = 2 * HOUR
ALWAYS_SENT = frozenset({"requests", "hits", "misses"})
TORN_SECONDS = 300
"""The numbers of a minute show up one by one; after so long those that are missing were never sent."""
MOST_QUERIES = 500
MOST_POINTS = 100_800
MOST_PAGES = 1000

Series = Mapping[int, float]
"""Values by time."""


@dataclass(frozen=True)
class Piece:
    """A stretch that is read by one period."""

    start: int
    end: int
    period: int
    statistics: Mapping[Adds, str]


@dataclass
class Answer:
    """One query's points, as they come in page by page."""

    points: dict[int, float] = field(default_factory=dict)
    complete: bool = False


class MetricReader:
    def __init__(
        self, metrics: Client, instances: Instances, latency: LatencyLog, namespace: str, clock: Callable[[], float]
    ) -> None:
        self._metrics = metrics
        self._instances = instances
        self._latency = latency
        self._namespace = namespace
        self._clock = clock

    def minutes(self, start: int, end: int) -> list[Minute]:
        """All reports with start <= time < end, by time and instance."""
        return [minute for piece in pieces(start, end, self._clock()) for minute in self._piece(piece, start)]

    def _piece(self, piece: Piece, start: int) -> list[Minute]:
        names = self._instances.alive_in(piece.start, piece.end)
        if not names:
            return []
        series = self._series(names, piece)
        histograms = self._latency.read(piece.start, piece.end)
        if piece.period != MINUTE:
            histograms = _by_period(histograms, piece.period)
        reports = [
            Minute(name, time, values, histograms.get((name, time), {}), piece.period)
            for name in names
            for time, values in _reports(series[name], self._clock()).items()
            if max(start, piece.start) <= time < piece.end
        ]
        return sorted(reports, key=lambda report: (report.time, report.instance))

    def _series(self, names: Sequence[str], piece: Piece) -> dict[str, dict[str, Series]]:
        """Of each instance, each metric's points."""
        wanted = ((name, metric) for name in names for metric in METRICS)
        points = (piece.end - piece.start) // piece.period
        together = max(1, min(MOST_QUERIES, MOST_POINTS // max(1, points)))
        found: dict[str, dict[str, Series]] = {name: {} for name in names}
        while some := list(islice(wanted, together)):
            queries = [
                self._query(f"q{number}", name, metric.cloud_name, piece.period, piece.statistics[metric.adds])
                for number, (name, metric) in enumerate(some)
            ]
            answers = self._ask(queries, piece)
            for number, (name, metric) in enumerate(some):
                found[name][metric.name] = answers[f"q{number}"].points
        return found

    def _query(self, id: str, instance: str, metric: str, period: int, statistic: str) -> dict[str, Any]:
        dimensions = [{"Name": DIMENSION, "Value": dimension_of(instance)}]
        named = {"Namespace": self._namespace, "MetricName": metric, "Dimensions": dimensions}
        return {"Id": id, "MetricStat": {"Metric": named, "Period": period, "Stat": statistic}, "ReturnData": True}

    def _ask(self, queries: Sequence[Mapping[str, Any]], piece: Piece) -> dict[str, Answer]:
        """The answers to all queries, page by page; ChannelUnavailable where one stays incomplete."""
        answers = {query["Id"]: Answer() for query in queries}
        for page in self._pages(queries, piece):
            for result in page.get("MetricDataResults", ()):
                status = result.get("StatusCode", "Complete")
                if status not in ("Complete", "PartialData"):
                    raise ChannelUnavailable(f"it answered {status} for {result.get('Label', result['Id'])}")
                answer = answers[result["Id"]]
                answer.complete = status == "Complete"
                times = (int(time.timestamp()) for time in result.get("Timestamps", ()))
                answer.points.update(zip(times, result.get("Values", ()), strict=True))
        missing = sum(not answer.complete for answer in answers.values())
        if missing:
            raise ChannelUnavailable(f"{missing} of {len(answers)} metrics were answered in part only")
        return answers

    def _pages(self, queries: Sequence[Mapping[str, Any]], piece: Piece) -> Iterator[Mapping[str, Any]]:
        start, end = (datetime.fromtimestamp(seconds, UTC) for seconds in (piece.start, piece.end))
        token: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            try:
                page = self._metrics.ask(
                    "get_metric_data", MetricDataQueries=queries, StartTime=start, EndTime=end,
                    ScanBy="TimestampAscending", **token, metrics_read=len(queries),
                )  # fmt: skip
            except (Refused, NotThere) as error:
                raise ChannelUnavailable(f"the metrics can't be read: {error}") from error
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
        raise ChannelUnavailable(f"the answer did not end within {MOST_PAGES} pages")


def pieces(start: int, end: int, now: float) -> list[Piece]:
    """The range, cut where CloudWatch keeps longer periods only; the cuts are at whole hours."""
    end = min(end, int(now) + AHEAD_SECONDS)
    begins = [_hour_after(now - kept_seconds) + HOUR for kept_seconds, *_ in KEPT]  # an hour for clocks that differ
    ends = [*begins[1:], end]
    cut = [
        Piece(max(start, begin) // period * period, -(-min(end, until) // period) * period, period, statistics)
        for (_, period, statistics), begin, until in zip(KEPT, begins, ends, strict=True)
    ]
    return [piece for piece in cut if piece.start < piece.end]


def _reports(series: Mapping[str, Series], now: float) -> dict[int, dict[str, int]]:
    """The values of each period that was reported whole."""
    sent = {name: points for name, points in series.items() if points}  # an older service does not know all metrics
    needed = ALWAYS_SENT | sent.keys()
    times = {time for points in sent.values() for time in points}
    reports = {time: {name: round(points[time]) for name, points in sent.items() if time in points} for time in times}
    return {time: values for time, values in reports.items() if needed <= values.keys() or time < now - TORN_SECONDS}


def _by_period(histograms: Histograms, period: int) -> Histograms:
    groups: dict[tuple[str, int], list[Mapping[int, int]]] = {}
    for (name, minute), histogram in histograms.items():
        groups.setdefault((name, minute // period * period), []).append(histogram)
    return {of: add_latencies(group) for of, group in groups.items()}


def _hour_after(seconds: float) -> int:
    return (int(seconds) // HOUR + 1) * HOUR
