"""Minutes on their way to CloudWatch: what a plain script reads there, and what happens when the way is bad."""

import logging
from datetime import UTC, datetime

import pytest

from cache.memory import MemoryCache
from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_channel import CloudWatchChannel
from metrics.cloudwatch_client import Patience
from metrics.cloudwatch_datums import OF_AN_INSTANCE, OF_THE_FLEET, datums
from metrics.cloudwatch_limits import MOST_DATUMS, MOST_VALUES
from metrics.schema import LATENCY_VALUES_MS, METRICS, Minute
from metrics.station import Station

NOW = datetime.now(UTC).timestamp()
HOUR = int(NOW) // 3600 * 3600 - 7200
"""A full hour not long ago, with the next on the same day: days are read one by one."""
if HOUR % 86_400 == 23 * 3600:
    HOUR -= 3600
ONCE = Patience(2, attempts=1)


def minute(instance, time, hits=0, misses=0, latency=None, **values):
    zeros = {metric.name: 0 for metric in METRICS}
    counts = {"requests": hits + misses, "hits": hits, "misses": misses}
    return Minute(instance, time, zeros | counts | values, latency or ({5: hits + misses} if hits + misses else {}))


@pytest.fixture
def cloud(aws):
    aws.reset()
    return aws


@pytest.fixture
def channel(cloud):
    return CloudWatchChannel("cloudwatch://Hitrate", pause=lambda seconds: None)


def read(cloud, metric, stat, instance=None, period=60, seconds=3 * 3600):
    """What a script reads that knows nothing of the project: {seconds since HOUR: value}."""
    dimensions = [{"Name": "Instance", "Value": instance}] if instance else []
    named = {"Namespace": "Hitrate", "MetricName": metric, "Dimensions": dimensions}
    answer = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": named, "Period": period, "Stat": stat}}],
        StartTime=datetime.fromtimestamp(HOUR, UTC), EndTime=datetime.fromtimestamp(HOUR + seconds, UTC),
        ScanBy="TimestampAscending",
    )  # fmt: skip
    [result] = answer["MetricDataResults"]
    times = [int(time.timestamp()) - HOUR for time in result["Timestamps"]]
    return dict(zip(times, result["Values"], strict=True))


def put_calls(cloud):
    return cloud.faults.asked.count("PutMetricData")


def test_a_plain_script_reads_what_was_counted(cloud, channel):
    channel.send([minute("a", HOUR, hits=30, misses=12, items=7, size_bytes=900, capacity_bytes=1000)])
    for metric, value in {"Requests": 42, "Hits": 30, "Misses": 12, "Items": 7, "SizeBytes": 900}.items():
        assert read(cloud, metric, "Maximum", "a") == read(cloud, metric, "Sum", "a") == {0: value}
    assert read(cloud, "Requests", "Sum") == {0: 42}


def test_a_minute_is_one_call_and_packed(cloud, channel):
    channel.send([minute("a", HOUR, hits=30, misses=12)])
    assert put_calls(cloud) == 1
    assert cloud.faults.packed == ["PutMetricData"]


