"""What several workers of an instance count is sent as one, each request once."""

import pytest

from metrics.parts import KEPT_SECONDS, LATE_SECONDS
from metrics.spool import WorkerTaken
from tests.stations import NOON, Workers

MINUTE = 60


@pytest.fixture(autouse=True)
def _nobody_waits_at_the_end(monkeypatch):
    monkeypatch.setattr("metrics.station.END_TURN_SECONDS", 0.0)


@pytest.fixture(params=[1, 4])
def workers(tmp_path, request):
    return Workers(tmp_path, request.param)


@pytest.fixture
def four(tmp_path):
    return Workers(tmp_path, 4)


def test_a_minute_is_the_sum_of_what_all_counted(workers):
    for worker in range(len(workers.stations)):
        workers.serve(worker, worker + 1)
        workers.stations[worker].recorder.not_found()
    workers.pass_seconds(MINUTE)
    [minute] = workers.channel.minutes(0, 2**40)
    count = len(workers.stations)
    total = count * (count + 1) // 2
    assert (minute.instance, minute.time) == ("me", NOON)
    assert (minute.values["requests"], minute.values["bytes_served"], minute.values["not_found"]) == (
        total,
        10 * total,
        count,
    )
    assert sum(minute.latency.values()) == total
    assert len(workers.channel.sent) == 1


def test_gauges_are_added_and_the_version_is_the_lowest(four):
    four.stations[1].follower.current = four.stations[1].follower.current.model_copy(update={"version": 7})
    four.stations[2].cache.put("a", 0, type("Row", (), {"object_id": "a"}), 0, b"", 0)
    four.pass_seconds(MINUTE)
    [minute] = four.channel.minutes(0, 2**40)
    assert (minute.values["items"], minute.values["config_version"]) == (1, 0)


def test_a_killed_worker_goes_on_with_its_minute(workers):
    workers.serve(0, 3)
    workers.pass_seconds(10)
    workers.kill(0)
    workers.pass_seconds(1)
    workers.respawn(0)
    workers.serve(0, 4)
    workers.pass_seconds(MINUTE)
    assert workers.requests() == {0: 7}


@pytest.mark.parametrize("back_after", [70, 100, None])
def test_what_a_worker_left_counts_though_it_comes_back_later_or_never(four, back_after):
    four.serve(2, 3)
    four.pass_seconds(10)
    four.kill(2)
    four.pass_seconds((back_after or MINUTE) - 10)
    if back_after:
        four.respawn(2)
    four.pass_seconds(MINUTE)
    assert four.requests()[0] == 3


def test_fewer_workers_after_a_restart_within_the_minute_lose_nothing(four):
    for worker in range(4):
        four.serve(worker)
    four.pass_seconds(10)
    four.close()
    four.start(2)
    four.serve(0)
    four.pass_seconds(MINUTE)
    assert four.requests() == {0: 5}


def test_a_minute_waits_for_a_worker_that_closes_it_late(four):
    four.serve(3)
    four.pass_seconds(MINUTE + int(LATE_SECONDS) - 1, without=[3])
    assert four.requests() == {}
    four.pass_seconds(1)
    assert four.requests() == {0: 1}
    assert len(four.channel.sent) == 1


@pytest.mark.parametrize("seconds", [30, KEPT_SECONDS + 3600])
def test_a_worker_that_stands_still_for_longer_is_added_when_it_goes_on(four, seconds):
    for worker in range(4):
        four.serve(worker)
    four.pass_seconds(1)
    four.pass_seconds(MINUTE + seconds, without=[3], step=20)
    assert four.requests()[0] == 3
    four.pass_seconds(1)
    assert four.requests()[0] == 4


def test_what_is_added_later_does_not_bring_the_rates_once_more(four):
    four.serve(0)
    four.pass_seconds(MINUTE + 30, without=[3])
    four.pass_seconds(1)
    assert [minute.open for minute in four.channel.sent if minute.time == NOON] == [False, True]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_an_end_sends_the_whole_open_minute_and_a_restart_within_it_goes_on(four, order):
    for count in (1, 10):
        for worker in range(4):
            four.serve(worker, count)
        four.pass_seconds(5)
        for worker in range(4):
            four.serve(worker)  # saved by the end alone
        four.close(order)
        four.start(4)
    assert four.requests() == {0: 4 * (1 + 1 + 10 + 1)}
    four.pass_seconds(MINUTE)
    assert four.requests() == {0: 4 * (1 + 1 + 10 + 1)}
    assert [minute.open for minute in four.channel.sent] == [True] * (len(four.channel.sent) - 1) + [False]


def test_an_end_at_a_minutes_turn_does_not_send_the_rates_of_a_part_of_it(four):
    for worker in range(4):
        four.serve(worker)
    four.pass_seconds(MINUTE - 1)
    four.now += 1
    for worker in (0, 1):
        four.stations[worker].roll(four.now)
    four.stations[four.leader].flush()
    assert four.requests() == {0: 4, MINUTE: 0}
    assert all(minute.open for minute in four.channel.sent)
    four.pass_seconds(1)
    assert [minute.open for minute in four.channel.sent if minute.time == NOON] == [True, False]


def test_a_channel_that_was_away_gets_all_minutes_as_they_were(workers):
    workers.channel.cut = True
    for number in range(5):
        for worker in range(len(workers.stations)):
            workers.serve(worker, number)
        workers.pass_seconds(MINUTE)
    workers.close()
    workers.channel.cut = False
    workers.start(len(workers.stations))
    workers.pass_seconds(1)
    assert workers.requests() == {MINUTE * number: number * len(workers.stations) for number in range(5)}


def test_what_was_sent_is_kept_for_a_while_only(workers):
    workers.pass_seconds(2 * KEPT_SECONDS, step=20)
    kept = list((workers.folder / "spool").rglob("*.sent"))
    assert 0 < len(kept) <= (KEPT_SECONDS // MINUTE + 2) * len(workers.stations)


def test_what_was_there_before_there_were_workers_is_taken_up(tmp_path):
    workers = Workers(tmp_path, 1)
    workers.channel.cut = True
    workers.serve(0, 3)
    workers.pass_seconds(MINUTE)
    workers.serve(0, 4)
    workers.pass_seconds(1)
    workers.kill(0)
    old = tmp_path / "spool" / "me"
    [waiting] = (old / "worker-0").glob("0*.json")
    waiting.rename(old / f"{NOON:012d}.json")
    (old / "worker-0" / "open.json").rename(old / "open.json")
    workers.channel.cut = False
    workers.start(1)
    workers.pass_seconds(MINUTE)
    assert workers.requests() == {0: 3, MINUTE: 4}


def test_two_processes_do_not_count_in_one_place(workers, monkeypatch):
    monkeypatch.setattr("metrics.spool.PREDECESSOR_SECONDS", 0.0)
    with pytest.raises(WorkerTaken, match="worker-0"):
        workers.respawn(0)
