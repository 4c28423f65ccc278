"""Minutes read back from CloudWatch: page by page, whole, exact while it keeps minutes, and longer periods before."""

from datetime import UTC, datetime

import pytest
from botocore.stub import ANY, Stubber

from dashboard.ranges import Range
from dashboard.reader import Reader
from metrics import cloudwatch_reader
from metrics.calls import Calls
from metrics.channel import Announcement, ChannelUnavailable
from metrics.cloudwatch_channel import CloudWatchChannel
from metrics.cloudwatch_client import READING, Client, Silence
from metrics.cloudwatch_instances import Heard
from metrics.cloudwatch_reader import MetricReader, pieces
from metrics.schema import METRICS, MINUTE, Minute
from tests import strict_aws
from tests.moto_server import REGION
from tests.test_cloudwatch_sending import HOUR, NOW, minute, read

DAY = 86_400


@pytest.fixture
def cloud(aws):
    aws.reset()
    return aws


def channel_at(now=NOW):
    return CloudWatchChannel("cloudwatch://Hitrate", clock=lambda: now, pause=lambda seconds: None)


@pytest.fixture
def channel(cloud):
    return channel_at()


def store(cloud, instance, time, metric, *values):
    """Points that are older than AWS would take by now."""
    from moto.backends import get_backend

    backend = get_backend("cloudwatch")["123456789012"][REGION]
    series = "Hitrate", metric, (("Instance", instance),)
    backend.__dict__.setdefault("strict_points", {}).setdefault(series, []).extend((time, v, 1) for v in values)


# --- which period is read of which age -------------------------------------------------------------------------------


def test_recent_minutes_are_read_by_the_minute():
    now = HOUR + 1234
    assert [(p.start, p.end, p.period) for p in pieces(HOUR, HOUR + 600, now)] == [(HOUR, HOUR + 600, 60)]


@pytest.mark.parametrize("now", [HOUR, HOUR + 1, HOUR + 3599])
def test_a_long_range_is_cut_at_whole_hours_where_cloudwatch_keeps_less(now):
    hours, fives, minutes = pieces(0, now, now)
    assert (hours.period, fives.period, minutes.period) == (3600, 300, 60)
    assert hours.end == fives.start
    assert fives.end == minutes.start
    assert hours.start % 3600 == fives.start % 3600 == minutes.start % 3600 == 0
    for piece, days in ((hours, 455), (fives, 63), (minutes, 15)):
        assert now - days * DAY + 3600 < piece.start <= now - days * DAY + 7200


def test_what_is_older_or_later_than_anything_is_not_asked_for():
    now = HOUR + 77
    assert pieces(0, now - 456 * DAY, now) == []
    assert pieces(now + 3 * 3600, now + 2**40, now) == []
    assert pieces(0, 2**40, now)[-1].end <= now + 2 * 3600 + 60


# --- what is read ----------------------------------------------------------------------------------------------------


def test_what_was_sent_twice_reads_as_once_up_to_fifteen_days_back(cloud, channel):
    old = (int(NOW) - 13 * DAY) // 60 * 60
    for _ in range(3):
        channel.send([minute("a", old, hits=40, misses=2)])
    [report] = channel.minutes(old - 600, old + 600)
    assert (report.period_seconds, report.values["requests"], report.values["hits"]) == (60, 42, 40)
    assert sum(report.latency.values()) == 42


