"""The shadows against really running every policy at every capacity."""

import random

import pytest

from cache.whatif import grid
from cache.whatif.family import Family
from cache.whatif.keys import Keys
from cache.whatif.orders import ORDERS
from cache.whatif.records import HIT, MISS
from cache.whatif.shadows import Shadows
from cache.whatif.strata import EVERYTHING
from tests.whatif_traces import (
    DETERMINISTIC,
    NO_BOUND,
    Cleared,
    Get,
    Replaced,
    curve,
    footprint_bytes,
    returning,
    run,
    shifting,
)

REQUESTS = 12_000
KEYS = 2_000


def with_changes(trace, seed):
    """The same requests with keys replaced and deleted in between, some unannounced, and one purge of everything."""
    draw = random.Random(seed)
    versions, events = {}, []
    for turn, get in enumerate(trace):
        if draw.random() < 0.03:
            changed = draw.choice(trace[max(0, turn - 200) : turn + 1]).key
            versions[changed] = versions.get(changed, 0) + 1
            if draw.random() < 0.8:
                events.append(Replaced(changed))
        if turn == len(trace) // 2:
            events.append(Cleared())
        events.append(Get(get.key, get.payload_bytes, versions.get(get.key, 0)))
    return events


def with_widths(trace, seed):
    draw = random.Random(seed)
    return [Get(get.key, get.payload_bytes // 2, 0, draw.choice((0, 0, 160, 640))) for get in trace]


TRACES = {
    "one size": shifting(REQUESTS, KEYS, 1, sizes=False),
    "many sizes": shifting(REQUESTS, KEYS, 2),
    "replaced, deleted, purged": with_changes(shifting(REQUESTS, KEYS, 3), 4),
    "renditions": with_changes(with_widths(shifting(REQUESTS, KEYS, 5), 6), 7),
}


@pytest.fixture(scope="module", params=TRACES)
def played(request):
    trace = TRACES[request.param]
    capacity_bytes = footprint_bytes(trace) // 12
    random.seed(1)  # the shadow of random replacement draws from it
    return trace, capacity_bytes, curve(trace, "lru", capacity_bytes)


@pytest.mark.parametrize("policy", DETERMINISTIC)
def test_each_shadow_hits_exactly_what_the_cache_would(policy, played):
    trace, _, told = played
    points = [point for point in told["points"] if point[0] == policy]
    assert len(points) >= 11
    for _, capacity_bytes, hits, bytes_hit in points:
        assert (hits, bytes_hit) == run(policy, capacity_bytes, trace), capacity_bytes


def test_the_random_shadow_hits_as_often_as_the_cache_within_chance(played):
    trace, _, told = played
    random.seed(2)  # so that what is left to chance is the same in every run
    for _, capacity_bytes, hits, _ in (point for point in told["points"] if point[0] == "random"):
        assert abs(hits - run("random", capacity_bytes, trace)[0]) <= 0.02 * told["requests"]


def test_the_shadow_of_what_is_in_force_is_the_live_cache(played):
    _, capacity_bytes, told = played
    assert ["lru", capacity_bytes, told["hits"], told["bytes_hit"]] in told["points"]


def test_the_infinite_cache_hits_all_but_first_requests_and_changes(played):
    trace, _, told = played
    hits, bytes_hit = run("lru", 1 << 50, trace)
    assert told["infinite"] == [hits, bytes_hit]


def test_an_exact_curve_says_so(played):
    _, _, told = played
    assert (told["sampled"], told["estimated"], told["shed"]) == ({}, False, 0)


@pytest.mark.parametrize("capacity_bytes", [65_536, 1 << 20, 100 << 20, 123_456_789, 1 << 40])
def test_the_grid_goes_from_a_quarter_to_eight_times_what_is_in_force(capacity_bytes):
    capacities = grid.around(capacity_bytes)
    assert capacity_bytes in capacities
    assert capacities == sorted(capacities)
    assert capacities[0] <= capacity_bytes / 4 * 1.42
    assert capacities[-1] >= capacity_bytes * 8 / 1.42


def test_hits_that_are_taken_together_change_what_each_would():
    """Favourites in batches of hits only; at the smaller capacities newcomers let some of them go in between."""
    trace = returning(20_000, 50, 8)
    capacity_bytes = footprint_bytes(trace) // 8
    shadows = Shadows(NO_BOUND)
    together = {name: [] for name in DETERMINISTIC}
    for name, taken in together.items():
        watch(shadows.families[name], taken)
    told = curve(trace, "lru", capacity_bytes, batch=250, shadows=shadows)
    for policy, taken in together.items():
        assert sum(taken) >= 10, policy
        for _, at_bytes, hits, bytes_hit in (point for point in told["points"] if point[0] == policy):
            assert (hits, bytes_hit) == run(policy, at_bytes, trace), (policy, at_bytes)
    assert {False, True} <= {each for taken in together.values() for each in taken}


@pytest.mark.parametrize("times", range(1, 6))
@pytest.mark.parametrize("policy", DETERMINISTIC)
def test_hits_noted_at_once_count_as_one_by_one(policy, times):
    """A family of one slot with room for three entries, of which one is hit, then newcomers and that one again."""
    missed = []
    for at_once in (True, False):
        keys = Keys()
        for entry in range(9):
            keys.add(entry, 0, 1_000, eligible=1)
        family = Family(ORDERS[policy], keys)
        family.grow(keys.places)
        family.open(0, 3_000, None)
        family.play([request(key, MISS) for key in (1, 2, 3)])
        if at_once:
            assert family.hit([(1, times)])
        else:
            family.play([request(1, HIT)] * times)
        missed.append(family.play([request(key, MISS) for key in (4, 5, 6, 7, 1, 8, 2, 9, 1)]))
    assert missed[0] == missed[1]


def request(key, outcome):
    return key, 1_000, 900, outcome, 0, EVERYTHING


def watch(family, taken):
    """Note each time whether the family took a batch at once."""
    hit = family.hit

    def noted(used):
        taken.append(hit(used))
        return taken[-1]

    family.hit = noted
