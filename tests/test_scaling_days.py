"""Five days of the auto-scaler, simulated from the pure decision: few moves, no back and forth, near the best size."""

from itertools import pairwise

import pytest

from cache.config import MIB, Autoscale
from cache.scaling import Worth
from tests.scaling_days import (
    Distances,
    Minutes,
    best_fixed,
    capacities_of,
    diurnal,
    fixed,
    flooded,
    goes_back_and_forth,
    play,
)  # fmt: skip

COOLDOWN_SECONDS = 1800
START_BYTES = 64 * MIB
MEMORY = 4.6 / (1 << 30)
WORTHS = {"a miss is cheap": Worth(MEMORY, 3.4e-6), "a miss is dear": Worth(MEMORY, 1e-5)}


@pytest.fixture(scope="module")
def days():
    minutes = diurnal()
    return minutes, Distances(minutes, capacities_of(minutes))


def rules(mode, distances, worth, **more):
    """What somebody would set who knows what the best fixed size does."""
    _, best = best_fixed(distances, worth)
    rate = best.misses / best.requests
    first = sum(first for _, first, _ in distances.minutes)
    given = {
        "grow_above": min(0.9, rate * 1.25), "shrink_below": rate * 0.75, "cooldown_seconds": COOLDOWN_SECONDS,
        "target_miss_rate": (best.misses - first) / (best.requests - first), "max_bytes": 1 << 33,
    }  # fmt: skip
    return Autoscale(mode=mode, **(given | more))


@pytest.fixture(scope="module", params=WORTHS)
def ran(request, days):
    minutes, distances = days
    worth = WORTHS[request.param]
    runs = {
        mode: play(minutes, distances, rules(mode, distances, worth), START_BYTES, worth)
        for mode in ("miss_rate", "target", "cost")
    }
    return runs, best_fixed(distances, worth)[1].dollars(worth), worth


@pytest.mark.parametrize("mode", ["target", "cost"])
def test_a_curve_moves_less_often_than_the_classic(ran, mode):
    runs, _, _ = ran
    assert 0 < len(runs[mode].moves) < len(runs["miss_rate"].moves)


@pytest.mark.parametrize("mode", ["miss_rate", "target", "cost"])
def test_nothing_is_taken_back_within_a_cooldown(ran, mode):
    runs, _, _ = ran
    moves = runs[mode].moves
    assert not goes_back_and_forth(moves, COOLDOWN_SECONDS // 60 - 1, START_BYTES)
    assert all(after[0] - before[0] >= COOLDOWN_SECONDS // 60 for before, after in pairwise(moves))


@pytest.mark.parametrize("mode", ["target", "cost"])
def test_it_costs_no_more_than_the_best_fixed_size_and_a_twentieth(ran, mode):
    runs, best, worth = ran
    assert runs[mode].dollars(worth) <= 1.05 * best


def test_a_fixed_size_read_off_stack_distances_is_what_a_cache_of_it_misses(days):
    minutes, distances = days
    capacity = distances.capacities[len(distances.capacities) // 2]
    still = play(minutes, distances, Autoscale(), capacity, WORTHS["a miss is cheap"])
    expected = fixed(distances, capacity)
    # Where sizes differ a real cache may hold a little less than the distance says: the last that went was larger.
    assert still.misses == pytest.approx(expected.misses, rel=0.03)
    assert still.moves == []


@pytest.mark.parametrize("each_minute", [40, 120])
def test_a_flood_of_cold_keys_grows_the_classic_to_its_bound_and_leaves_the_target_where_it_was(each_minute):
    minutes = diurnal(days=3, seed=12)
    level = Minutes(_noons(minutes), minutes.payload_bytes)
    drenched = flooded(level, 600, 1100, each_minute)
    distances = Distances(drenched, capacities_of(minutes))
    worth, bound = WORTHS["a miss is cheap"], 512 * MIB
    given = {
        "cooldown_seconds": COOLDOWN_SECONDS, "max_bytes": bound, "target_miss_rate": 0.08, "grow_above": 0.3,
        "shrink_below": 0.02,
    }  # fmt: skip
    classic = play(drenched, distances, Autoscale(mode="miss_rate", **given), START_BYTES, worth)
    target = play(drenched, distances, Autoscale(mode="target", **given), START_BYTES, worth)
    assert max(capacity for at, capacity in classic.moves if 600 <= at <= 1100) == bound
    assert any(at < 600 for at, _ in target.moves)
    assert [move for move in target.moves if 600 <= move[0] <= 1100] == []


def _noons(minutes):
    """The busy hours of each day, one after the other: traffic that stays what it is."""
    return [keys for minute, keys in enumerate(minutes.keys) if 500 <= minute % 1440 < 940]
