"""The verdict: what came of a change, against what was promised for the same requests."""

import random

import pytest

from cache.config import MIB, Prediction
from metrics.curves import add_curves, of_document
from metrics.verdict import Kind, MinuteOfBoth, interval, judge
from tests import whatif_days
from tests.whatif_days import small

T = 1_800_000_000
OLD, NEW = ("lru", 100), ("gdsf", 100)
PROMISED = Prediction(start=T - 3600, end=T, requests=60_000, before=0.7, after=0.8, error=0.005)


def minutes(count, hits=80, shadow=80, unchanged=70, setting=NEW, first=0, requests=100, **more):
    """Curves of ``count`` minutes: per cent of hits of the cache, of the new setting's shadow, of the old one's."""
    every = requests // 100
    points = [[*setting, shadow * every, shadow], [*OLD, unchanged * every, unchanged]]
    return [
        of_document(
            small("a", T + 60 * number, requests=requests, hits=(hits + number % 3 - 1) * every, points=points,
                  policy=setting[0], capacity_bytes=setting[1], bytes_hit=0, **more)
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def told(curves, now=T + 1200, promised=PROMISED, **more):
    return judge(curves, OLD, NEW, promised, T, now, **more)


def test_a_gain_as_promised_came_true():
    verdict = told(minutes(20))
    assert verdict.kind is Kind.CAME_TRUE
    assert (round(verdict.after, 2), verdict.shadow, verdict.unchanged) == (0.8, 0.8, 0.7)
    assert verdict.gain == pytest.approx(0.1, abs=0.002)
    assert not verdict.traffic_changed
    assert not verdict.final


@pytest.mark.parametrize(("hits", "kind"), [(86, Kind.BETTER), (75, Kind.WORSE)])
def test_a_cache_that_does_other_than_its_shadow_is_better_or_worse(hits, kind):
    verdict = told(minutes(20, hits=hits))
    assert verdict.kind is kind
    assert verdict.off == pytest.approx((hits - 80) / 100, abs=0.002)
    assert verdict.low <= verdict.off <= verdict.high


def test_the_same_traffic_is_what_is_compared_and_other_traffic_is_said():
    verdict = told(minutes(20, hits=50, shadow=50, unchanged=46))
    assert verdict.kind is Kind.TRAFFIC
    assert verdict.traffic_changed
    assert verdict.off == pytest.approx(0, abs=0.002)


def test_worse_on_other_traffic_is_worse_and_says_both():
    verdict = told(minutes(20, hits=45, shadow=50, unchanged=46))
    assert (verdict.kind, verdict.traffic_changed) == (Kind.WORSE, True)


def test_it_waits_until_every_instance_runs_on_it():
    old = of_document(small("b", T, policy="lru", capacity_bytes=100, points=[[*OLD, 7, 1], [*NEW, 7, 1]]))
    assert told([*minutes(1), old], now=T + 120).kind is Kind.WAITING
    assert told([], now=T + 10).kind is Kind.WAITING


def test_it_warms_up_and_says_how_far_it_is():
    verdict = told(minutes(6, bytes=10), now=T + 390)
    assert (verdict.kind, verdict.progress) == (Kind.WARMING, 0.25)


def test_the_first_minutes_do_not_count_until_the_cache_has_turned_over():
    filling = minutes(6, hits=20, bytes=50, requests=300)
    verdict = told([*filling, *minutes(4, first=6, requests=300)])
    assert (verdict.kind, verdict.minutes) == (Kind.CAME_TRUE, 4)


def test_a_cache_that_turned_over_at_once_counts_from_then():
    assert told(minutes(4, requests=500)).minutes == 3


def test_the_first_half_fades_as_time_goes_by():
    verdict = told([*minutes(10, hits=60), *minutes(10, first=10)])
    assert (verdict.kind, verdict.minutes) == (Kind.CAME_TRUE, 10)


def test_few_requests_are_too_early():
    few = small("a", T, points=[[*NEW, 8, 8], [*OLD, 7, 7]], policy="gdsf", capacity_bytes=100)
    assert told([of_document(few | {"start": T + 60 * number}) for number in range(20)]).kind is Kind.EARLY


def test_another_change_that_came_too_soon_leaves_nothing_to_say():
    verdict = told(minutes(2), next_at=T + 120)
    assert (verdict.kind, verdict.final) == (Kind.CUT_SHORT, True)
    assert told([], next_at=T + 240).kind is Kind.CUT_SHORT


def test_another_change_after_the_window_ends_what_is_counted():
    verdict = told([*minutes(12, requests=500), *minutes(8, hits=10, first=12)], next_at=T + 720)
    assert (verdict.kind, verdict.final) == (Kind.CAME_TRUE, True)


def test_without_the_old_setting_s_shadow_nobody_can_tell():
    curves = [of_document(small("a", T, points=[[*NEW, 8, 8]], policy="gdsf", capacity_bytes=100))]
    assert told(curves).kind is Kind.UNKNOWN


def test_where_nothing_was_ever_counted_it_ends_as_unknown():
    assert told([], now=T + 3 * 3600).kind is Kind.UNKNOWN


def test_where_the_service_stopped_soon_after_it_waits_no_longer_than_its_time():
    assert told(minutes(5, bytes=10), now=T + 4319).kind is Kind.WARMING
    verdict = told(minutes(5, bytes=10), now=T + 4320)
    assert (verdict.kind, verdict.final) == (Kind.UNKNOWN, True)


def test_a_change_that_came_after_all_was_counted_cuts_nothing_short():
    for curves in ([], minutes(5, bytes=10)):
        assert told(curves, now=T + 9000, next_at=T + 8000).kind is Kind.UNKNOWN


def grown(count, own_bytes, first=0, small=70, large=80):
    """Minutes after LRU was to grow from 100 to 400, on an instance that has so much, and hits as much more."""
    points = [["lru", 100, 7 * small, 7], ["lru", own_bytes, 7 * large, 7]]
    return [
        of_document(
            whatif_days.small("a", T + 60 * number, requests=700, hits=7 * large, bytes_hit=0, points=points,
                              policy="lru", capacity_bytes=own_bytes)
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def judged_as_grown(curves, promised=PROMISED, now=T + 1200):
    return judge(curves, ("lru", 100), ("lru", 400), promised, T, now)


def test_the_old_capacity_is_not_the_new_one_with_less_memory():
    assert judged_as_grown(grown(12, 100)).kind is Kind.WAITING
    verdict = judged_as_grown([*grown(5, 100), *grown(4, 400, first=5)])
    assert (verdict.kind, verdict.minutes, verdict.given_bytes) == (Kind.CAME_TRUE, 3, 0)


def test_less_memory_than_was_asked_for_is_told_and_never_other_traffic():
    verdict = judged_as_grown(grown(12, 300))
    assert (verdict.kind, verdict.given_bytes) == (Kind.CAME_TRUE, 300)
    verdict = judged_as_grown(grown(12, 300, large=73))
    assert (verdict.kind, verdict.traffic_changed, verdict.given_bytes) == (Kind.UNKNOWN, False, 300)
    assert judged_as_grown(grown(12, 400, large=73)).kind is Kind.TRAFFIC


def test_it_ends_an_hour_after_the_window():
    assert told(minutes(100), now=T + 600 + 3600 + 120).final


def test_a_shorter_window_for_a_demonstration():
    assert told(minutes(12, requests=600), now=T + 180, window_seconds=120).kind is Kind.CAME_TRUE


def test_an_interval_holds_what_minutes_say_and_is_the_same_each_time():
    curves = minutes(30)
    assert told(curves) == told(curves)


def test_blocks_of_minutes_that_are_alike_make_a_wider_interval_than_single_ones():
    runs = [MinuteOfBoth(60 * n, 100, 80 + (5 if n // 6 % 2 else -5), 80, 70, 0, 1) for n in range(36)]
    mixed = runs.copy()
    random.Random(1).shuffle(mixed)
    width = [high - low for low, high in (
        interval(each, lambda m: m.hits - m.shadow_hits, random.Random(2).randrange) for each in (runs, mixed)
    )]  # fmt: skip
    assert width[0] > width[1]


def test_on_a_real_trace_a_change_of_policy_comes_true():
    documents = [of_document(document) for document in whatif_days.story(T - 1800, 30, 36, policies=("lru", "gdsf"))]
    before, later = documents[:30], documents[30:]
    whole = add_curves(before)
    old, new = ("lru", 100 * MIB), ("gdsf", 100 * MIB)
    rates = {name: whole.points[setting].hit_rate for name, setting in (("before", old), ("after", new))}
    promised = Prediction(start=T - 1800, end=T, requests=whole.live.requests, error=0.005, **rates)
    verdict = judge(later, old, new, promised, T, T + 36 * 60)
    assert verdict.kind in (Kind.CAME_TRUE, Kind.TRAFFIC)
    assert abs(verdict.off) < 0.015
    assert verdict.gain > 0.03
