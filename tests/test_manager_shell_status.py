"""The status line: what it says in each state."""

import pytest

from cache.config import DEFAULT
from dashboard.fleet import fleet
from dashboard.reader import Failure
from dashboard.status import status
from metrics.channel import Announcement
from metrics.schema import METRICS, Minute

NOW = 1_795_521_880.0  # 2026-11-24 12:04:40 UTC
LAST = 1_795_521_780  # 12:03


def said(name: str, at: float = NOW - 100, stopped: bool = False) -> Announcement:
    return Announcement(name, at, 0, "lru", DEFAULT.capacity_bytes, stopped=stopped)


def minute(name: str, time: int = LAST) -> Minute:
    return Minute(name, time, {metric.name: 0 for metric in METRICS})


def of(*heard: tuple[str, int], now: float = NOW, failure: Failure | None = None, stopped: tuple[str, ...] = ()):
    words = [said(name, LAST + 120 if name in stopped else LAST, name in stopped) for name, _ in heard]
    minutes = {name: minute(name, time) for name, time in heard}
    return status(fleet(DEFAULT, words, minutes, now), failure, "CloudWatch")


def test_live_says_who_reported_and_what_is_applied():
    now = of(("a", LAST), ("b", LAST))
    assert (now.kind, now.head, now.since) == ("live", "Live.", LAST + 60)
    assert now.details == ("2 of 2 instances reported.", "Configuration v0 applied by 2 of 2.")


def test_nothing_was_ever_heard():
    assert of().kind == "nothing"


def test_late_after_150_seconds():
    assert of(("a", LAST), now=LAST + 60 + 149).kind == "live"
    late = of(("a", LAST), now=LAST + 60 + 181)
    assert (late.kind, late.head) == ("late", "Late: last complete minute 3 min ago.")


def test_silent_after_five_minutes():
    silent = of(("a", LAST), now=LAST + 60 + 301)
    assert silent.kind == "silent"
    assert silent.head == "Silent since 12:04: no instance reports. Charts show the last good data."


def test_partial_names_the_silent_instance():
    partial = of(("a", LAST), ("b", LAST), ("c", LAST), ("ip-10-0-1-7", LAST - 180))
    assert partial.kind == "partial"
    assert partial.head == "3 of 4 instances report. ip-10-0-1-7 is silent since 12:01."


def test_an_instance_that_said_goodbye_is_not_missed():
    assert of(("a", LAST), ("b", LAST - 180), stopped=("b",)).kind == "live"


def test_a_failed_source_says_since_when_and_what_is_shown():
    failed = of(("a", LAST), failure=Failure("throttled", NOW - 40, NOW + 10))
    assert failed.kind == "failed"
    assert failed.head == "CloudWatch is not answering since 12:04 (throttled). Showing data from 12:04."
    assert failed.details == ("Trying again in 10 s.",)


@pytest.mark.parametrize("silent", [1, 2, 5])
def test_many_silent_instances_are_counted_not_listed(silent):
    names = [f"i{number}" for number in range(silent)]
    partial = of(("a", LAST), *((name, LAST - 600) for name in names))
    assert partial.head.count("silent since") == (silent if silent <= 2 else 0)