def test_the_average_of_the_hit_rate_is_right_over_any_period_and_instances(cloud, channel):
    hits = {"a": (10, 10), "b": (100, 50), "c": (1000, 0)}
    minutes = []
    for instance, (requests, hit) in hits.items():
        for number in range(5):  # spread over the hour, unevenly
            share, of_hits = (requests // 5, hit // 5)
            minutes.append(minute(instance, HOUR + 60 * number * 11, hits=of_hits, misses=share - of_hits))
    channel.send(minutes)
    assert read(cloud, "HitRate", "Average", period=3600) == {0: pytest.approx(100 * 60 / 1110)}
    assert read(cloud, "MissRate", "Average", period=3600) == {0: pytest.approx(100 * 1050 / 1110)}
    assert read(cloud, "HitRate", "Average", "b", period=3600) == {0: pytest.approx(50)}
    assert read(cloud, "HitRate", "SampleCount", period=3600) == {0: 1110}


def test_a_minute_without_requests_sends_no_rate_and_no_latency(cloud, channel):
    channel.send([minute("a", HOUR)])
    assert read(cloud, "Requests", "Maximum", "a") == {0: 0}
    for metric in ("HitRate", "MissRate", "Latency"):
        assert read(cloud, metric, "SampleCount", "a") == read(cloud, metric, "SampleCount") == {}


def test_every_metric_that_is_sent_is_named_and_fits():
    latency = dict.fromkeys(range(len(LATENCY_VALUES_MS)), 3)
    sent = datums(minute("a", HOUR, hits=5, misses=2, latency=latency))
    of_instance = [datum["MetricName"] for datum in sent if datum.get("Dimensions")]
    assert sorted(of_instance) == sorted(OF_AN_INSTANCE)
    assert sorted(datum["MetricName"] for datum in sent if not datum.get("Dimensions")) == sorted(OF_THE_FLEET)
    assert all(len(datum.get("Values", ())) <= MOST_VALUES for datum in sent)


def test_answers_lost_after_they_were_stored_change_no_total(cloud, channel):
    sent = [minute("a", HOUR + 60 * number, hits=100) for number in range(10)]
    cloud.faults.inject("lost", "PutMetricData", times=10)
    left = sent
    for _ in range(20):
        try:
            channel.send(left)
            break
        except ChannelUnavailable as error:
            left = [each for each in left if each not in error.delivered]
    assert put_calls(cloud) > 10
    assert sum(read(cloud, "Requests", "Maximum", "a").values()) == 1000
    assert sum(read(cloud, "Hits", "Maximum", "a").values()) == 1000
    assert sum(report.values["requests"] for report in channel.minutes(HOUR, HOUR + 3600)) == 1000


def test_many_minutes_go_in_as_few_calls_as_the_limits_allow(cloud, channel):
    latency = dict.fromkeys(range(len(LATENCY_VALUES_MS)), 1)
    sent = [minute("a", HOUR + 60 * number, hits=1) for number in range(100)]
    channel.send(sent)
    assert put_calls(cloud) == -(-100 // (MOST_DATUMS // len(datums(sent[0]))))
    cloud.reset()
    channel.send([minute("a", HOUR + 60 * number, hits=137, latency=latency) for number in range(100)])
    assert 2 <= put_calls(cloud) <= 10
    assert sum(read(cloud, "Requests", "Sum").values()) == 13_700


def test_a_datum_that_is_refused_is_found_and_the_rest_is_delivered(cloud, channel, monkeypatch, caplog):
    bad = {"MetricName": "\u2028", "Value": 1.0}
    monkeypatch.setattr(
        "metrics.cloudwatch_sender.datums",
        lambda each: datums(each) + ([bad | {"Timestamp": datetime.now(UTC)}] if each.time == HOUR + 420 else []),
    )
    with caplog.at_level(logging.ERROR):
        channel.send([minute("a", HOUR + 60 * number, hits=1) for number in range(40)])
    assert channel.dropped == 1
    assert "lost" in caplog.text
    assert sum(read(cloud, "Requests", "Sum").values()) == 40
    assert sum(read(cloud, "HitRate", "SampleCount").values()) == 40


@pytest.mark.parametrize("seconds", [-15 * 86_400, -400 * 86_400, 3 * 3600])
def test_a_minute_that_would_be_refused_for_its_time_is_counted_and_not_sent(cloud, channel, seconds, caplog):
    far = (int(NOW) + seconds) // 60 * 60
    channel.send([minute("a", far, hits=1), minute("a", HOUR, hits=1)])
    assert channel.dropped == 1
    assert f"the minute {far} of a" in caplog.text
    assert put_calls(cloud) == 1
    assert read(cloud, "Requests", "Sum") == {0: 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2.0**361, "many", None, True])
def test_a_value_that_is_no_number_is_counted_and_the_others_are_sent(cloud, channel, value):
    channel.send([minute("a", HOUR, hits=3, items=value)])
    assert channel.dropped == 1
    assert read(cloud, "Items", "Maximum", "a") == {}
    assert read(cloud, "Hits", "Maximum", "a") == {0: 3}


@pytest.mark.parametrize("latency", [{5: "many"}, {-1: 3}, {900: 3}, {5: -2}, {5: 1.5}])
def test_a_histogram_that_is_none_is_counted_and_the_counts_are_sent(cloud, channel, latency):
    channel.send([minute("a", HOUR, hits=3, latency=latency | {7: 3})])
    assert channel.dropped == 1
    assert read(cloud, "Hits", "Maximum", "a") == {0: 3}
    assert [report.latency for report in channel.minutes(HOUR, HOUR + 60)] == [{7: 3}]


@pytest.mark.parametrize("kind", ["throttled", "error", "unreachable"])
def test_what_may_pass_is_told_apart_and_drops_nothing(cloud, kind):
    channel = CloudWatchChannel("cloudwatch://Hitrate", sending=ONCE)
    cloud.faults.inject(kind)
    with pytest.raises(ChannelUnavailable) as told:
        channel.send([minute("a", HOUR, hits=1)])
    assert told.value.throttled == (kind == "throttled")
    assert told.value.delivered == ()
    assert channel.dropped == 0
    with pytest.raises(ChannelUnavailable):
        channel.minutes(0, 0)


def test_after_a_failure_in_the_middle_only_the_rest_is_sent_again(cloud):
    channel = CloudWatchChannel("cloudwatch://Hitrate", sending=ONCE)
    sent = [minute("a", HOUR + 60 * number, hits=1) for number in range(100)]
    cloud.faults.inject("never", "PutMetricData", times=1)  # the first passes
    cloud.faults.inject("error", "PutMetricData", times=1)
    with pytest.raises(ChannelUnavailable) as told:
        channel.send(sent)
    assert 0 < len(told.value.delivered) < 100
    channel.send([each for each in sent if each not in told.value.delivered])
    assert sum(read(cloud, "HitRate", "SampleCount").values()) == 100


class World:
    """One instance on a channel to CloudWatch, with a clock that the test moves."""

    def __init__(self, folder):
        self.now = float(HOUR)
        self.folder = folder
        self.start()

    def start(self):
        self.channel = CloudWatchChannel("cloudwatch://Hitrate", clock=lambda: self.now, sending=ONCE)
        self.station = Station("me", MemoryCache("lru", 1 << 20), self.channel, self.folder, clock=lambda: self.now)
        self.station.open()

    def live(self, minutes, requests=1):
        for _ in range(minutes):
            for number in range(requests):
                self.station.recorder.served(number % 2 == 0, 100, 3)
            self.tick(60)

    def tick(self, seconds):
        self.now += seconds
        self.station.roll(self.now)
        self.station.send(self.now)


def test_an_hour_without_cloudwatch_costs_no_minute_and_counts_none_twice(cloud, tmp_path):
    world = World(tmp_path)
    world.live(3, requests=4)
    cloud.faults.inject("unreachable")
    world.live(60, requests=4)
    assert world.station.carrier.problem == "no connection"
    cloud.faults.clear()
    world.live(3, requests=4)
    world.tick(60)
    assert world.station.carrier.problem == ""
    expected = {60 * number: 4 for number in range(66)} | {66 * 60: 0}
    assert read(cloud, "Requests", "Maximum", "me") == expected
    assert read(cloud, "Requests", "Sum") == expected
    assert sum(read(cloud, "HitRate", "SampleCount").values()) == 66 * 4
    assert world.station.carrier.problem == ""
    assert world.channel.dropped == 0


def test_a_minute_that_is_flushed_and_continued_counts_once_everywhere(cloud, tmp_path):
    world = World(tmp_path)
    world.station.recorder.served(True, 100, 3)
    world.tick(10)
    world.station.close()
    assert read(cloud, "Requests", "Maximum", "me") == {0: 1}
    assert read(cloud, "Requests", "Sum") == read(cloud, "HitRate", "SampleCount") == {}
    world.start()
    world.station.recorder.served(False, 100, 3)
    world.tick(60)
    assert read(cloud, "Requests", "Maximum", "me") == read(cloud, "Requests", "Sum") == {0: 2}
    assert read(cloud, "HitRate", "SampleCount") == read(cloud, "HitRate", "SampleCount", "me") == {0: 2}
    assert read(cloud, "HitRate", "Average") == {0: 50}
