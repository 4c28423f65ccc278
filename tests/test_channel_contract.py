"""One suite for every channel."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cache.config import DEFAULT, MIB, edited
from metrics.channel import Announcement, ConfigurationRefused, VersionConflict
from metrics.channels import open_channel
from metrics.cloudwatch_channel import CloudWatchChannel
from metrics.curves import HOUR, add_curves, of_document
from metrics.decisions import Decision
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import SqliteChannel
from tests.whatif_days import small

NOW = datetime.now(UTC)
NOON = int(NOW.timestamp()) // 3600 * 3600 - 7200
"""A full hour not long ago, since CloudWatch takes nothing that is old."""


def minute(instance, time, **values):
    return Minute(instance, time, {metric.name: 0 for metric in METRICS} | values, {3: values.get("requests", 0)})


@pytest.fixture(params=["sqlite", "cloudwatch"])
def channel(request, tmp_path):
    if request.param == "sqlite":
        return SqliteChannel(str(tmp_path / "new folder" / "channel.db"))
    request.getfixturevalue("aws").reset()
    return CloudWatchChannel("cloudwatch://Hitrate", pause=lambda seconds: None)


@pytest.fixture
def again(channel, tmp_path):
    """The same channel, opened anew as after a restart."""
    if isinstance(channel, SqliteChannel):
        return lambda: SqliteChannel(str(tmp_path / "new folder" / "channel.db"))
    return lambda: CloudWatchChannel("cloudwatch://Hitrate", pause=lambda seconds: None)


def test_minutes_come_back_as_they_were_sent_by_time_and_instance(channel):
    sent = [minute("b", NOON, requests=5, hits=4), minute("a", NOON, requests=2), minute("a", NOON - 60, requests=1)]
    channel.send(sent)
    assert channel.minutes(NOON - 60, NOON + 60) == [sent[2], sent[1], sent[0]]


def test_a_range_has_its_start_and_not_its_end(channel):
    channel.send([minute("a", NOON + 60 * number) for number in range(3)])
    assert [m.time for m in channel.minutes(NOON + 60, NOON + 120)] == [NOON + 60]


def test_a_minute_sent_again_changes_nothing(channel):
    for _ in range(10):
        channel.send([minute("a", NOON, requests=5)])
    assert channel.minutes(0, NOON + 3600) == [minute("a", NOON, requests=5)]


def test_a_minute_that_went_on_after_a_restart_replaces_its_beginning(channel):
    channel.send([minute("a", NOON, requests=5)])
    channel.send([minute("a", NOON, requests=9)])
    assert [m.values["requests"] for m in channel.minutes(NOON, NOON + 60)] == [9]


def test_there_is_a_default_before_the_first_edit(channel):
    assert channel.newest() == DEFAULT
    assert channel.history() == [DEFAULT]


def test_documents_are_appended_and_come_back_newest_first(channel):
    first = edited(DEFAULT, {"policy": "random", "author": "Zoë", "reason": "=1+1"}, now=NOW)
    second = edited(first, {"capacity_bytes": 200 * MIB}, now=NOW)
    channel.publish(first)
    channel.publish(second)
    assert channel.newest() == second
    assert channel.history() == [second, first, DEFAULT]
    assert channel.history(after=1) == [second]


def test_of_two_documents_with_one_version_the_second_is_told_which_won(channel):
    first = edited(DEFAULT, {"policy": "random"}, now=NOW)
    channel.publish(first)
    with pytest.raises(VersionConflict) as conflict:
        channel.publish(edited(DEFAULT, {"capacity_bytes": MIB}, now=NOW))
    assert conflict.value.newest == first
    assert channel.history() == [first, DEFAULT]


def test_a_document_whose_parent_is_unknown_is_refused(channel):
    with pytest.raises(VersionConflict):
        channel.publish(edited(DEFAULT, {}, now=NOW).model_copy(update={"version": 8, "parent": 7}))
    assert channel.newest() == DEFAULT


def test_a_newest_document_that_cannot_be_taken_up_is_named_and_left_out_of_the_history(channel):
    channel.publish(edited(DEFAULT, {}, now=NOW).model_copy(update={"policy": "introduced-later"}))
    with pytest.raises(ConfigurationRefused, match="introduced-later") as refused:
        channel.newest()
    assert refused.value.version == 1
    assert channel.history() == [DEFAULT]


def test_the_last_word_of_each_instance_is_kept(channel):
    first = Announcement("b", 1.5, 3, "lru", MIB)
    later = replace(first, version=4, refused_version=5, problem="unknown policy")
    other = Announcement("a", 2.0, 4, "random", MIB, capped=True)
    for announcement in (first, other, later):
        channel.announce(announcement)
    assert channel.announcements() == [other, later]


def test_what_is_appended_again_changes_nothing(channel):
    first = edited(DEFAULT, {"policy": "random"}, now=NOW)
    channel.publish(first)
    channel.keep()
    assert channel.newest() == first
    assert channel.history() == [first, DEFAULT]


def test_an_open_minute_is_replaced_by_its_continuation(channel):
    channel.send([replace(minute("a", NOON, requests=5, hits=5), open=True)])
    channel.send([minute("a", NOON, requests=9, hits=6)])
    assert channel.minutes(NOON, NOON + 60) == [minute("a", NOON, requests=9, hits=6)]


def test_every_instance_name_comes_back_as_it_was(channel):
    names = ["host", "zoë", "100%", ":colon", "a b", "日本"]
    channel.send([minute(name, NOON, requests=1) for name in names])
    assert {report.instance for report in channel.minutes(NOON, NOON + 60)} == set(names)


def test_an_empty_range_has_no_minutes(channel):
    channel.send([minute("a", NOON)])
    assert channel.minutes(NOON, NOON) == []


def test_curves_come_back_as_they_were_sent_by_time_and_instance(channel):
    sent = [small("b", NOON), small("a", NOON), small("a", NOON - 60)]
    for document in sent:
        channel.send_curve(document)
    assert channel.curves(NOON - 60, NOON + 60) == [of_document(sent[n]) for n in (2, 1, 0)]
    assert channel.curves(NOON, NOON) == []
    assert channel.curves(NOON - 60, NOON) == [of_document(sent[2])]


def test_of_two_curves_of_one_minute_the_fuller_holds(channel):
    channel.send_curve(small("a", NOON))
    channel.send_curve(small("a", NOON, requests=20, hits=9))
    channel.send_curve(small("a", NOON))
    assert [curve.live.requests for curve in channel.curves(NOON, NOON + 60)] == [20]


def test_whole_hours_of_curves_are_read_as_one_and_are_the_sum_of_their_minutes(channel):
    hour = NOON - HOUR
    for number in range(-10, 75):
        for instance in ("a", "b"):
            channel.send_curve(small(instance, hour + 60 * number, hits=abs(number) % 7))
    minutes = channel.curves(hour - 600, hour + 75 * 60)
    by_hours = channel.curves(hour - 600, hour + 75 * 60, by_hours=True)
    assert len(minutes) == 170
    assert [(c.start, c.instance, c.seconds) for c in by_hours if c.period_seconds == HOUR] == [
        (hour, "a", HOUR), (hour, "b", HOUR),
    ]  # fmt: skip
    assert len(by_hours) == 2 + 2 * (10 + 15)
    assert add_curves(by_hours) == add_curves(minutes)


def test_an_hour_that_nobody_rolled_yet_is_read_by_its_minutes(channel):
    hour = NOON - HOUR
    for number in range(60):
        channel.send_curve(small("a", hour + 60 * number))
    [whole] = [add_curves(channel.curves(hour, NOON, by_hours=True))]
    assert whole.live.requests == 600


def test_the_last_hour_of_an_instance_that_fell_silent_is_read_whole(channel):
    hour = NOON - 4 * HOUR
    for number in range(0, 4 * 60, 5):
        channel.send_curve(small("goes on", hour + 60 * number))
        if number < 100 or number >= 200:
            channel.send_curve(small("stopped for a while", hour + 60 * number))
        if number < 100:
            channel.send_curve(small("gone", hour + 60 * number))
    told = channel.curves(hour, NOON, by_hours=True)
    by_minutes = channel.curves(hour, NOON)
    for name in ("goes on", "stopped for a while", "gone"):
        [asked, in_all] = [sum(c.live.requests for c in some if c.instance == name) for some in (told, by_minutes)]
        assert asked == in_all > 0
    assert any(curve.period_seconds == HOUR for curve in told)


def test_an_hour_is_rolled_by_whoever_goes_on_after_a_restart(channel, again):
    hour = NOON - HOUR
    for number in range(40):
        channel.send_curve(small("a", hour + 60 * number))
    channel = again()
    for number in range(40, 62):
        channel.send_curve(small("a", hour + 60 * number))
    hours = [c for c in channel.curves(hour, NOON, by_hours=True) if c.period_seconds == HOUR]
    assert [(c.seconds, c.live.requests) for c in hours] == [(HOUR, 600)]


def decision(id, at, **more):
    return Decision(
        id, at, 3, "target", "hold", "cooldown", 100 * MIB, 100 * MIB, "Held at 100 MB: Zoë waits.",
        inputs={"requests": 5, "rules": {"min_bytes": MIB}}, rejected=({"capacity_bytes": MIB, "because": "small"},),
        **more,
    )  # fmt: skip


def test_decisions_come_back_as_they_were_sent_by_time(channel):
    sent = [decision("b", NOON + 60.25), decision("a", NOON, applied_version=4), decision("c", NOON + 120)]
    for each in sent:
        channel.send_decision(each)
    assert channel.decisions(NOON, NOON + 120) == [sent[1], sent[0]]
    assert channel.decisions(NOON + 120, NOON + 180) == [sent[2]]
    assert channel.decisions(NOON, NOON) == []


def test_a_decision_sent_again_changes_nothing(channel, again):
    for _ in range(3):
        channel.send_decision(decision("a", NOON))
    assert again().decisions(NOON, NOON + 60) == [decision("a", NOON)]


def test_before_the_first_decision_there_is_none(channel):
    assert channel.decisions(0, NOON) == []


def test_a_scheme_that_no_channel_has_is_refused_in_words():
    with pytest.raises(ValueError, match="known are sqlite, cloudwatch"):
        open_channel("carrier-pigeon://coop")
