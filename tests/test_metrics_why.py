"""Why requests missed, where all of it is told, a part, or nothing."""

import pytest

from cache.whatif.reasons import REASONS
from metrics.schema import Minute
from metrics.why import OF_REASON, explained, is_explained


def told(**misses):
    return dict.fromkeys(REASONS, 0) | misses


def minute(misses, **values):
    return Minute("me", 0, {"misses": misses, **values})


def parts(explained_minute):
    """The misses by reason, without those that are 0."""
    values = explained_minute.values
    return {name: values[metric] for name, metric in OF_REASON.items() if values[metric]}


@pytest.mark.parametrize("misses", [0, 1, 17, 1000])
def test_they_add_up_to_the_misses_whatever_was_told(misses):
    found = explained(minute(misses), told(cold=5, capacity=12))
    assert sum(parts(found).values()) == misses
    assert is_explained(found)
    if misses == 17:
        assert parts(found) == {"cold": 5, "capacity": 12}


def test_what_was_too_large_is_known_without_being_told():
    found = explained(minute(20, too_large=8), told(too_large=30, cold=6, collapsed=6))
    assert parts(found) == {"too_large": 8, "cold": 6, "collapsed": 6}


def test_what_a_service_kept_as_it_ended_stays():
    kept = {"miss_changed": 10, "miss_capacity": 2}
    found = explained(minute(15, **kept), told(cold=3))
    assert parts(found) == {"changed": 10, "capacity": 2, "cold": 3}


def test_what_nobody_tells_is_put_down_as_the_minutes_before_were():
    before = told(policy=30, capacity=10)
    assert parts(explained(minute(45), told(cold=5), before)) == {"cold": 5, "policy": 30, "capacity": 10}
    assert parts(explained(minute(40, too_large=4), None, before)) == {"too_large": 4, "policy": 27, "capacity": 9}


def test_what_is_told_in_full_is_not_mixed_with_what_was_before():
    assert parts(explained(minute(5), told(cold=5), told(policy=30))) == {"cold": 5}


@pytest.mark.parametrize("known", [None, told(too_large=3)])
def test_it_stays_as_it_is_where_nothing_is_known(known):
    unknown = minute(5)
    assert explained(unknown, known) is unknown
    assert not is_explained(unknown)
