"""Of several workers one at a time leads: it alone speaks to the channel, and the others do as it found."""

from datetime import UTC, datetime

import pytest

from cache.config import MIB, edited
from tests.stations import NOON, Workers


@pytest.fixture(autouse=True)
def _nobody_waits_at_the_end(monkeypatch):
    monkeypatch.setattr("metrics.station.END_TURN_SECONDS", 0.0)


@pytest.fixture
def four(tmp_path):
    return Workers(tmp_path, 4)


def publish(workers, **edit):
    document = edited(workers.channel.newest(), edit, now=datetime.fromtimestamp(NOON, UTC))
    workers.channel.publish(document)
    return document


def configure(workers):
    for station in workers.living:
        station.follow(workers.now)
    for station in workers.living:
        station.look(workers.now)


def test_one_leads_and_the_next_takes_over_when_it_dies(four):
    assert [station.leads for station in four.stations] == [True, False, False, False]
    four.kill(0)
    four.respawn(0)
    four.pass_seconds(1)
    assert four.leader in (0, 1, 2, 3)


def test_one_asks_the_channel_and_all_take_up_what_it_found(four):
    document = publish(four, policy="random", capacity_bytes=MIB)
    four.channel.calls.clear()
    configure(four)
    assert four.channel.calls == ["newest", "announce"]
    assert [station.follower.current for station in four.stations] == [document] * 4
    assert [station.cache.usage().capacity_bytes for station in four.stations] == [MIB] * 4


def test_a_successor_of_the_leader_asks_and_announces(four):
    four.kill(0)
    four.pass_seconds(1)
    document = publish(four, capacity_bytes=MIB)
    configure(four)
    assert [station.follower.current for station in four.living] == [document] * 3
    [said] = four.channel.announcements()
    assert (said.version, said.stopped) == (1, False)


def test_a_purge_reaches_every_worker_though_it_looks_at_the_last_of_several(four):
    for station in four.stations:
        for key in "abc":
            station.cache.put(key, station.cache.generation(key), type("Row", (), {"object_id": key}), 0, b"", 0)
    publish(four, purge={"generation": 1, "keys": ["a"]})
    publish(four, purge={"generation": 2, "keys": ["b"]})
    configure(four)
    for station in four.stations:
        assert [key for key in "abc" if station.cache.row(key)] == ["c"]


def test_what_could_not_be_kept_is_kept_as_soon_as_that_is_possible(four):
    document = publish(four, capacity_bytes=MIB)
    blocking = four.folder / "configuration"
    blocking.write_text("a file where a folder should be")
    configure(four)
    assert [station.follower.version for station in four.stations] == [1, 0, 0, 0]
    blocking.unlink()
    configure(four)
    assert [station.follower.current for station in four.stations] == [document] * 4


def test_a_job_of_the_leader_runs_in_no_other(four):
    ran = []
    for worker, station in enumerate(four.stations):
        station.leading(lambda now, worker=worker: ran.append((worker, now)))(1.0)
    assert ran == [(0, 1.0)]


def test_the_end_of_one_worker_is_not_that_of_the_instance(four):
    four.close([0])
    four.pass_seconds(1)
    four.stations[four.leader].follow(four.now)
    assert [said.stopped for said in four.channel.announcements()] == [False]
    four.close()
    assert [said.stopped for said in four.channel.announcements()] == [True]
