"""Curves: counts that add up, and come back from text as they were."""

from dataclasses import replace

import pytest

from cache.config import MIB
from metrics.curve_text import read, written
from metrics.curves import HOUR, Count, add_curves, alike, at_a_time, hours_and_minutes, looked_at, of_document, roll
from metrics.sqlite_channel import SqliteChannel
from metrics.sqlite_curves import MINUTES_KEPT_SECONDS
from tests import whatif_days
from tests.whatif_days import small

T = 1_800_000_000 // HOUR * HOUR


def test_a_document_becomes_counts_by_policy_and_capacity():
    curve = of_document(small("a", T))
    assert curve.points["lru", 2 * MIB] == Count(10, 7, 1000, 700)
    assert curve.live == Count(10, 6, 1000, 600)
    assert curve.in_force == {("lru", 2 * MIB): curve.live}
    assert curve.checked == (curve.live, curve.points["lru", 2 * MIB])
    assert curve.infinite == Count(10, 9, 1000, 900)
    assert curve.exact


def test_minutes_and_instances_add_up():
    whole = add_curves(of_document(small(name, T + 60 * n)) for name in ("a", "b") for n in range(3))
    assert whole.points["fifo", MIB] == Count(60, 18, 6000, 1800)
    assert whole.live.requests == 60
    assert whole.seconds == 180
    assert (whole.start, whole.end) == (T, T + 180)
    assert whole.memory_bytes == 2 * MIB
    assert whole.reasons["cold"] == 6


def test_nothing_adds_up_to_nothing():
    assert add_curves([]) is None


def test_a_point_that_was_not_looked_at_all_the_time_has_requests_of_its_own():
    later = small("a", T + 60, points=[["lru", 2 * MIB, 7, 700], ["lru", 4 * MIB, 9, 900]])
    whole = add_curves([of_document(small("a", T)), of_document(later)])
    assert whole.points["lru", 2 * MIB].requests == 20
    assert whole.points["lru", 4 * MIB] == Count(10, 9, 1000, 900)


def test_a_beginning_in_which_not_all_was_looked_at_is_left_out_where_enough_is_left():
    points = [["lru", 2 * MIB, 7, 700], ["lru", 4 * MIB, 9, 900]]
    first = [of_document(small("a", T)), of_document(small("b", T, points=points))]
    idle = of_document(small("a", T + 60, requests=0, hits=0, points=[]))
    later = [of_document(small("a", T + 120 + 60 * n, points=points)) for n in range(2)]
    assert alike([*first, idle, *later], 20, 0.5) == [idle, *later]
    assert alike([*first, idle, *later], 21, 0.5) == [*first, idle, *later]
    assert alike([*first, idle, *later], 20, 0.6) == [*first, idle, *later]
    assert alike(later, 1000, 1.0) == later
    assert alike([], 20, 0.5) == []


def test_what_came_once_every_instance_looked_at_a_setting_is_left_of_a_range():
    new = {"points": [["lru", 4 * MIB, 9, 900]]}
    before = [of_document(small(name, T)) for name in "ab"]
    one = [of_document(small("a", T + 60, **new)), of_document(small("b", T + 60))]
    both = [of_document(small(name, T + 120, **new)) for name in "ab"]
    assert looked_at([*before, *one, *both], ("lru", 4 * MIB)) == both
    assert looked_at([*before, *one], ("lru", 4 * MIB)) == []


def test_counts_begin_where_the_first_of_them_do_whenever_shadows_began_anew():
    before = [of_document(small("a", T + 60 * n, since=T - 600.0)) for n in range(50, 54)]
    restarted = [of_document(small("a", T + 60 * n, since=T + 54 * 60 + 7.0)) for n in range(54, 60)]
    assert add_curves([*before, *restarted]).begun == T + 50 * 60
    assert add_curves(restarted).begun == T + 54 * 60
    hour = roll([*before, *restarted], "a", T)
    assert (hour.since, hour.begun) == (T + 54 * 60 + 7, T + 50 * 60)
    assert add_curves([hour]).begun == T + 50 * 60


