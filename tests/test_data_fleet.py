"""Who lives, who has applied the newest configuration, and who has not."""

import pytest

from cache.config import DEFAULT, edited
from dashboard.fleet import ALIVE_SECONDS, fleet, made_at, seconds_since
from dashboard.ranges import utc
from metrics.channel import Announcement
from metrics.schema import Minute

NOW = 1_795_435_500
NEWEST = edited(DEFAULT, {"capacity_bytes": 1 << 30}, now=utc(NOW - 600))


def said(instance="a", at=NOW - 30, version=1, **more) -> Announcement:
    return Announcement(instance, at, version, "lru", 1 << 30, **more)


def last(instance="a", time=NOW - 60, version=1) -> Minute:
    return Minute(instance, time, {"config_version": version, "capacity_bytes": 1 << 30})


def of(*announcements, minutes=(), now=NOW):
    return fleet(NEWEST, announcements, {minute.instance: minute for minute in minutes}, now)


def names(instances):
    return [instance.name for instance in instances]


@pytest.mark.parametrize(("quiet", "alive"), [(0, True), (ALIVE_SECONDS, True), (ALIVE_SECONDS + 1, False)])
def test_an_instance_lives_while_it_was_heard_within_three_minutes(quiet, alive):
    assert bool(of(minutes=[last(time=NOW - 60 - quiet)]).alive) is alive
    assert bool(of(said(at=NOW - quiet)).alive) is alive


def test_one_that_said_goodbye_is_stopped_and_not_silent():
    stopped = of(said(at=NOW - 20, stopped=True), minutes=[last(time=NOW - 60)])
    assert (names(stopped.alive), names(stopped.silent), stopped.stopped) == ([], [], {"a"})


def test_one_that_went_without_a_word_is_silent():
    assert names(of(said(at=NOW - 900), minutes=[last(time=NOW - 600)]).silent) == ["a"]


def test_minutes_after_a_goodbye_bring_it_back_to_life():
    assert names(of(said(at=NOW - 300, stopped=True), minutes=[last(time=NOW - 60)]).alive) == ["a"]


def test_applied_counts_the_living_on_the_newest_version():
    seen = of(
        said("a"), said("b", version=0), said("c", at=NOW - 999), said("d", stopped=True),
        minutes=[last("a"), last("b", version=0)],
    )  # fmt: skip
    assert (names(seen.applied), names(seen.alive)) == (["a"], ["a", "b"])


def test_an_announcement_counts_at_once_and_does_not_wait_for_the_minute():
    assert names(of(said(at=NOW - 1), minutes=[last(time=NOW - 60, version=0)]).applied) == ["a"]


def test_a_minute_newer_than_the_announcement_counts_more():
    assert names(of(said(at=NOW - 400, version=0), minutes=[last(time=NOW - 60, version=1)]).applied) == ["a"]


@pytest.mark.parametrize(("said_version", "applied_at"), [(1, NOW - 500), (0, None)])
def test_when_a_version_was_taken_up_is_known_of_the_one_that_was_announced(said_version, applied_at):
    seen = of(said(at=NOW - 400, version=said_version, applied_at=NOW - 500), minutes=[last(time=NOW - 60, version=1)])
    assert seen.instances[0].applied_at == applied_at


def test_the_capped_and_the_refusing_are_told_apart():
    seen = of(said("a", capped=True), said("b", version=0, refused_version=1, problem="no memory"))
    assert (names(seen.capped), names(seen.refusing)) == (["a"], ["b"])


def test_whoever_was_not_heard_for_a_day_is_forgotten():
    assert of(said(at=NOW - 86_401)).instances == ()


def test_the_last_complete_minute_and_who_reported_it():
    seen = of(minutes=[last("a", NOW - 60), last("b", NOW - 120)], now=NOW + 40)
    assert (seen.last_complete, names(seen.reporting), seconds_since(seen)) == (NOW - 60, ["a"], 40)
    assert seconds_since(of()) is None


def test_when_a_document_was_made_is_a_time():
    assert made_at(NEWEST) == NOW - 600
    assert made_at(DEFAULT) == 0
