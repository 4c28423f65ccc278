"""A day of minutes of three instances through both channels: what the manager reads of them is the same."""

import random
from collections import Counter

import pandas as pd
import pytest

from dashboard.data import LATE_SECONDS
from dashboard.ranges import Range
from dashboard.reader import Reader
from metrics.channel import Announcement
from metrics.cloudwatch_channel import CloudWatchChannel
from metrics.schema import LATENCY_VALUES_MS, METRICS, MINUTE, Minute
from metrics.sqlite_channel import SqliteChannel
from tests.test_cloudwatch_sending import NOW

DAY = 86_400
END = int(NOW) // 3600 * 3600 - 3600
START = END - DAY
INSTANCES = ("ip-10-0-1-4", "ip-10-0-1-5", "zoë's laptop")
SILENT = range(START + 7 * 3600, START + 7 * 3600 + 900)
ROUNDS = 3
"""The day goes out in so many sendings, the last minutes of each once more in the next, as after lost answers."""


def minutes():
    """Busy and quiet, with minutes without requests, a gap for all and another for one."""
    draw = random.Random(11)
    for time in range(START, END, MINUTE):
        for number, instance in enumerate(INSTANCES):
            if time not in SILENT and not (number == 1 and draw.random() < 0.05):
                yield _minute(draw, instance, time, number)


def _minute(draw, instance, time, number):
    requests = draw.choice([0, 1, 5, 40, 300 * number])
    hits = draw.randint(0, requests)
    values = {metric.name: draw.randint(0, 9) for metric in METRICS}
    values |= {"requests": requests, "hits": hits, "misses": requests - hits}
    values |= {"size_bytes": draw.randint(0, 2**40), "bytes_served": draw.randint(0, 2**45), "config_version": 3}
    buckets = [min(len(LATENCY_VALUES_MS) - 1, int(draw.expovariate(1 / 20))) for _ in range(requests)]
    return Minute(instance, time, values, dict(Counter(buckets)))


@pytest.fixture(scope="module")
def readers(aws, tmp_path_factory):
    """The same day behind a reader of each channel."""
    cloud = CloudWatchChannel("cloudwatch://Hitrate")
    sqlite = SqliteChannel(str(tmp_path_factory.mktemp("same") / "channel.db"))
    sent = list(minutes())
    share = -(-len(sent) // ROUNDS)
    # Nobody looks for minutes of an instance that are older than its first word by more than a day.
    then = CloudWatchChannel("cloudwatch://Hitrate", clock=lambda: float(START))
    for channel in (then, sqlite):
        for instance in INSTANCES:
            channel.announce(Announcement(instance, END, 3, "lru", 1 << 30))
    for channel in (cloud, sqlite):
        for first in range(0, len(sent), share):
            channel.send(sent[max(0, first - 50) : first + share])
    return tuple(Reader(channel, lambda: END + 5.0) for channel in (cloud, sqlite))


RANGES = {
    "the day by minute": Range(START, END, 60),
    "the day by five minutes": Range(START, END, 300),
    "the day by hour": Range(START, END, 3600),
    "the day as one": Range(START, END, DAY),
    "an hour with the gap": Range(SILENT.start - 1800, SILENT.start + 1800, 60),
    "the last minutes": Range(END - 2 * LATE_SECONDS, END + 60, 60),
}


@pytest.mark.parametrize("instance", ["all", "each", INSTANCES[1], INSTANCES[2], "nobody"])
@pytest.mark.parametrize("name", RANGES)
def test_both_channels_tell_the_same(readers, name, instance):
    cloud, sqlite = (reader.statistics(RANGES[name], instance) for reader in readers)
    assert not any(reader.failure for reader in readers)
    assert len(cloud) > 0 or instance == "nobody"
    pd.testing.assert_frame_equal(cloud, sqlite, check_exact=True)


@pytest.mark.parametrize("instance", ["all", INSTANCES[0]])
def test_both_channels_add_up_to_the_same(readers, instance):
    cloud, sqlite = (reader.totals(RANGES["the day by minute"], instance) for reader in readers)
    assert cloud == sqlite
    assert cloud.requests > 10_000


def test_both_channels_know_the_same_instances(readers):
    cloud, sqlite = (reader.fleet() for reader in readers)
    assert cloud.instances == sqlite.instances
    assert len(cloud.alive) == 3
