"""One read for all: what is asked of the channel, what is remembered, and what happens when it fails."""

import threading

import pytest

from cache.config import DEFAULT, edited
from dashboard import reader as reader_module
from dashboard.ranges import DAY, Range, utc
from dashboard.reader import Reader
from metrics.channel import Announcement, ChannelUnavailable, ConfigurationRefused
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import SqliteChannel

NOW = 1_795_435_500  # 2026-11-23T12:05:00Z


class Watched:
    """The real channel, with what was asked of it, and a switch to take it away."""

    def __init__(self, channel):
        self._channel = channel
        self.asked = []
        self.away = False

    def __getattr__(self, name):
        method = getattr(self._channel, name)
        if not callable(method):
            return method

        def ask(*args):
            self.asked.append((name, *args))
            if self.away:
                raise ChannelUnavailable("gone fishing")
            return method(*args)

        return ask

    def seconds_read(self):
        spans = [end - start for name, *rest in self.asked if name == "minutes" for start, end in [rest]]
        self.asked.clear()
        return sum(spans)


class Clock:
    def __init__(self):
        self.now = NOW + 5.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sqlite(tmp_path, clock):
    return SqliteChannel(str(tmp_path / "channel.db"), clock)


@pytest.fixture
def channel(sqlite):
    return Watched(sqlite)


@pytest.fixture
def reader(channel, clock):
    return Reader(channel, clock)


def minute(time: int, instance: str = "a", requests: int = 1, version: int = 0) -> Minute:
    zeros = dict.fromkeys((metric.name for metric in METRICS), 0)
    return Minute(instance, time, zeros | {"requests": requests, "hits": requests, "config_version": version})


def last_hour(clock) -> Range:
    return Range.covering(clock() - 3600, clock(), 60)


def requests(reader, range: Range) -> int:
    return int(reader.statistics(range)["requests"].sum())


def test_a_new_minute_is_seen_and_only_the_late_window_is_read_for_it(reader, channel, clock):
    channel.send([minute(NOW - 120)])
    assert requests(reader, last_hour(clock)) == 1
    channel.send([minute(NOW - 60)])
    clock.now += 5
    channel.asked.clear()
    assert requests(reader, last_hour(clock)) == 2
    assert channel.seconds_read() <= DAY - (NOW % DAY) + 3700


def test_many_askers_within_a_second_cost_one_read(reader, channel, clock):
    for _ in range(5):
        reader.statistics(last_hour(clock))
        reader.totals(last_hour(clock))
        reader.fleet()
        reader.history()
    assert sum(name == "newest" for name, *_ in channel.asked) == 1
    assert sum(name == "announcements" for name, *_ in channel.asked) == 1
    assert sum(name == "minutes" for name, *_ in channel.asked) == 2  # today, and yesterday for the fleet