@pytest.mark.parametrize(("days", "period"), [(20, 300), (100, 3600)])
def test_older_reports_span_longer_periods_and_are_approximate(cloud, channel, days, period):
    start = (int(NOW) - days * DAY) // 3600 * 3600
    for number in range(period // 60):
        store(cloud, "a", start + 60 * number, "Requests", 10)
        store(cloud, "a", start + 60 * number, "Items", 100 + 2 * number)
        store(cloud, "a", start + 60 * number, "ConfigVersion", 3 + number)
    channel._instances._heard["a"] = Heard(start, start)
    [report] = channel.minutes(start, start + period)
    assert (report.time, report.period_seconds) == (start, period)
    assert report.values == {
        "requests": 10 * period // 60, "items": 100 + period // 60 - 1, "config_version": 3,
    }  # fmt: skip
    assert report.latency == {}


def test_an_announced_instance_is_read_before_its_metrics_are_listed(cloud, channel):
    cloud.faults.inject("error", "ListMetrics")
    channel.announce(Announcement("a", NOW, 0, "lru", 100))
    channel.send([minute("a", HOUR, hits=3)])
    assert [report.instance for report in channel_at().minutes(HOUR, HOUR + 60)] == ["a"]


def test_an_instance_whose_word_is_gone_is_found_by_its_metrics(cloud, channel):
    channel.send([minute("a", HOUR, hits=3), minute("b", HOUR, hits=4)])
    cloud.client("logs").delete_log_group(logGroupName="/hitrate/Hitrate")
    assert [report.values["hits"] for report in channel_at().minutes(HOUR, HOUR + 60)] == [3, 4]


def test_an_instance_that_was_not_there_then_is_not_asked_for(cloud):
    channel_at(NOW - 10 * DAY).announce(Announcement("long-gone", NOW - 10 * DAY, 0, "lru", 100))
    channel_at().announce(Announcement("here", NOW, 0, "lru", 100))
    reading = channel_at()
    reading.minutes(HOUR, HOUR + 3600)
    assert reading.calls.tally().metrics_read == len(METRICS)
    reading.minutes(int(NOW) - 10 * DAY, int(NOW) - 10 * DAY + 3600)
    assert reading.calls.tally().metrics_read == 2 * len(METRICS)


def test_a_torn_minute_is_left_out_until_it_is_whole_or_old(cloud):
    channel = channel_at()
    newest = int(NOW) // 60 * 60 - 60
    channel.send([minute("a", time, hits=5) for time in (newest - 600, newest - 60)])
    for metric in METRICS[:9]:
        store(cloud, "a", newest, metric.cloud_name, 5)
    assert [report.time for report in channel.minutes(newest - 900, newest + 60)] == [newest - 600, newest - 60]
    assert [report.time for report in channel_at(NOW + 400).minutes(newest - 60, newest + 60)] == [newest - 60, newest]


def test_a_torn_minute_is_left_out_though_nothing_else_was_asked_for(cloud):
    channel = channel_at()
    newest = int(NOW) // 60 * 60 - 60
    channel.announce(Announcement("a", NOW, 0, "lru", 100))
    store(cloud, "a", newest, "Requests", 5)
    assert channel.minutes(newest, newest + 60) == []


def test_a_service_that_knows_fewer_metrics_is_read_at_once(cloud):
    newest = int(NOW) // 60 * 60 - 60
    older = minute("a", newest, hits=5)
    known = {name: value for name, value in older.values.items() if name != "too_large"}
    channel = channel_at()
    channel.send([Minute("a", newest, known, {1: 5})])
    [report] = channel.minutes(newest, newest + 60)
    assert report.values == known


def test_the_fuller_of_two_histograms_counts_and_what_is_none_is_ignored(cloud, channel):
    fuller = minute("a", HOUR, hits=9, latency={3: 9})
    channel.send([fuller])
    channel.send([minute("a", HOUR, hits=2, latency={3: 2})])
    logs, at = cloud.client("logs"), HOUR * 1000
    junk = ["no json", "[]", '{"instance": "a"}', '{"instance": "a", "minute": "x", "latency": {"1": 2}}',
            '{"instance": "a", "minute": %d, "latency": {"900": 99}}'.replace("%d", str(HOUR))]  # fmt: skip
    logs.put_log_events(
        logGroupName="/hitrate/Hitrate", logStreamName="latency",
        logEvents=[{"timestamp": at, "message": message} for message in junk],
    )  # fmt: skip
    assert channel.minutes(HOUR, HOUR + 60) == [fuller]


def test_without_the_log_counts_are_whole_and_percentiles_a_gap(cloud, channel):
    channel.send([minute("a", HOUR, hits=9)])
    cloud.client("logs").delete_log_stream(logGroupName="/hitrate/Hitrate", logStreamName="latency")
    [report] = channel.minutes(HOUR, HOUR + 60)
    assert (report.values["hits"], report.latency) == (9, {})
    row = Reader(channel, lambda: NOW).statistics(Range(HOUR, HOUR + 60, 60)).iloc[0]
    assert row["hit_rate"] == 1.0
    assert row["p95_ms"] != row["p95_ms"]


def test_pages_of_metrics_are_followed(cloud, channel, monkeypatch):
    sent = [minute(name, HOUR + 60 * number, hits=number) for number in range(30) for name in ("a", "b")]
    channel.send(sent)
    monkeypatch.setattr(strict_aws, "MOST_POINTS_A_PAGE", 97)
    assert channel.minutes(HOUR, HOUR + 3600) == sent
    assert cloud.faults.asked.count("GetMetricData") > 10


def test_no_call_asks_for_more_points_or_metrics_than_one_may(cloud, channel, monkeypatch):
    names = [f"i{number:02}" for number in range(40)]
    channel.send([minute(name, HOUR, hits=1) for name in names])
    assert len(channel.minutes(HOUR, HOUR + 3600)) == 40
    assert cloud.faults.asked.count("GetMetricData") == -(-40 * len(METRICS) // 500)
    monkeypatch.setattr(cloudwatch_reader, "MOST_POINTS", 600)
    assert len(channel.minutes(HOUR, HOUR + 3600)) == 40


# --- answers that no emulator gives, with botocore's Stubber ----------------------------------------------------------


class Known:
    """Instances that are known already."""

    def alive_in(self, start, end):
        return ["a"]


class NoLog:
    def read(self, start, end):
        return {}


@pytest.fixture
def stubbed(cloud):
    client = Client("cloudwatch", READING, Calls(0), Silence())
    reader = MetricReader(client, Known(), NoLog(), "Hitrate", lambda: NOW)
    with Stubber(client.made()) as stub:
        yield reader, stub


def result(id, points, status="Complete"):
    return {
        "Id": id, "Label": id, "StatusCode": status, "Timestamps": [datetime.fromtimestamp(t, UTC) for t in points],
        "Values": [float(value) for value in points.values()],
    }  # fmt: skip


def asked(**more):
    return {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY, "ScanBy": "TimestampAscending"} | more


ALL = [f"q{number}" for number in range(len(METRICS))]


def test_partial_data_is_followed_and_sorted_whatever_order_it_comes_in(stubbed):
    reader, stub = stubbed
    first = [result(id, {HOUR + 120: 3, HOUR + 60: 2}, "PartialData") for id in ALL]
    stub.add_response("get_metric_data", {"MetricDataResults": first, "NextToken": "more"}, asked())
    stub.add_response("get_metric_data", {"MetricDataResults": [], "NextToken": "yet more"}, asked(NextToken="more"))
    rest = [result(id, {HOUR: 1}) for id in ALL]
    stub.add_response("get_metric_data", {"MetricDataResults": rest}, asked(NextToken="yet more"))
    reports = reader.minutes(HOUR, HOUR + 3600)
    assert [(report.time, report.values["requests"]) for report in reports] == [
        (HOUR, 1), (HOUR + 60, 2), (HOUR + 120, 3),
    ]  # fmt: skip
    stub.assert_no_pending_responses()


def test_what_stays_partial_is_no_answer(stubbed):
    reader, stub = stubbed
    results = [result(id, {HOUR: 1}, "PartialData" if id == "q3" else "Complete") for id in ALL]
    stub.add_response("get_metric_data", {"MetricDataResults": results})
    with pytest.raises(ChannelUnavailable, match=f"1 of {len(METRICS)} metrics"):
        reader.minutes(HOUR, HOUR + 3600)


@pytest.mark.parametrize("status", ["InternalError", "Forbidden"])
def test_a_metric_that_failed_is_no_answer(stubbed, status):
    reader, stub = stubbed
    stub.add_response("get_metric_data", {"MetricDataResults": [result("q0", {}, status)]})
    with pytest.raises(ChannelUnavailable, match=status):
        reader.minutes(HOUR, HOUR + 3600)


@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "RequestLimitExceeded"])
def test_throttling_is_told_in_one_word(stubbed, code):
    reader, stub = stubbed
    stub.add_client_error("get_metric_data", code, "Rate exceeded", 400)
    with pytest.raises(ChannelUnavailable, match=r"^throttled$") as told:
        reader.minutes(HOUR, HOUR + 3600)
    assert told.value.throttled


