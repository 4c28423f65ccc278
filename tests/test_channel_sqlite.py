"""The SQLite channel alone: its retention, and its file."""

from datetime import UTC, datetime

import pytest

from cache.config import DEFAULT, edited
from metrics.channel import ChannelUnavailable
from metrics.channels import open_channel
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import HOURS_KEPT_SECONDS, MINUTES_KEPT_SECONDS, SqliteChannel

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)
NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())


def minute(instance, time, **values):
    return Minute(instance, time, {metric.name: 0 for metric in METRICS} | values, {3: values.get("requests", 0)})


def test_hours_outlive_the_minutes_and_nothing_is_counted_twice(tmp_path):
    now = [NOON]
    channel = SqliteChannel(str(tmp_path / "channel.db"), clock=lambda: now[0])
    channel.send([minute("a", NOON + 60 * number, requests=1, items=number) for number in range(90)])
    now[0] = NOON + 3600 + MINUTES_KEPT_SECONDS
    channel.send([minute("a", now[0], requests=7)])
    reports = channel.minutes(NOON, now[0] + 60)
    assert [(report.time, report.period_seconds) for report in reports[:2]] == [(NOON, 3600), (NOON + 3600, 60)]
    assert reports[0].values["items"] == 59
    assert sum(report.values["requests"] for report in reports) == 97
    now[0] = NOON + 7200 + HOURS_KEPT_SECONDS
    channel.send([minute("a", now[0], requests=7)])
    assert [report.time for report in channel.minutes(0, now[0] + 60)][-1] == now[0]
    assert min(report.time for report in channel.minutes(0, now[0] + 60)) > NOON


def test_two_processes_can_share_the_file(tmp_path):
    one, other = (open_channel(f"sqlite:///{tmp_path}/channel.db") for _ in range(2))
    first = edited(DEFAULT, {"policy": "random"}, now=NOW)
    one.publish(first)
    assert other.newest() == first


def test_a_file_that_is_no_database_is_unavailable_and_comes_back_when_it_is_gone(tmp_path):
    path = tmp_path / "channel.db"
    path.write_bytes(b"no database" * 1000)
    channel = SqliteChannel(str(path))
    with pytest.raises(ChannelUnavailable, match=r"channel\.db"):
        channel.newest()
    path.unlink()
    assert channel.newest() == DEFAULT
