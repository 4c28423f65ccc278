"""The pure decision: when it moves, how far, and everything that holds it."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.config import MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES, Autoscale
from cache.scaling import Action, Because, Curve, Point, Situation, Traffic, Why, Worth, decide

SIZES = (25, 50, 100, 200, 400, 800)
MISSES = (60, 45, 30, 20, 16, 15)
"""Per cent that would miss at each of SIZES, 10 of them for the first time."""


def curve(misses=MISSES, first=10, requests=60_000):
    points = tuple(
        Point(size * MIB, requests, requests * each // 100) for size, each in zip(SIZES, misses, strict=True)
    )
    return Curve(requests, requests * first // 100, points)


def situation(mode="miss_rate", missed=0.3, requests=60_000, capacity=100 * MIB, **more):
    rules = {"mode": mode, "grow_above": 0.5, "shrink_below": 0.1, "target_miss_rate": 0.1}
    rules |= {name: more.pop(name) for name in tuple(more) if name in Autoscale.model_fields}
    given = {
        "traffic": Traffic(300, requests, round(requests * missed)), "curve": curve(),
        "worth": Worth(4.6 / (1 << 30), 3e-6),
    }  # fmt: skip
    return Situation(Autoscale(**rules), capacity, **(given | more))


def test_manual_moves_nothing():
    assert decide(situation("manual", missed=1.0)).why is Why.MANUAL


@pytest.mark.parametrize(
    ("missed", "action", "chosen"),
    [(0.6, Action.GROW, 200), (0.5, Action.HOLD, 100), (0.3, Action.HOLD, 100), (0.1, Action.HOLD, 100),
     (0.05, Action.SHRINK, 50)],
)  # fmt: skip
def test_by_miss_rate_it_grows_above_the_maximum_and_shrinks_below_the_minimum(missed, action, chosen):
    decided = decide(situation(missed=missed))
    assert (decided.action, decided.chosen_bytes) == (action, chosen * MIB)


def test_a_target_is_met_by_the_smallest_capacity_that_is_expected_to():
    decided = decide(situation("target", target_miss_rate=0.15))
    assert (decided.action, decided.why) == (Action.GROW, Why.ABOVE)
    assert 100 * MIB < decided.chosen_bytes < 200 * MIB
    assert decided.now == pytest.approx(0.2 / 0.9)
    assert decided.expected == pytest.approx(0.15, abs=0.003)


def test_what_was_turned_down_is_told_with_the_reason():
    decided = decide(situation("target", target_miss_rate=0.15))
    reasons = {each.capacity_bytes // MIB: each.because for each in decided.rejected}
    assert reasons[50] is Because.MISSES_MORE
    assert reasons[400] is Because.MORE_MEMORY


def test_a_target_far_off_is_gone_to_step_by_step():
    decided = decide(situation("target", capacity=25 * MIB, target_miss_rate=0.12))
    assert (decided.chosen_bytes, decided.limit) == (50 * MIB, Because.STEP)


def test_near_the_target_nothing_moves():
    assert decide(situation("target", target_miss_rate=0.21)).why is Why.WITHIN


def test_few_requests_make_the_margin_wider():
    near = situation("target", target_miss_rate=0.18)
    assert decide(near).action is Action.GROW
    few = replace(near, curve=curve(requests=1000))
    assert decide(few).why is Why.WITHIN


def test_first_requests_are_nobodys_fault():
    """Twice the requests, all the new ones for images never asked for before: the miss rate soars, nothing moves."""
    calm = situation("target", target_miss_rate=0.22)
    flood = curve(misses=(82, 74, 67, 61, 58, 57), first=55)
    drenched = replace(calm, curve=flood, traffic=Traffic(300, 60_000, 40_000))
    assert decide(calm).action is Action.HOLD
    assert decide(drenched).action is Action.HOLD
    assert decide(replace(drenched, rules=Autoscale(mode="miss_rate"))).action is Action.GROW


def test_where_all_are_first_requests_no_capacity_is_chosen():
    assert decide(situation("target", curve=curve(misses=(100,) * 6, first=100))).why is Why.COLD


def test_growing_that_would_spare_nothing_is_left():
    flat = curve(misses=(50,) * 6)
    assert decide(situation("target", curve=flat)).why is Why.NO_GAIN


def test_by_cost_the_cheapest_within_a_step_is_chosen_if_it_saves_enough():
    dear = decide(situation("cost", worth=Worth(4.6 / (1 << 30), 3e-6)))
    assert (dear.action, dear.chosen_bytes, dear.why) == (Action.GROW, 200 * MIB, Why.CHEAPER)
    assert dear.dollars_expected < 0.92 * dear.dollars_now
    cheap = decide(situation("cost", worth=Worth(4.6 / MIB, 3e-9)))
    assert (cheap.action, cheap.chosen_bytes) == (Action.SHRINK, 50 * MIB)


def test_by_cost_more_caches_make_memory_dearer():
    one = situation("cost", worth=Worth(1e-7, 3e-7))
    assert decide(one).action is Action.GROW
    assert decide(replace(one, caches=20)).action is not Action.GROW


def test_by_cost_it_does_not_drop_what_is_dearer_to_fetch_again():
    cheap = situation("cost", worth=Worth(4.6 / MIB, 3e-9))
    held = replace(cheap, traffic=replace(cheap.traffic, entry_bytes=0.01))
    assert decide(held).why is Why.REFETCH
    assert decide(replace(cheap, traffic=replace(cheap.traffic, entry_bytes=90_000))).action is Action.SHRINK


@pytest.mark.parametrize("mode", ["target", "cost"])
def test_without_a_curve_it_holds(mode):
    assert decide(situation(mode, curve=None)).why is Why.NO_CURVE
    assert decide(situation(mode, curve_problem=Why.UNSURE)).why is Why.UNSURE


@pytest.mark.parametrize("mode", ["miss_rate", "target", "cost"])
@pytest.mark.parametrize("problem", [Why.SILENT, Why.STALE, Why.PARTIAL, Why.UNAPPLIED, Why.EARLY])
def test_on_missing_partial_or_old_data_it_holds(mode, problem):
    decided = decide(situation(mode, missed=0.9, problem=problem))
    assert (decided.action, decided.why, decided.chosen_bytes) == (Action.HOLD, problem, 100 * MIB)


def test_no_data_at_all_is_not_zero():
    assert decide(situation(traffic=None)).why is Why.SILENT
    assert decide(situation(requests=0)).why is Why.FEW


def test_too_few_requests_decide_nothing():
    assert decide(situation(missed=0.9, requests=999)).why is Why.FEW
    assert decide(situation(missed=0.9, requests=1000)).action is Action.GROW


def test_within_the_cooldown_it_says_what_it_would_do_and_waits():
    decided = decide(situation(missed=0.9, changed_seconds=299))
    assert (decided.why, decided.chosen_bytes, decided.wanted_bytes) == (Why.COOLDOWN, 100 * MIB, 200 * MIB)
    assert decide(situation(missed=0.9, changed_seconds=300)).action is Action.GROW


def test_shrinking_by_the_curve_waits_for_longer():
    shrinking = situation("target", target_miss_rate=0.5, changed_seconds=400)
    assert decide(shrinking).why is Why.COOLDOWN
    assert decide(replace(shrinking, changed_seconds=2400)).action is Action.SHRINK


@pytest.mark.parametrize(
    ("missed", "more", "why"),
    [(0.9, {"max_bytes": 100 * MIB}, Why.AT_MAX), (0.05, {"min_bytes": 100 * MIB}, Why.AT_MIN),
     (0.9, {"most_bytes": 100 * MIB}, Why.MEMORY), (0.9, {"most_bytes": 50 * MIB}, Why.MEMORY)],
)  # fmt: skip
def test_bounds_and_the_memory_of_the_machines_hold_it(missed, more, why):
    assert decide(situation(missed=missed, **more)).why is why


def test_it_grows_up_to_a_bound_that_is_nearer_than_the_step():
    decided = decide(situation(missed=0.9, most_bytes=130 * MIB))
    assert (decided.chosen_bytes, decided.limit) == (130 * MIB, Because.MEMORY)


def test_bounds_that_were_set_anew_are_kept_in_one_step():
    decided = decide(situation(max_bytes=20 * MIB))
    assert (decided.action, decided.chosen_bytes, decided.why) == (Action.SHRINK, 20 * MIB, Why.BOUNDS)


def test_a_cache_that_is_not_full_does_not_grow():
    assert decide(situation(traffic=Traffic(300, 60_000, 50_000, pressed=False))).why is Why.NOT_FULL


def test_the_smallest_cache_can_grow_at_all():
    decided = decide(situation(missed=0.9, capacity=MIN_CAPACITY_BYTES, min_bytes=MIN_CAPACITY_BYTES, grow_ratio=1.01))
    assert decided.chosen_bytes > MIN_CAPACITY_BYTES


@given(
    mode=st.sampled_from(["miss_rate", "target", "cost"]),
    capacity=st.integers(MIN_CAPACITY_BYTES, MAX_CAPACITY_BYTES),
    bounds=st.tuples(*[st.integers(MIN_CAPACITY_BYTES, MAX_CAPACITY_BYTES)] * 2).map(sorted),
    most=st.none() | st.integers(MIN_CAPACITY_BYTES, MAX_CAPACITY_BYTES),
    misses=st.lists(st.integers(0, 60_000), min_size=6, max_size=6),
    first=st.integers(0, 100),
    changed=st.sampled_from([0.0, 299.0, 300.0, 10_000.0, math.inf]),
    target=st.floats(0, 1),
)
def test_whatever_is_seen_no_bound_is_passed(mode, capacity, bounds, most, misses, first, changed, target):
    points = tuple(Point(size * MIB, 60_000, each) for size, each in zip(SIZES, misses, strict=True))
    seen = situation(
        mode, missed=misses[2] / 60_000, capacity=capacity, curve=Curve(60_000, 600 * first, points),
        min_bytes=bounds[0], max_bytes=bounds[1], most_bytes=most, changed_seconds=changed, target_miss_rate=target,
    )  # fmt: skip
    decided = decide(seen)
    if decided.action is Action.HOLD:
        assert decided.chosen_bytes == capacity
        return
    least = bounds[0] if most is None else min(bounds[0], most)  # no bound asks for more than a machine has
    assert least <= decided.chosen_bytes <= bounds[1]
    assert changed >= 300
    if decided.action is Action.GROW:
        assert decided.chosen_bytes > capacity
        assert most is None or decided.chosen_bytes <= most
    else:
        assert decided.chosen_bytes < capacity