@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken", "InvalidClientTokenId", "InternalServiceFault"])
def test_what_may_pass_is_no_answer_and_names_itself(stubbed, code):
    reader, stub = stubbed
    stub.add_client_error("get_metric_data", code, "words", 403)
    with pytest.raises(ChannelUnavailable, match=f"it answered {code}: words"):
        reader.minutes(HOUR, HOUR + 3600)


# --- one read for all browsers ---------------------------------------------------------------------------------------


class Clock:
    def __init__(self):
        self.now = HOUR + 3605.0

    def __call__(self):
        return self.now


def test_cloudwatch_is_read_once_a_minute_however_many_ask_and_only_while_somebody_does(cloud):
    clock = Clock()
    channel = CloudWatchChannel("cloudwatch://Hitrate", clock=clock)
    channel.announce(Announcement("a", clock.now, 0, "lru", 100))
    channel.send([minute("a", HOUR + 60 * number, hits=number) for number in range(60)])
    reader = Reader(channel, clock)
    hour = Range(HOUR, HOUR + 3600, 60)
    reader.statistics(hour)
    before = cloud.faults.asked.count("GetMetricData")
    for _ in range(58):
        clock.now += 1
        reader.statistics(hour)
        reader.fleet()
        reader.totals(hour)
    assert cloud.faults.asked.count("GetMetricData") == before
    clock.now += 60
    reader.statistics(hour)
    assert cloud.faults.asked.count("GetMetricData") == before + 1
    cloud.faults.asked.clear()
    clock.now += 3600
    assert cloud.faults.asked == []