def test_shadows_that_began_once_more_are_told_of_and_those_of_another_instance_are_not():
    minutes = [of_document(small("a", T)), of_document(small("a", T + 60)), of_document(small("a", T + 120))]
    assert add_curves(minutes).anew == 0
    assert add_curves([*minutes, of_document(small("b", T + 180, since=T + 170.0))]).anew == 0
    died = [*minutes, of_document(small("a", T + 180, since=T + 170.0))]
    assert add_curves(died).anew == T + 170
    assert roll(died, "a", T // 3600 * 3600).anew == 0


def test_what_is_estimated_is_as_sure_as_its_least_part():
    curves = [
        of_document(small("a", T + n, sampled={str(MIB): sample})) for n, sample in enumerate([[0.5, 9], [1 / 4, 12]])
    ]
    whole = add_curves(curves)
    assert whole.sampled == {MIB: (0.25, 9)}
    assert not whole.exact


def test_an_hour_is_its_minutes():
    minutes = [of_document(small("a", T + 60 * n)) for n in range(60)]
    hour = roll(minutes, "a", T)
    assert (hour.start, hour.period_seconds, hour.seconds, hour.instance) == (T, HOUR, HOUR, "a")
    assert hour.points == add_curves(minutes).points


@pytest.mark.parametrize("number", range(3))
def test_a_curve_comes_back_from_text_as_it_was(number):
    minute = of_document(small("a b", T, sampled={str(MIB): [0.125, 8100]}))
    partly = of_document(small("a b", T + 60, points=[["gdsf", MIB, 5, 55]]))
    curve = [minute, roll([minute, partly], "a b", T), replace(minute, points={})][number]
    assert read(written(curve)) == curve


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"form": 99}', '{"form": 1, "points": 3}', "null"])
def test_what_is_no_curve_is_none(text):
    assert read(text) is None


def test_a_range_is_whole_hours_and_the_minutes_around_them():
    assert hours_and_minutes(T + 60, T + 2 * HOUR + 120) == (
        (T + HOUR, T + 2 * HOUR),
        [(T + 60, T + HOUR), (T + 2 * HOUR, T + 2 * HOUR + 120)],
    )
    assert hours_and_minutes(T + 60, T + 120) == ((T + 60, T + 60), [(T + 60, T + 120)])


def test_a_day_of_minutes_is_small_as_text():
    [document] = whatif_days.documents(T, 1, 300)
    assert len(written(of_document(document))) < 3_000


def test_the_largest_hour_fits_into_a_log_event():
    minute = next(whatif_days.documents(T, 1, 10))
    every = [[policy, round(1e12 / 1.4**step), 10, 100] for policy, *_ in minute["points"][:7] for step in range(31)]
    whole = roll([of_document(minute | {"points": every}), of_document(minute | {"start": T + 60})], "x" * 255, T)
    assert "of" in written(whole)
    assert len(written(whole)) < 256_000 / 8


def test_minutes_of_curves_are_forgotten_before_hours(tmp_path):
    now = [T]
    channel = SqliteChannel(str(tmp_path / "channel.db"), lambda: now[0])
    for start in (T, T + HOUR, T + 2 * HOUR):
        channel.send_curve(small("a", start))
    now[0] += MINUTES_KEPT_SECONDS + 4 * HOUR
    channel.send([])
    assert channel.curves(0, now[0]) == []
    assert [curve.start for curve in channel.curves(0, now[0], by_hours=True)] == [T, T + HOUR, T + 2 * HOUR]


def test_the_last_hour_of_who_fell_silent_outlives_its_minutes(tmp_path):
    now = [T]
    channel = SqliteChannel(str(tmp_path / "channel.db"), lambda: now[0])
    for name, minutes in {"silent": 3, "late": 3, "goes on": 70}.items():
        for n in range(minutes):
            channel.send_curve(small(name, T + 60 * n))
    channel.send_curve(small("late", T - HOUR))
    before = channel.curves(T, T + HOUR)
    now[0] += MINUTES_KEPT_SECONDS + HOUR
    channel.send([])
    assert channel.curves(T, T + HOUR) == []
    hours = {(hour.instance, hour.start): hour for hour in channel.curves(T - HOUR, T + HOUR, by_hours=True)}
    assert hours.keys() == {("silent", T), ("late", T - HOUR), ("late", T), ("goes on", T)}
    silent = [minute for minute in before if minute.instance == "silent"]
    assert hours["silent", T] == roll(silent, "silent", T)


