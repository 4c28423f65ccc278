"""The auto-scaler on a real channel: it edits as a person does, says why, and leaves alone what it must."""

import time
from datetime import UTC, datetime

import pytest

from cache.config import DEFAULT, MIB, edited
from dashboard.autoscaler import Autoscaler
from dashboard.scaling.situation import slower_by
from dashboard.scaling.words import OVERTAKEN, turned_down
from metrics.chain import AUTOSCALER
from metrics.channel import Announcement, ChannelUnavailable
from metrics.prices import Prices
from metrics.schema import LATENCY_VALUES_MS, latency_bucket
from metrics.sqlite_channel import SqliteChannel
from tests import processes, whatif_days
from tests.processes import wait_until

MINUTES = 20
RULES = {"grow_above": 0.2, "shrink_below": 0.05, "target_miss_rate": 0.1}


class World:
    """One instance of 64 MB that has reported twenty minutes, and an auto-scaler of the minute after."""

    def __init__(self, path):
        self.channel = SqliteChannel(str(path))
        self.start = int(time.time() - 20) // 60 * 60 - 60 * MINUTES
        self.now = self.start + 60 * MINUTES + 11.0
        self.instance = whatif_days.Instance(since=self.start, policies=("lru",), capacity_bytes=64 * MIB)
        self.told = 0

    def edit(self, at=None, **edit):
        at = datetime.fromtimestamp(self.start - 60 if at is None else at, UTC)
        document = edited(self.channel.newest(), edit, now=at)
        self.channel.publish(document)
        return document

    def scale(self, mode, **rules):
        return self.edit(capacity_bytes=64 * MIB, author="maria", autoscale={"mode": mode} | RULES | rules)

    def report(self, minutes=MINUTES, requests=600, **more):
        told = [
            self.instance.minute(self.start + 60 * (self.told + n), whatif_days.zipf(requests, seed=self.told + n))
            for n in range(minutes)
        ]
        self.told += minutes
        whatif_days.fill(self.channel, told, self.channel.newest().version)
        return told

    def scaler(self):
        return Autoscaler(self.channel, Prices(), 1000, clock=lambda: self.now)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "channel.db")


def test_while_the_mode_is_manual_nothing_is_done_or_said(world):
    world.report()
    assert world.scaler().tick() is None
    assert world.channel.newest() == DEFAULT
    assert world.channel.decisions(0, int(world.now) + 60) == []


@pytest.mark.parametrize("mode", ["miss_rate", "target", "cost"])
def test_it_grows_as_a_person_would_and_says_why(world, mode):
    world.scale(mode)
    world.report()
    decided = world.scaler().tick()
    newest = world.channel.newest()
    assert (newest.version, newest.author, newest.capacity_bytes) == (2, AUTOSCALER, decided.chosen_bytes)
    assert newest.autoscale.mode == mode
    assert newest.reason == decided.sentence
    assert decided.sentence.startswith("Grew 64 MB → 128 MB: ")
    assert decided.applied_version == 2
    assert decided.inputs["requests"] == 3000
    assert world.channel.decisions(0, int(world.now) + 60) == [decided]
    assert turned_down(decided.rejected).startswith("Turned down: ")


def test_what_is_expected_of_its_change_is_kept_with_it_once_enough_is_known(world):
    world.scale("target")
    world.report(requests=1200)
    world.scaler().tick()
    assert world.channel.newest().prediction.after > world.channel.newest().prediction.before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(world):
    document = world.scale("miss_rate", dry_run=True)
    world.report()
    decided = world.scaler().tick()
    assert decided.sentence.startswith("Would grow 64 MB → 128 MB: ")
    assert decided.applied_version is None
    assert world.channel.newest() == document


def test_each_minute_is_decided_once_and_the_same_hold_is_written_once_an_hour(world):
    world.scale("miss_rate", grow_above=0.9)
    world.report()
    scaler = world.scaler()
    assert scaler.tick().why == "within"
    assert scaler.tick() is None
    for _ in range(70):
        world.report(1)
        world.now += 60
        assert scaler.tick() is not None
    written = world.channel.decisions(0, int(world.now) + 60)
    assert [decision.repeated for decision in written] == [0, 60]
    assert "between 5 % and 90.0 %" in written[0].sentence or "between 5.0 % and 90.0 %" in written[0].sentence


def test_two_that_hold_in_the_same_moment_are_told_of_once(world, monkeypatch):
    world.scale("miss_rate", grow_above=0.9)
    world.report()
    first, second = world.scaler(), world.scaler()
    send = SqliteChannel.send_decision

    def meanwhile(channel, decision):
        monkeypatch.setattr(SqliteChannel, "send_decision", send)
        world.now += 0.3
        first.tick()
        send(channel, decision)

    monkeypatch.setattr(SqliteChannel, "send_decision", meanwhile)
    held = second.tick()
    assert [told.id for told in world.channel.decisions(0, int(world.now) + 60)] == [held.id]
    world.now += 3600
    world.report()
    second.tick()
    assert len({told.id for told in world.channel.decisions(0, int(world.now) + 60)}) == 2


def test_a_second_autoscaler_loses_the_tie_and_does_nothing(world, monkeypatch):
    world.scale("miss_rate")
    world.report()
    first, second = world.scaler(), world.scaler()
    publish = SqliteChannel.publish

    def meanwhile(channel, document):
        monkeypatch.setattr(SqliteChannel, "publish", publish)
        first.tick()
        publish(channel, document)

    monkeypatch.setattr(SqliteChannel, "publish", meanwhile)
    lost = second.tick()
    assert (lost.action, lost.why, lost.applied_version) == ("hold", OVERTAKEN, None)
    assert lost.sentence == "Held at 64 MB: autoscaler saved v2 in the same moment, which goes before."
    assert world.channel.newest().version == 2


