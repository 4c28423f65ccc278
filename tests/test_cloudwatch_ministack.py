"""The channel on a second emulator, written by others: what one of them gets wrong, the other would tell."""

from datetime import UTC, datetime

import pytest

from cache.config import DEFAULT, edited
from metrics.channel import Announcement, VersionConflict
from metrics.cloudwatch_channel import CloudWatchChannel
from metrics.schema import LATENCY_VALUES_MS
from tests import ministack
from tests.test_cloudwatch_sending import HOUR, NOW, minute

SENT = [minute(name, HOUR + 60 * n, hits=7, misses=3, latency={3: 7, 40: 3}) for n in range(5) for name in ("a", "zoë")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ministack.running(tmp_path_factory.mktemp("ministack")) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        patch.setenv("AWS_REGION", ministack.REGION)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        yield server


@pytest.fixture(scope="module")
def channel(server):
    channel = CloudWatchChannel("cloudwatch://Second", pause=lambda seconds: None)
    for name in ("a", "zoë"):
        channel.announce(Announcement(name, NOW, 0, "lru", 100))
    for _ in range(2):
        channel.send(SENT)
    return channel


def statistic(server, metric, name):
    """Of the fleet, over the hour."""
    named = {"Namespace": "Second", "MetricName": metric}
    answer = server.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": named, "Period": 3600, "Stat": name}}],
        StartTime=datetime.fromtimestamp(HOUR, UTC), EndTime=datetime.fromtimestamp(HOUR + 3600, UTC),
        ScanBy="TimestampAscending",
    )  # fmt: skip
    return answer["MetricDataResults"][0]["Values"]


def test_minutes_come_back_as_they_were_sent_though_they_were_sent_twice(channel):
    assert channel.minutes(HOUR, HOUR + 3600) == SENT


def test_rates_and_percentiles_of_the_fleet_work_there(server, channel):
    assert statistic(server, "HitRate", "Average") == [pytest.approx(70)]
    assert statistic(server, "Latency", "p50") == [LATENCY_VALUES_MS[3]]
    assert statistic(server, "Latency", "p95") == [LATENCY_VALUES_MS[40]]


def test_documents_are_appended_and_the_loser_is_told(channel):
    first, second = (edited(DEFAULT, {"policy": "random"}, now=datetime.now(UTC)) for _ in range(2))
    channel.publish(first)
    with pytest.raises(VersionConflict):
        channel.publish(second)
    assert CloudWatchChannel("cloudwatch://Second").history() == [first, DEFAULT]


def test_words_are_heard(channel):
    assert [word.instance for word in channel.announcements()] == ["a", "zoë"]
