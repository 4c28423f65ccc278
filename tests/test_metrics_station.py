"""The way of a minute and of a configuration through one instance, with a clock that the test moves."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from cache.cache import Usage
from cache.config import DEFAULT, MIB, edited
from cache.memory import MemoryCache
from cache.whatif.records import KIND_MASK, MINUTE_ENDED, MISS, NUMBERS, numbers
from cache.whatif.tap import Entry, Tap
from metrics.channel import ChannelUnavailable
from metrics.follower import SHARE_OF_MEMORY, Follower
from metrics.parts import Parts
from metrics.program import VERSION
from metrics.recorder import Recorder
from metrics.reporter import Reporter
from metrics.schema import GAUGES
from metrics.spool import Spool, instance_folder
from metrics.sqlite_channel import SqliteChannel
from metrics.station import Station
from tests.stations import kill

NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    object_id: str


class Switchable:
    """A real channel that can be cut off."""

    def __init__(self, channel):
        self._channel = channel
        self.cut = False

    def __getattr__(self, name):
        method = getattr(self._channel, name)
        if not callable(method):
            return method

        def call(*arguments, **named):
            if self.cut:
                raise ChannelUnavailable("cut off")
            return method(*arguments, **named)

        return call


class World:
    def __init__(self, tmp_path):
        self.now = float(NOON)
        self.folder = tmp_path
        self.channel = Switchable(SqliteChannel(str(tmp_path / "channel.db"), clock=lambda: self.now))
        self.station = None
        self.start()

    def start(self):
        """Begin anew; a predecessor that was not closed was killed."""
        if self.station is not None:
            kill(self.station)
        self.cache = MemoryCache("lru", MIB)
        self.station = Station("me", self.cache, self.channel, self.folder, clock=lambda: self.now)
        self.station.open()
        self.recorder = self.station.recorder

    def pass_seconds(self, seconds):
        """Live on, with every job running each second."""
        for _ in range(seconds):
            self.now += 1
            self.station.roll(self.now)
            self.station.send(self.now)

    def requests(self):
        return {report.time - NOON: report.values["requests"] for report in self.channel.minutes(0, 2**40)}

    def publish(self, **edit):
        document = edited(self.channel.newest(), edit, now=NOW)
        self.channel.publish(document)
        return document


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


class Jobs:
    """A ticker that only notes what it is given to do."""

    def __init__(self):
        self.seconds = {}

    def every(self, seconds, job, jitter=0.0):
        self.seconds[job] = seconds + jitter * seconds


def test_each_second_all_that_was_counted_is_saved_and_an_edit_is_followed_within_five(world):
    station = world.station
    station.ticker = Jobs()
    station.start()
    assert station.ticker.seconds[station.roll] == 1
    assert station.ticker.seconds[station.follow] < 5


def test_a_minute_holds_what_was_counted_in_it(world):
    world.recorder.served(hit=True, payload_bytes=100, milliseconds=2)
    world.recorder.served(hit=False, payload_bytes=50, milliseconds=40, collapsed=True)
    world.recorder.served(hit=False, payload_bytes=900, milliseconds=40, too_large=True)
    world.recorder.not_found()
    world.recorder.uploaded(3)
    world.recorder.failed()
    world.recorder.origin_read(950)
    world.pass_seconds(60)
    [minute] = world.channel.minutes(0, 2**40)
    assert (minute.instance, minute.time) == ("me", NOON)
    assert dict(minute.values) == {
        "requests": 3,
        "hits": 1,
        "misses": 2,
        "not_found": 1,
        "uploads": 3,
        "errors": 1,
        "collapsed": 1,
        "too_large": 1,
        "stale": 0,
        "items": 0,
        "size_bytes": 0,
        "capacity_bytes": 100 * MIB,
        "evictions": 0,
        "bytes_served": 1050,
        "bytes_missed": 950,
        "origin_reads": 1,
        "origin_bytes": 950,
        "config_version": 0,
    }
    assert sum(minute.latency.values()) == 3


def test_of_a_shared_cache_a_continued_minute_keeps_what_was_told_before_another_took_over(tmp_path):
    def reporter(usage):
        spool = Spool(instance_folder(tmp_path, "me"), 0)
        return Reporter("me", Recorder(), lambda: usage, lambda: 1, spool), spool

    ours, theirs = Usage(3, 300, 1000, 0, 0, 0), Usage(0, 0, 0, 0, 0, 0)
    before, _ = reporter(ours)
    before.open(NOON)
    after, spool = reporter(theirs)
    after.open(NOON + 30)
    assert [spool.take_open().values[name] for name in GAUGES] == [3, 300, 1000]
    after.roll(NOON + 60)
    assert [spool.take_open().values[name] for name in GAUGES] == [0, 0, 0]


def test_evictions_that_were_taken_over_at_the_very_start_are_told(tmp_path):
    spool = Spool(instance_folder(tmp_path, "me"), 0)
    reporter = Reporter("me", Recorder(), lambda: Usage(3, 300, 1000, 7, 1, 0), lambda: 1, spool)
    reporter.open(NOON)
    reporter.roll(NOON + 1)
    assert [spool.take_open().values[name] for name in ("evictions", "cache_failures", "cache_rubbish")] == [7, 1, 0]


def test_zeros_are_sent_while_alive_and_nothing_while_down(world):
    world.pass_seconds(120)
    world.station.close()
    world.now += 300
    world.start()
    world.pass_seconds(60)
    assert world.requests() == {0: 0, 60: 0, 120: 0, 420: 0}


def test_gauges_are_those_of_the_end_and_evictions_those_of_the_minute(world):
    world.publish(capacity_bytes=65_536)
    world.station.follower.follow()
    for number in range(40):
        world.cache.put(str(number), world.cache.generation(str(number)), Row(str(number)), 0, b"", 0)
    world.pass_seconds(60)
    world.pass_seconds(60)
    first, second = world.channel.minutes(0, 2**40)
    assert (first.values["items"], first.values["evictions"]) == (32, 8)
    assert (second.values["items"], second.values["evictions"]) == (32, 0)
    assert first.values["size_bytes"] == first.values["capacity_bytes"] == 65_536


def test_a_restart_continues_the_open_minute(world):
    world.recorder.served(True, 10, 1)
    world.pass_seconds(10)
    world.station.close()
    assert world.requests() == {0: 1}
    world.start()
    world.recorder.served(True, 10, 1)
    world.pass_seconds(50)
    [minute] = world.channel.minutes(0, 2**40)
    assert (minute.values["requests"], minute.values["bytes_served"], sum(minute.latency.values())) == (2, 20, 2)


def test_a_kill_loses_at_most_a_second(world):
    world.recorder.served(True, 10, 1)
    world.pass_seconds(1)
    world.recorder.served(True, 10, 1)
    world.start()  # no close: the process was killed
    world.pass_seconds(60)
    assert world.requests() == {0: 1}


def test_a_minute_that_was_killed_is_sent_with_its_own_time_after_a_late_restart(world):
    world.recorder.served(True, 10, 1)
    world.pass_seconds(1)
    world.now += 1000
    world.start()
    world.pass_seconds(1)
    assert world.requests() == {0: 1}


def test_what_cannot_be_sent_waits_on_disk_with_its_true_times(world):
    world.channel.cut = True
    for _ in range(5):
        world.recorder.served(True, 10, 1)
        world.pass_seconds(60)
    world.start()
    assert world.station.carrier.problem == ""
    world.pass_seconds(1)
    assert world.station.carrier.problem == "cut off"
    world.channel.cut = False
    world.pass_seconds(60)
    assert world.requests() == {0: 1, 60: 1, 120: 1, 180: 1, 240: 1, 300: 0}
    assert world.station.carrier.problem == ""


def test_a_clock_that_steps_back_opens_no_minute_twice(world):
    world.recorder.served(True, 10, 1)
    world.pass_seconds(60)
    world.now -= 45
    world.recorder.served(True, 10, 1)
    world.pass_seconds(110)
    assert world.requests() == {0: 1, 60: 1}


@pytest.mark.parametrize("refused", ["pathlib.Path.write_text", "os.rename"])
def test_a_full_disk_at_the_end_of_a_minute_loses_no_count(world, monkeypatch, refused):
    world.recorder.served(True, 10, 1)
    world.now += 60

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(refused, full)
        with pytest.raises(OSError, match="No space"):
            world.station.roll(world.now)
    world.pass_seconds(1)
    assert world.requests() == {0: 1}


def test_a_minute_that_a_full_disk_holds_up_ends_once_for_the_tap(tmp_path, monkeypatch):
    tap = Tap()
    recorder = Recorder(tap)
    spool = Spool(tmp_path)
    reporter = Reporter("me", recorder, MemoryCache("lru", MIB).usage, lambda: 1, spool)
    reporter.open(NOON)
    recorder.served(False, 10, 1, entry=Entry("a", "1"))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_text", full)
        for second in range(60, 63):
            with pytest.raises(OSError, match="No space"):
                reporter.roll(NOON + second)
    recorder.served(False, 10, 1, entry=Entry("b", "2"))
    for second in range(63, 66):
        reporter.roll(NOON + second)
    kinds = [third & KIND_MASK for third in numbers(tap.take(1 << 18))[2::NUMBERS]]
    assert kinds == [MISS, MISS, MINUTE_ENDED]
    assert [minute.values["requests"] for minute in Parts(tmp_path, "me").waiting(10, NOON + 66.0)] == [2]


def test_the_spool_is_bounded_and_counts_what_it_drops(world, tmp_path):
    world.pass_seconds(60)
    [minute] = world.channel.minutes(0, 2**40)
    folder = instance_folder(tmp_path / "other", "me/../&")
    spool = Spool(folder, most_minutes=3)
    for number in range(5):
        spool.close_open(minute.__class__("me/../&", NOON + 60 * number, dict(minute.values), {}))
    waiting = Parts(folder, "me/../&").waiting(10, world.now)
    assert [minute.time for minute in waiting] == [NOON + 60 * number for number in (2, 3, 4)]
    assert spool.dropped == 2
    assert [path.parent.name for path in (tmp_path / "other").iterdir()] == ["other"]


@pytest.mark.parametrize("damage", ["", "{", "null", "[]", '{"instance": "me"}', '{"latency": 3}'])
def test_a_damaged_file_is_dropped_and_counted_and_the_others_are_sent(world, damage):
    world.channel.cut = True
    world.pass_seconds(120)
    waiting = sorted((world.folder / "spool" / "me" / "worker-0").glob("0*.json"))
    assert len(waiting) == 2
    waiting[0].write_text(damage)
    world.channel.cut = False
    world.pass_seconds(60)
    assert sorted(world.requests()) == [60, 120]


def test_an_edit_is_taken_up_kept_announced_and_reported(world):
    document = world.publish(policy="random", capacity_bytes=MIB)
    world.station.follower.follow()
    assert world.cache.usage().capacity_bytes == MIB
    [announcement] = world.channel.announcements()
    assert (announcement.version, announcement.policy, announcement.capacity_bytes) == (1, "random", MIB)
    assert announcement.program == VERSION
    world.pass_seconds(60)
    assert world.channel.minutes(0, 2**40)[0].values["config_version"] == 1
    world.channel.cut = True
    world.start()
    assert world.station.follower.current == document
    assert world.cache.usage().capacity_bytes == MIB


def test_when_an_edit_was_taken_up_stays_the_same_over_restarts(world):
    world.publish(policy="random")
    world.station.follower.follow()
    taken_up = world.now
    world.pass_seconds(120)
    world.start()
    [announcement] = world.channel.announcements()
    assert announcement.time > announcement.applied_at == taken_up


def test_an_instance_that_begins_with_an_edit_did_not_take_it_up(world):
    world.publish(policy="random")
    Follower("new", MemoryCache("lru", MIB), world.channel, world.folder / "new.json", memory_bytes=10 * MIB).start()
    [word] = [word for word in world.channel.announcements() if word.instance == "new"]
    assert (word.version, word.applied_at) == (1, None)


def test_a_document_that_is_not_understood_changes_nothing_and_is_reported_back(world):
    good = world.publish(capacity_bytes=MIB)
    world.station.follower.follow()
    world.channel.publish(edited(good, {}, now=NOW).model_copy(update={"policy": "introduced-later"}))
    world.station.follower.follow()
    assert world.station.follower.current == good
    [announcement] = world.channel.announcements()
    assert (announcement.version, announcement.refused_version) == (1, 2)
    assert "introduced-later" in announcement.problem


def test_after_a_refused_document_the_next_good_one_is_taken_up(world):
    bad = edited(DEFAULT, {}, now=NOW).model_copy(update={"policy": "introduced-later"})
    world.channel.publish(bad)
    world.station.follower.follow()
    good = edited(bad.model_copy(update={"policy": "lru"}), {"capacity_bytes": MIB}, now=NOW)
    world.channel.publish(good)
    world.station.follower.follow()
    [announcement] = world.channel.announcements()
    assert (announcement.version, announcement.refused_version, announcement.problem) == (2, None, "")


def test_a_purge_clears_the_cache_or_only_its_keys_and_none_is_missed(world):
    def fill():
        for key in "abc":
            world.cache.put(key, world.cache.generation(key), Row(key), 0, b"", 0)

    def held():
        return [key for key in "abc" if world.cache.row(key)]

    fill()
    world.publish(purge={"generation": 1, "keys": ["a"]})
    world.publish(purge={"generation": 2, "keys": ["b"]})
    world.station.follower.follow()
    assert held() == ["c"]
    fill()
    world.publish(purge={"generation": 3})
    world.publish(purge={"generation": 4, "keys": ["b"]})
    world.station.follower.follow()
    assert held() == []
    fill()
    world.publish(reason="no purge in it")
    world.station.follower.follow()
    assert held() == ["a", "b", "c"]


def test_a_service_applies_no_more_than_its_share_of_the_memory_and_says_so(world):
    world.publish(capacity_bytes=64 * MIB)
    cache = MemoryCache("lru", MIB)
    Follower("small", cache, world.channel, world.folder / "last.json", memory_bytes=10 * MIB).start()
    [small] = [word for word in world.channel.announcements() if word.instance == "small"]
    assert small.capped
    assert small.capacity_bytes == cache.usage().capacity_bytes == int(10 * MIB * SHARE_OF_MEMORY)


def test_a_damaged_last_good_document_falls_back_to_the_default(world):
    world.channel.cut = True
    path = world.folder / "configuration" / "me.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"version": -1}))
    world.start()
    assert world.station.follower.current == DEFAULT


def test_an_instance_that_stops_says_so(world):
    world.station.close()
    assert [word.stopped for word in world.channel.announcements()] == [True]