def test_only_the_last_hour_is_read_again(cloud, monkeypatch):
    spans = []
    asked = cloudwatch_reader.pieces
    monkeypatch.setattr(
        cloudwatch_reader, "pieces", lambda start, end, now: spans.append(end - start) or asked(start, end, now)
    )
    clock = Clock()
    channel = CloudWatchChannel("cloudwatch://Hitrate", clock=clock)
    channel.send([minute("a", HOUR, hits=1)])
    reader = Reader(channel, clock)
    hour = Range(HOUR, HOUR + 3600, 60)
    reader.statistics(hour)
    spans.clear()
    clock.now += 61
    channel.send([minute("a", HOUR + 3600, hits=2)])
    assert int(reader.statistics(Range(HOUR, HOUR + 3660, 60))["requests"].sum()) == 3
    now_of_day = clock.now % DAY
    assert sum(spans) <= DAY - now_of_day + 3600 + 120


def test_who_applied_what_is_seen_sooner_than_the_next_minutes(cloud):
    clock = Clock()
    channel = CloudWatchChannel("cloudwatch://Hitrate", clock=clock)
    reader = Reader(channel, clock)
    assert reader.fleet().instances == ()
    channel.announce(Announcement("a", clock.now, 0, "lru", 100))
    cloud.faults.asked.clear()
    clock.now += 11
    assert [instance.name for instance in reader.fleet().instances] == ["a"]
    assert "GetMetricData" not in cloud.faults.asked


def test_a_year_is_read_in_few_calls_and_each_point_once(cloud):
    now = int(NOW)
    channel = channel_at()
    days = [now // DAY * DAY - number * DAY for number in (3, 20, 30, 70, 200, 400)]
    for day in days:
        store(cloud, "a", day + 7200, "Requests", 10)
    channel._instances._heard["a"] = Heard(now - 450 * DAY, now)
    reader = Reader(channel, lambda: NOW)
    frame = reader.statistics(Range(now // DAY * DAY - 440 * DAY, now // DAY * DAY, DAY))
    assert frame["requests"].tolist() == [10] * 6
    assert sum(cloud.faults.asked.count(each) for each in ("GetMetricData", "GetLogEvents")) < 200


def test_a_failure_is_tried_again_after_ten_seconds_not_after_a_minute(cloud):
    clock = Clock()
    channel = CloudWatchChannel("cloudwatch://Hitrate", clock=clock)
    reader = Reader(channel, clock)
    cloud.faults.inject("throttled")
    reader.fleet()
    assert reader.failure.message == "throttled"
    cloud.faults.clear()
    clock.now += 11
    reader.fleet()
    assert reader.failure is None


def test_a_failure_lasts_until_all_of_it_is_answered_again(cloud):
    clock = Clock()
    channel = CloudWatchChannel("cloudwatch://Hitrate", clock=clock)
    channel.send([minute("a", HOUR, hits=3)])
    reader = Reader(channel, clock)
    cloud.faults.inject("throttled", "GetMetricData")
    begun = clock.now
    for _ in range(5):
        reader.fleet()
        assert reader.failure.since == begun
        clock.now += 11
    cloud.faults.clear()
    assert reader.fleet().instances[0].last.values["hits"] == 3
    assert reader.failure is None


def test_a_script_of_one_line_agrees_with_the_reader(cloud, channel):
    sent = [minute(name, HOUR + 60 * n, hits=n, misses=2 * n) for n in range(20) for name in ("a", "b", "c")]
    channel.send(sent)
    frame = Reader(channel, lambda: NOW).statistics(Range(HOUR, HOUR + 3600, 3600))
    [row] = frame.to_dict("records")
    by_script = {metric: sum(sum(read(cloud, metric, "Maximum", name, MINUTE, 3600).values()) for name in "abc")
                 for metric in ("Requests", "Hits", "Misses")}  # fmt: skip
    assert by_script == {"Requests": row["requests"], "Hits": row["hits"], "Misses": row["misses"]}
    [average] = read(cloud, "HitRate", "Average", period=3600, seconds=3600).values()
    assert average == pytest.approx(100 * row["hit_rate"])