def test_a_minute_sent_late_is_seen_within_the_window_and_after_a_whole_read_beyond_it(reader, channel, clock):
    day = Range(NOW // DAY * DAY, NOW, 60)
    assert requests(reader, day) == 0
    channel.send([minute(NOW - 1800), minute(NOW - 5 * 3600)])
    clock.now += 2
    assert requests(reader, day) == 1
    clock.now += channel.traits.whole_read_seconds
    assert requests(reader, day) == 2


def test_a_late_minute_of_an_earlier_day_is_seen_after_a_while(reader, channel, clock):
    long_ago = Range(NOW - 5 * DAY, NOW, 900)
    assert requests(reader, long_ago) == 0
    channel.send([minute(NOW - 3 * DAY)])
    clock.now += channel.traits.past_read_seconds + 2
    assert requests(reader, long_ago) == 1


def test_what_came_while_nobody_looked_is_seen(reader, channel, clock):
    requests(reader, last_hour(clock))
    clock.now += 5 * 3600
    channel.send([minute(NOW + at) for at in range(0, 5 * 3600, 60)])
    assert requests(reader, Range(NOW, NOW + 5 * 3600, 60)) == 300


def test_around_midnight_both_days_are_kept_fresh(channel, clock):
    clock.now = NOW // DAY * DAY + DAY + 30.0
    reader, midnight = Reader(channel, clock), NOW // DAY * DAY + DAY
    channel.send([minute(midnight - 120)])
    assert requests(reader, last_hour(clock)) == 1
    clock.now += 60
    channel.send([minute(midnight - 60), minute(midnight)])
    assert requests(reader, last_hour(clock)) == 3


def test_the_running_minute_is_never_shown(reader, channel, clock):
    channel.send([minute(NOW - 60), minute(NOW)])
    assert requests(reader, Range(NOW - 600, NOW + 600, 60)) == 1
    assert requests(reader, Range(NOW - 3600, NOW + 3600, 3600)) == 1


def test_when_the_channel_fails_the_last_good_data_stays_and_the_reason_is_kept(reader, channel, clock):
    channel.send([minute(NOW - 60)])
    assert requests(reader, last_hour(clock)) == 1
    channel.away = True
    clock.now += 2
    assert requests(reader, last_hour(clock)) == 1
    failure = reader.failure
    assert (failure.message, failure.since) == ("gone fishing", clock.now)
    clock.now += 60
    assert requests(reader, last_hour(clock)) == 1
    assert reader.failure.since == failure.since
    channel.away = False
    clock.now += reader_module.RETRY_SECONDS + 1
    reader.fleet()
    assert reader.failure is None


def test_a_failed_channel_is_left_alone_for_a_while_unless_somebody_asks(reader, channel, clock):
    channel.away = True
    reader.fleet()
    asked = len(channel.asked)
    clock.now += reader_module.RETRY_SECONDS / 2
    reader.fleet()
    assert len(channel.asked) == asked
    channel.away = False
    reader.retry()
    assert reader.failure is None


def test_a_reader_that_never_reached_the_channel_shows_the_default_and_nothing_else(reader, channel):
    channel.away = True
    assert reader.newest() == DEFAULT
    assert reader.fleet().instances == ()
    assert reader.totals(Range(NOW - 600, NOW, 60)) is None


def test_the_days_asked_for_the_longest_ago_are_forgotten_first(reader, channel, clock, monkeypatch):
    monkeypatch.setattr(reader_module, "MAX_ROWS", 25)
    channel.send([minute(NOW - day * DAY - at * 60) for day in range(5) for at in range(1, 11)])
    assert requests(reader, Range(NOW - 5 * DAY, NOW, 3600)) == 50
    assert sum(len(day.table) for day in reader._days.values()) <= 25
    channel.asked.clear()
    requests(reader, Range(NOW - 3600, NOW, 60))
    assert channel.seconds_read() <= DAY


def test_configuration_history_and_announcements_follow_the_channel(reader, channel, clock):
    assert [d.version for d in reader.history()] == [0]
    document = edited(DEFAULT, {"policy": "random"}, now=utc(NOW))
    channel.publish(document)
    channel.announce(Announcement("a", NOW, 1, "random", 100))
    clock.now += 2
    assert reader.newest() == document
    assert [d.version for d in reader.history()] == [1, 0]
    assert [i.name for i in reader.fleet().alive] == ["a"]


def test_a_document_of_a_later_program_is_told_and_the_last_readable_one_shown(reader, channel, clock, monkeypatch):
    document = edited(DEFAULT, {"policy": "random"}, now=utc(NOW))
    channel.publish(document)

    def refuse():
        raise ConfigurationRefused(2, "policy: unknown")

    monkeypatch.setattr(channel._channel, "newest", refuse)
    assert reader.fleet().newest == document
    assert "v2" in reader.fleet().unreadable


def test_a_frame_that_somebody_changes_is_not_changed_for_others(reader, channel, clock):
    channel.send([minute(NOW - 60)])
    frame = reader.statistics(last_hour(clock))
    frame["requests"] = 99
    frame.loc[0, "hits"] = 99
    assert reader.statistics(last_hour(clock))[["requests", "hits"]].to_numpy().tolist() == [[1, 1]]


def test_a_range_of_centuries_is_cut_to_what_a_channel_holds(reader, clock):
    cut = reader.bounded(Range(0, 10**11, 3600))
    assert clock() - cut.start <= reader_module.OLDEST_SECONDS + 3600
    assert cut.end == NOW // 3600 * 3600 + 3600
    assert cut.start % 3600 == 0


def test_threads_that_ask_at_once_all_get_the_whole(reader, channel, clock):
    channel.send([minute(NOW - at * 60) for at in range(1, 31)])
    seen = []
    threads = [
        threading.Thread(target=lambda: seen.append(requests(reader, Range(NOW - 3600, NOW, 60)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [30] * 8
