"""Why the live cache missed, as the shadows tell it, against an oracle that remembers everything."""

import random

import pytest

from cache.whatif.reasons import REASONS, apportioned
from cache.whatif.records import COLLAPSED, HIT, MISS, TOO_LARGE
from cache.whatif.shadows import Shadows
from cache.whatif.tap import Entry
from tests.whatif_traces import (
    DETERMINISTIC,
    NO_BOUND,
    Cleared,
    Configured,
    Get,
    Live,
    Replaced,
    Running,
    drained,
    shifting,
)

REQUESTS = 8_000
KEYS = 1_500
CAPACITY_BYTES = 5_000_000
SMALLER_BYTES = 1_234_567


class Oracle:
    """Looks at each request after the live cache has answered it, and counts why it was a miss.

    ``everything`` is what a cache without a limit would hold, ``without_limit`` what it would have hit.
    """

    def __init__(self, capacity_bytes):
        self.everything = set()
        self.without_limit = 0
        self.caches = [Running(policy, capacity_bytes) for policy in DETERMINISTIC]
        self.seen = set()
        self.changed = {}
        self.reasons = dict.fromkeys(REASONS, 0)

    def see(self, event, outcome, resized_out):
        if isinstance(event, Configured):
            self.change((key, width) for key, width, _ in resized_out)
            for cache in self.caches:
                cache.configure(cache.policy, event.capacity_bytes)
        elif isinstance(event, Get):
            had = [cache.play(event) == HIT for cache in self.caches]
            self.without_limit += (event.key, event.width) in self.everything
            self.everything.add((event.key, event.width))
            if outcome != HIT:
                self.reasons[self.why(event, outcome, had)] += 1
            self.seen.add((event.key, event.width))
            self.changed[(event.key, event.width)] = False
        else:
            names = [e for e in self.seen if isinstance(event, Cleared) or e[0] == event.key]
            self.change(names)
            self.everything.difference_update(names)
            for cache in self.caches:
                cache.play(event)

    def change(self, entries):
        for entry in entries:
            self.changed[entry] = True

    def why(self, get, outcome, had):
        entry = (get.key, get.width)
        if outcome == TOO_LARGE:
            return "too_large"
        if self.changed.get(entry):
            return "changed"
        if outcome == COLLAPSED:
            return "collapsed"
        if entry not in self.seen:
            return "cold"
        return "policy" if any(had) else "capacity"


def eventful(seed):
    """Requests, replacements, a purge, a cache that shrinks, another policy, and some images larger than the cache."""
    draw = random.Random(seed)
    versions, events = {}, [Configured("lru", CAPACITY_BYTES)]
    for turn, get in enumerate(shifting(REQUESTS, KEYS, seed)):
        if draw.random() < 0.04:
            versions[get.key] = versions.get(get.key, 0) + 1
            events.append(Replaced(get.key))
        if turn == 2500:
            events.append(Cleared())
        if turn == 4000:
            events.append(Configured("lru", SMALLER_BYTES))
        if turn == 6000:
            events.append(Configured("fifo", SMALLER_BYTES))
        large = 40 * (hash(get.key) % 50 == 0) + 1
        events.append(Get(get.key, get.payload_bytes * large, versions.get(get.key, 0)))
    return events


@pytest.fixture(scope="module", params=[1, 2, 3])
def told_and_oracle(request):
    events = eventful(request.param)
    oracle = Oracle(CAPACITY_BYTES)
    live = Live("lru", CAPACITY_BYTES)
    outcomes = []
    for event in events:
        held = set(live.cache.ledger._sizes) if isinstance(event, Configured) else set()
        (outcome,) = live.play([event])
        oracle.see(event, outcome, held - set(live.cache.ledger._sizes) if held else ())
        outcomes.append(outcome)
    live.tap.minute_ended(60)
    (told,) = drained(live.tap, Shadows(NO_BOUND))
    misses = sum(outcome in (MISS, TOO_LARGE) for outcome in outcomes)
    return told, oracle, misses


def test_the_reasons_are_the_oracles(told_and_oracle):
    told, oracle, _ = told_and_oracle
    assert told["reasons"] == oracle.reasons
    assert all(told["reasons"][name] for name in REASONS if name != "collapsed")


def test_without_a_limit_only_first_requests_and_changes_are_missed_not_what_a_smaller_cache_let_go(told_and_oracle):
    told, oracle, _ = told_and_oracle
    assert told["infinite"][0] == oracle.without_limit
    assert all(told["infinite"][0] >= hits for _, _, hits, _ in told["points"])


def test_the_reasons_add_up_to_the_misses(told_and_oracle):
    told, _, misses = told_and_oracle
    assert sum(told["reasons"].values()) == misses == told["requests"] - told["hits"]
    assert not told["estimated"]


def test_who_waited_is_collapsed_even_if_written_down_before_who_fetched():
    live = Live("lru", CAPACITY_BYTES)
    for key, outcome in [("a", COLLAPSED), ("a", MISS), ("b", MISS), ("b", COLLAPSED), ("a", HIT)]:
        live.tap.request(Entry(key, "1"), 100, outcome)
    live.tap.minute_ended(0)
    (told,) = drained(live.tap, Shadows(NO_BOUND))
    assert told["reasons"] == dict.fromkeys(REASONS, 0) | {"collapsed": 2, "cold": 2}
    assert {tuple(point[2:]) for point in told["points"]} == {(1, 100)}
    assert told["infinite"] == [1, 100]


@pytest.mark.parametrize("parts", [[1, 2, 3, 4], [0.0, 0, 0, 0], [0.5, 0.25, 8, 0], [1e6, 1, 1, 1]])
@pytest.mark.parametrize("whole", [0, 1, 7, 10, 12_345])
def test_apportioned_parts_add_up_to_the_whole(whole, parts):
    shares = apportioned(whole, parts)
    assert sum(shares) == whole
    assert all(share >= 0 for share in shares)


def test_parts_that_add_up_already_stay_as_they_are():
    assert apportioned(10, [1.0, 2.0, 3.0, 4.0]) == [1, 2, 3, 4]
