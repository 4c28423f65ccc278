"""The emulated AWS of these tests refuses what AWS refuses: else what passes here would prove nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

NOW = datetime.now(UTC)
GOOD = {"MetricName": "Requests", "Value": 1.0, "Timestamp": NOW}


def put(aws, *data):
    aws.client("cloudwatch").put_metric_data(Namespace="Strict", MetricData=list(data))


BAD = {
    "too old": GOOD | {"Timestamp": NOW - timedelta(days=14, hours=1)},
    "too far ahead": GOOD | {"Timestamp": NOW + timedelta(hours=5)},
    "NaN": GOOD | {"Value": float("nan")},
    "infinite": GOOD | {"Value": float("inf")},
    "too large": GOOD | {"Value": 2.0**361},
    "31 dimensions": GOOD | {"Dimensions": [{"Name": f"d{n}", "Value": "v"} for n in range(31)]},
    "a dimension that is not ASCII": GOOD | {"Dimensions": [{"Name": "Instance", "Value": "zoë"}]},
    "a dimension with a colon first": GOOD | {"Dimensions": [{"Name": "Instance", "Value": ":a"}]},
    "151 values": {"MetricName": "Latency", "Values": [float(n) for n in range(151)], "Timestamp": NOW},
    "a value twice": {"MetricName": "Latency", "Values": [1.0, 1.0], "Timestamp": NOW},
    "a count of none": {"MetricName": "Latency", "Values": [1.0], "Counts": [0.0], "Timestamp": NOW},
    "value and values": GOOD | {"Values": [1.0]},
    "an unknown unit": GOOD | {"Unit": "Bananas"},
    "a name with a line break": GOOD | {"MetricName": "a\nb"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_datum_refuses_the_whole_call(aws, name):
    aws.reset()
    with pytest.raises(ClientError) as refused:
        put(aws, GOOD, BAD[name])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert aws.client("cloudwatch").list_metrics(Namespace="Strict")["Metrics"] == []


def test_a_thousand_metrics_are_taken_and_no_more(aws):
    put(aws, *[GOOD] * 1000)
    with pytest.raises(ClientError):
        put(aws, *[GOOD] * 1001)


def test_a_megabyte_is_the_most(aws):
    values = [n + 0.123 for n in range(150)]
    with pytest.raises(ClientError, match="413"):
        put(aws, *[{"MetricName": "x" * 200, "Values": values, "Counts": values, "Timestamp": NOW}] * 500)


@pytest.mark.parametrize(("days", "period"), [(16, 60), (65, 300)])
def test_old_metrics_are_not_told_by_short_periods(aws, days, period):
    metric = {"Namespace": "Strict", "MetricName": "Requests"}
    with pytest.raises(ClientError, match="Period"):
        aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"}}],
            StartTime=NOW - timedelta(days=days), EndTime=NOW, ScanBy="TimestampAscending",
        )  # fmt: skip


def test_a_series_with_a_dimension_does_not_count_in_the_one_without(aws):
    aws.reset()
    put(aws, GOOD | {"Dimensions": [{"Name": "Instance", "Value": "a"}]}, GOOD | {"Value": 5.0})
    metric = {"Namespace": "Strict", "MetricName": "Requests"}
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
        StartTime=NOW - timedelta(hours=1), EndTime=NOW + timedelta(hours=1), ScanBy="TimestampAscending",
    )  # fmt: skip
    assert answer["MetricDataResults"][0]["Values"] == [5.0]


def put_log(aws, *events):
    logs = aws.client("logs")
    names = {"logGroupName": "strict", "logStreamName": "strict"}
    aws.reset()
    logs.create_log_group(logGroupName="strict")
    logs.create_log_stream(**names)
    at = int(NOW.timestamp() * 1000)
    logs.put_log_events(**names, logEvents=[{"timestamp": at + ahead, "message": text} for ahead, text in events])


@pytest.mark.parametrize(
    "events",
    [[(1, "a"), (0, "b")], [(-86_400_001, "a"), (0, "b")], [(0, "x" * 600_000), (0, "x" * 600_000)]],
    ids=["out of order", "over more than a day", "more than a megabyte"],
)
def test_a_bad_batch_of_events_is_refused(aws, events):
    with pytest.raises(ClientError, match="InvalidParameter"):
        put_log(aws, *events)


def test_a_fault_after_the_fact_has_stored_what_it_was_given(aws):
    aws.reset()
    aws.faults.inject("lost", "PutMetricData", times=1)
    put(aws, GOOD)  # boto3 tries again by itself
    assert aws.faults.asked.count("PutMetricData") == 2