def test_a_persons_edit_in_the_same_moment_holds(world, monkeypatch):
    world.scale("miss_rate")
    world.report()
    publish = SqliteChannel.publish

    def meanwhile(channel, document):
        monkeypatch.setattr(SqliteChannel, "publish", publish)
        world.edit(world.now, capacity_bytes=80 * MIB, author="jonas")
        publish(channel, document)

    monkeypatch.setattr(SqliteChannel, "publish", meanwhile)
    assert world.scaler().tick().why == OVERTAKEN
    assert (world.channel.newest().author, world.channel.newest().capacity_bytes) == ("jonas", 80 * MIB)


def test_after_a_change_it_waits_for_the_cooldown_whoever_made_it(world):
    world.scale("miss_rate")
    world.edit(world.now - 200, capacity_bytes=70 * MIB, author="jonas")
    world.report()
    decided = world.scaler().tick()
    assert decided.why == "cooldown"
    assert "of 5 min cooldown left; then 140 MB would be tried" in decided.sentence


def test_a_minute_that_has_not_come_is_waited_for(world):
    world.scale("miss_rate")
    world.report()
    world.now += 60
    decided = world.scaler().tick()
    assert (decided.action, decided.why) == ("hold", "stale")


def test_an_instance_that_fell_silent_makes_the_data_partial_until_it_is_gone(world):
    world.scale("miss_rate")
    told = world.report()
    for document in told[:15]:
        world.channel.send([whatif_days.minute_of(document | {"instance": "other"}, 1)])
    world.channel.announce(Announcement("other", told[14]["start"], 1, "lru", 64 * MIB))
    decided = world.scaler().tick()
    assert (decided.why, decided.inputs["missing"]) == ("partial", ["other"])
    assert "other has not reported every minute" in decided.sentence


def test_an_instance_that_has_not_taken_up_the_newest_is_waited_for(world):
    world.scale("miss_rate")
    world.report()
    world.edit(world.start, autoscale={"cooldown_seconds": 60})
    assert world.scaler().tick().why == "unapplied"


def test_too_few_requests_decide_nothing(world):
    world.scale("miss_rate")
    world.report(requests=100)
    decided = world.scaler().tick()
    assert decided.why == "few"
    assert "it takes 1,000 to decide anything" in decided.sentence


def test_it_never_goes_past_what_a_machine_says_that_it_has(world):
    world.scale("miss_rate")
    world.report()
    word = Announcement("host", world.now - 60, 1, "lru", 64 * MIB, most_bytes=90 * MIB)
    world.channel.announce(word)
    decided = world.scaler().tick()
    assert decided.chosen_bytes == 90 * MIB
    assert "the smallest machine has no memory for more" in decided.sentence


def test_the_memory_of_the_instances_does_not_bound_a_cache_that_they_share(world):
    world.scale("miss_rate")
    world.report()
    word = Announcement("host", world.now - 60, 1, "lru", 64 * MIB, most_bytes=90 * MIB, engine="Redis")
    world.channel.announce(word)
    assert world.scaler().tick().chosen_bytes == 128 * MIB


def test_what_is_the_servers_own_is_left_alone_in_a_sentence(world):
    world.scale("miss_rate")
    world.report()
    its_own = {"engine": "Redis", "fixed": "Redis refuses CONFIG."}
    world.channel.announce(Announcement("host", world.now - 60, 1, "lru", 300 * MIB, **its_own))
    decided = world.scaler().tick()
    assert (decided.action, decided.why) == ("hold", "fixed")
    assert decided.sentence == (
        "Held at 300 MB: the capacity is the server's own and can't be changed from here: Redis refuses CONFIG."
    )


def test_a_channel_that_does_not_answer_is_no_reason_to_act_or_to_end(world, monkeypatch):
    world.scale("miss_rate")
    world.report()
    scaler = world.scaler()
    with monkeypatch.context() as patch:

        def fail(channel):
            raise ChannelUnavailable("disk on fire")

        patch.setattr(SqliteChannel, "newest", fail)
        assert scaler.tick() is None
        assert scaler.problem == "disk on fire"
    assert scaler.tick().applied_version == 2


def test_how_much_slower_misses_are_is_read_off_the_slowest_answers():
    fast, slow = latency_bucket(2), latency_bucket(50)
    assert slower_by({fast: 80, slow: 20}, 20) == pytest.approx(LATENCY_VALUES_MS[slow] - LATENCY_VALUES_MS[fast])
    assert slower_by({fast: 80}, 0) is None
    assert slower_by({}, 5) is None


def test_as_a_process_it_acts_and_ends_when_told(tmp_path):
    data_dir = tmp_path / "data"
    world = World(data_dir / "channel.db")
    world.scale("miss_rate", max_bytes=32 * MIB)
    world.report()
    scaler = processes.autoscaler(data_dir)
    scaler.start()
    try:
        wait_until(lambda: "the mode is miss rate" in scaler.tail(), what=scaler.tail())
        wait_until(lambda: world.channel.decisions(0, int(time.time()) + 60), what=scaler.tail())
    finally:
        assert scaler.terminate() == 0
