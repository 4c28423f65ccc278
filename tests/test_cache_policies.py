"""One suite for every policy in POLICIES, and what is particular to each."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.policies import POLICIES
from cache.policies.lru import Lru
from cache.policies.random_choice import RandomChoice

every_policy = pytest.mark.parametrize("name", POLICIES)


@every_policy
def test_a_policy_says_in_words_what_it_is(name):
    policy = POLICIES[name]()
    assert policy.label
    assert policy.summary.endswith(".")


@every_policy
def test_every_added_key_is_evicted_exactly_once(name):
    policy = POLICIES[name]()
    for key in range(100):
        policy.add(key)
    for key in range(0, 100, 3):
        policy.touch(key)
    assert sorted(policy.evict() for _ in range(100)) == list(range(100))


@every_policy
def test_evicting_from_nothing_is_an_index_error(name):
    policy = POLICIES[name]()
    with pytest.raises(IndexError):
        policy.evict()


@every_policy
@given(steps=st.lists(st.tuples(st.sampled_from(["add", "touch", "remove", "evict"]), st.integers(0, 9))))
def test_a_policy_holds_exactly_what_was_added_and_neither_removed_nor_evicted(name, steps):
    policy, held = POLICIES[name](), set()
    for step, key in steps:
        if step == "add" and key not in held:
            policy.add(key)
            held.add(key)
        elif step == "touch" and key in held:
            policy.touch(key)
        elif step == "remove" and key in held:
            policy.remove(key)
            held.remove(key)
        elif step == "evict" and held:
            held.remove(policy.evict())
        assert sorted(policy) == sorted(held)


@pytest.mark.parametrize("after", POLICIES)
@pytest.mark.parametrize("before", POLICIES)
def test_another_policy_can_take_over_what_is_held(before, after):
    old, new = POLICIES[before](), POLICIES[after]()
    for key in range(20):
        old.add(key)
    for key in old:
        new.add(key)
    assert sorted(new.evict() for _ in range(20)) == list(range(20))


def test_lru_evicts_the_key_that_was_not_used_for_the_longest():
    policy = Lru()
    for key in "abc":
        policy.add(key)
    policy.touch("a")
    assert [policy.evict() for _ in range(3)] == ["b", "c", "a"]
    assert list(policy) == []


def test_random_draws_every_key_with_the_same_chance():
    below = random.Random(7).randrange
    drawn = dict.fromkeys(range(10), 0)
    for _ in range(10_000):
        policy = RandomChoice(below)
        for key in range(10):
            policy.add(key)
        policy.touch(3)
        drawn[policy.evict()] += 1
    # 1,000 each are expected, with a standard deviation of sqrt(10,000 * 0.1 * 0.9) = 30.
    assert all(abs(times - 1000) < 4 * 30 for times in drawn.values())