def test_the_check_leaves_out_what_a_cache_does_while_it_settles_after_a_change():
    before = [of_document(small("a", T + 60 * n, capacity_bytes=MIB, policy="fifo", hits=3)) for n in range(3)]
    after = [of_document(small("a", T + 60 * n, hits=0, bytes=MIB)) for n in range(3, 12)]
    settled = [of_document(small("a", T + 60 * n, hits=7)) for n in range(12, 15)]
    really, shadow = add_curves([*before, *after, *settled]).checked
    assert add_curves([*after, *settled], settling=True).checked[0].requests == 60
    assert (really.requests, really.hits, shadow.hits) == (90, 3 * 3 + 3 * 0 + 3 * 7, 3 * 3 + 3 * 7 + 3 * 7)


@pytest.mark.parametrize("in_turn", [False, True])
@pytest.mark.parametrize("begin", [10, 11])
def test_the_check_by_hours_leaves_out_what_comes_after_an_hour_with_a_change_in_it(begin, in_turn):
    def hour(number, *minutes):
        start = T + number * HOUR
        told = [of_document(small("a", start + 60 * n, since=T - HOUR, **more)) for n, more in enumerate(minutes)]
        return roll(told, "a", start)

    old, unsettled = {"policy": "fifo", "hits": 3}, {"hits": 0, "bytes": 6 * MIB}
    before, change = hour(10, {"hits": 7}), hour(11, old, unsettled)  # and back again, where hour 10 is part of it
    assert set(change.in_force) == {("fifo", 2 * MIB), ("lru", 2 * MIB)}
    hours = [before, change][begin - 10 :]
    known = add_curves(hours, in_turn=in_turn).checked
    assert add_curves([*hours, hour(12, unsettled)], in_turn=in_turn).checked == known
    really, _ = add_curves([*hours, hour(12, unsettled), hour(13, {"hits": 7})], in_turn=in_turn).checked
    assert (really.requests, really.hits) == (known[0].requests + 10, known[0].hits + 7)


def test_minutes_that_one_after_the_other_told_are_as_long_as_they_took():
    told = {"a": (0, 1), "b": (1, 2, 3)}
    one, other = ([of_document(small(name, T + 60 * n)) for n in minutes] for name, minutes in told.items())
    assert add_curves([*one, *other]).seconds == 240
    hours = [roll(one, "a", T), roll(other, "b", T)]
    assert add_curves(hours).seconds == 180
    assert add_curves(hours, in_turn=True).seconds == 300


def test_an_instance_that_took_anothers_place_is_not_one_more():
    first, second = (
        [of_document(small(name, T + 60 * n)) for name in names for n in minutes]
        for names, minutes in (("ab", range(60)), ("cd", range(60, 90)))
    )
    assert at_a_time([*first, *second]) == 2
    hours = [roll([c for c in first if c.instance == name], name, T) for name in "ab"]
    assert at_a_time([*hours, *second]) == 2
    assert at_a_time([]) == 1


def test_a_shared_cache_is_not_held_against_shadows_that_have_still_to_fill():
    """The cache outlives the instance that told of it; the shadows of the next one begin empty."""
    old = [of_document(small("a", T + 60 * n, since=T - 7200.0)) for n in range(2)]
    new = [of_document(small("b", T + 60 * n, since=T + 120.0, bytes=4 << 20)) for n in range(2, 8)]
    assert add_curves([*old, *new]).checked[0].requests == 80
    really, shadow = add_curves([*old, *new], in_turn=True).checked
    assert really.requests == shadow.requests == 60
