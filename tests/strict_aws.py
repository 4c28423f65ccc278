"""Makes moto refuse what AWS refuses, answer as AWS answers, and fail as AWS fails, where moto alone would not.

moto keeps what it is given; the checks stand before that. Its reading of metrics is replaced: moto's own ignores the
namespace, mixes series with and without dimensions, never pages, and takes a minute for a week.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

UNITS = {"Count", "Bytes", "Percent", "Milliseconds", "None"}
MOST_POINTS_A_PAGE = 100_800
MOST_LOG_BYTES = 1_048_576


@contextmanager
def strict() -> Iterator[None]:
    """While it lasts, every moto of this process is strict."""
    before = [
        (CloudWatchBackend, "put_metric_data", _put_metric_data),
        (CloudWatchResponse, "get_metric_data", _get_metric_data),
        (CloudWatchBackend, "get_metric_statistics", _get_metric_statistics),
        (LogsBackend, "put_log_events", _put_log_events),
        (LogsBackend, "get_log_events", _get_log_events),
    ]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in before]
    for (owner, name, ours), (_, _, theirs) in zip(before, kept, strict=True):
        setattr(owner, name, ours(theirs))
    try:
        yield
    finally:
        for owner, name, theirs in kept:
            setattr(owner, name, theirs)


def _put_metric_data(theirs):
    def put(backend, namespace, metric_data):
        if not re.fullmatch(r"(?!AWS/)[^:][\w./#: -]{0,254}", namespace, re.ASCII):
            raise InvalidParameterValue(f"The value {namespace} for parameter Namespace is invalid.")
        if not 1 <= len(metric_data) <= 1000:
            raise InvalidParameterValue("The collection MetricData must have 1 to 1000 members.")
        for number, datum in enumerate(metric_data, 1):
            if problem := _problem(datum):
                raise InvalidParameterValue(f"The parameter MetricData.member.{number} {problem}")
            if sum(name in datum for name in ("Value", "Values", "StatisticValues")) != 1:
                raise InvalidParameterCombination(f"MetricData.member.{number} mixes Value, Values, StatisticValues.")
        points = backend.__dict__.setdefault("strict_points", {})
        for datum in metric_data:
            name = _series(namespace, datum["MetricName"], datum.get("Dimensions"))
            if name not in points:
                theirs(backend, namespace, [datum | {"Counts": None}])  # so that moto lists it; it needs no more
            series = points.setdefault(name, [])
            values = datum.get("Values") or [datum.get("Value")]
            counts = datum.get("Counts") or [1] * len(values)
            at = datum["Timestamp"].timestamp()
            series += [(at, float(value), float(count)) for value, count in zip(values, counts, strict=True)]

    return put


def _problem(datum):
    """What AWS finds wrong with one datum; empty where it is right."""
    values = [datum["Value"]] if "Value" in datum else datum.get("Values", [])
    counts = datum.get("Counts")
    now = datetime.now(UTC)
    at = datum.get("Timestamp") or now
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    dimensions = datum.get("Dimensions", [])
    if not re.fullmatch(r"[ -~]{1,255}", datum.get("MetricName", "")):
        return "has a bad MetricName."
    if len(dimensions) > 30 or not all(re.fullmatch(r"(?!:)[ -~]*[!-~][ -~]*", each["Value"]) for each in dimensions):
        return "has bad Dimensions."
    if any(not math.isfinite(value) or abs(value) > 2.0**360 for value in values):
        return "has a value out of range."
    if len(values) > 150 or ("Values" in datum and not values):
        return "must have 1 to 150 Values."
    if counts is not None and (len(counts) != len(values) or any(not count > 0 for count in counts)):
        return "must have a positive count for each value."
    if len(set(values)) != len(values):
        return "has a value twice."
    if not now - timedelta(days=14) <= at <= now + timedelta(hours=2):
        return "has a Timestamp that is too old or too far ahead."
    return "" if datum.get("Unit", "None") in UNITS else "has an unknown Unit."


def _get_metric_data(_theirs):
    def get(response):
        asked = response._get_params()
        queries = asked.get("MetricDataQueries", [])
        if not 1 <= len(queries) <= 500 or len({query["Id"] for query in queries}) != len(queries):
            raise InvalidParameterValue("There must be 1 to 500 queries with different Ids.")
        if "ScanBy" not in asked:
            raise InvalidParameterValue("These tests want ScanBy given.")
        start, end = (asked[name].timestamp() for name in ("StartTime", "EndTime"))
        if start >= end:
            raise InvalidParameterValue("StartTime must be before EndTime.")
        points = response.cloudwatch_backend.__dict__.get("strict_points", {})
        answers = [(query, _points(points, query["MetricStat"], start, end)) for query in queries]
        return ActionResult(_page(answers, asked))

    return get


def _points(points, stat, start, end):
    period, metric = int(stat["Period"]), stat["Metric"]
    age = datetime.now(UTC).timestamp() - start
    least = 60 if age < 15 * 86_400 else 300 if age < 63 * 86_400 else 3600
    if period % least:
        raise InvalidParameterValue(f"A StartTime that old needs a Period that is a multiple of {least}.")
    groups = {}
    for at, value, count in points.get(
        _series(metric["Namespace"], metric["MetricName"], metric.get("Dimensions")), []
    ):
        if start <= at < end:
            groups.setdefault(at // period * period, []).append((value, count))
    return [(at, _STATISTICS[stat["Stat"]](groups[at])) for at in sorted(groups)]


_STATISTICS = {
    "Sum": lambda group: sum(value * count for value, count in group),
    "SampleCount": lambda group: sum(count for _, count in group),
    "Average": lambda group: sum(value * count for value, count in group) / sum(count for _, count in group),
    "Minimum": lambda group: min(value for value, _ in group),
    "Maximum": lambda group: max(value for value, _ in group),
}


def _page(answers, asked):
    """One page: so many points in all, and a token where there are more."""
    most = min(int(asked.get("MaxDatapoints") or MOST_POINTS_A_PAGE), MOST_POINTS_A_PAGE)
    first = int(asked.get("NextToken") or 0)
    results, passed, left = [], 0, most
    for query, points in answers:
        mine = points[max(0, first - passed) :][: max(0, left)]
        done = max(0, first - passed) + len(mine) >= len(points)
        passed, left = passed + len(points), left - len(mine)
        if mine or (done and passed >= first):
            results.append({
                "id": query["Id"], "label": query["MetricStat"]["Metric"]["MetricName"],
                "timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in mine], "values": [v for _, v in mine],
                "status_code": "Complete" if done else "PartialData",
            })  # fmt: skip
    total = sum(len(points) for _, points in answers)
    more = {"NextToken": str(first + most)} if first + most < total else {}
    return {"MetricDataResults": results, **more}


def _get_metric_statistics(_theirs):
    def get(*_, **__):
        raise InvalidParameterValue("These tests have no GetMetricStatistics; ask GetMetricData.")

    return get


def _series(namespace, name, dimensions):
    return namespace, name, tuple(sorted((each["Name"], each["Value"]) for each in dimensions or ()))


def _put_log_events(theirs):
    def put(backend, log_group_name, log_stream_name, log_events):
        times = [event["timestamp"] for event in log_events]
        size = sum(len(event["message"].encode()) + 26 for event in log_events)
        if not 1 <= len(log_events) <= 10_000 or size > MOST_LOG_BYTES:
            raise InvalidParameterException("Upload too large: 1 to 10,000 events and 1,048,576 bytes a call.")
        if times != sorted(times):
            raise InvalidParameterException("Log events in a single request must be in chronological order.")
        if times[-1] - times[0] > 86_400_000:
            raise InvalidParameterException("The batch of log events in a single request cannot span over 24 hours.")
        if not all(event["message"] for event in log_events):
            raise InvalidParameterException("A message must not be empty.")
        return theirs(backend, log_group_name, log_stream_name, log_events)

    return put


def _get_log_events(theirs):
    def get(backend, **asked):
        if asked.get("end_time"):
            asked["end_time"] -= 1  # not included at AWS
        if asked.get("next_token") is None and asked.get("start_from_head"):
            theirs(backend, **asked)  # is it there at all?
            return [], f"b/{0:056d}", f"f/{-1:056d}"  # an empty page that is not the end
        return theirs(backend, **asked)

    return get
