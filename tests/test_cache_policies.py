"""One suite for every policy in POLICIES, and what is particular to each."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.policies import POLICIES
from cache.policies.fifo import Fifo
from cache.policies.gdsf import Gdsf
from cache.policies.lfu import Lfu
from cache.policies.lru import Lru
from cache.policies.random_choice import RandomChoice
from cache.policies.s3fifo import S3Fifo
from cache.policies.sieve import Sieve

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
        policy.add(key, 1000 + 7 * key)
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
            policy.add(key, 1000 + 7 * key)
            held.add(key)
        elif step == "touch" and key in held:
            policy.touch(key)
        elif step == "remove" and key in held:
            policy.remove(key)
            held.remove(key)
        elif step == "evict" and held:
            held.remove(policy.evict())
        assert sorted(policy) == sorted(held)


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "random"])
@given(steps=st.lists(st.tuples(st.sampled_from(["add", "touch", "touch", "evict"]), st.integers(0, 9)), max_size=60))
def test_iteration_gives_the_keys_in_the_order_in_which_they_will_go(name, steps):
    policy, held = POLICIES[name](), set()
    for step, key in steps:
        if step == "add" and key not in held:
            policy.add(key, 1000 + 7 * key)
            held.add(key)
        elif step == "touch" and key in held:
            policy.touch(key)
        elif step == "evict" and held:
            held.remove(policy.evict())
    told = list(policy)
    assert told == [policy.evict() for _ in range(len(held))]


@pytest.mark.parametrize("after", POLICIES)
@pytest.mark.parametrize("before", POLICIES)
def test_another_policy_can_take_over_what_is_held(before, after):
    old, new = POLICIES[before](), POLICIES[after]()
    for key in range(20):
        old.add(key, 1000)
    for key in old:
        new.add(key, 1000)
    assert sorted(new.evict() for _ in range(20)) == list(range(20))


def test_lru_evicts_the_key_that_was_not_used_for_the_longest():
    policy = Lru()
    for key in "abc":
        policy.add(key, 1)
    policy.touch("a")
    assert [policy.evict() for _ in range(3)] == ["b", "c", "a"]
    assert list(policy) == []


def test_random_draws_every_key_with_the_same_chance():
    below = random.Random(7).randrange
    drawn = dict.fromkeys(range(10), 0)
    for _ in range(10_000):
        policy = RandomChoice(below)
        for key in range(10):
            policy.add(key, 1)
        policy.touch(3)
        drawn[policy.evict()] += 1
    # 1,000 each are expected, with a standard deviation of sqrt(10,000 * 0.1 * 0.9) = 30.
    assert all(abs(times - 1000) < 4 * 30 for times in drawn.values())


def with_keys(policy, keys, size_bytes=1):
    for key in keys:
        policy.add(key, size_bytes)
    return policy


def evicted(policy, number):
    return [policy.evict() for _ in range(number)]


def test_fifo_evicts_what_came_first_used_or_not():
    policy = with_keys(Fifo(), "abc")
    policy.touch("a")
    assert evicted(policy, 3) == ["a", "b", "c"]


def test_lfu_evicts_what_was_used_least_and_of_those_what_was_used_longest_ago():
    policy = with_keys(Lfu(), "abcd")
    for key in "abbda":
        policy.touch(key)
    assert evicted(policy, 4) == ["c", "d", "b", "a"]


def test_sieve_passes_over_what_was_used_and_goes_on_where_it_stopped():
    policy = with_keys(Sieve(), "abcd")
    policy.touch("a")
    policy.touch("b")
    assert policy.evict() == "c"
    policy.add("e", 1)
    policy.touch("d")
    # The hand stands at d, used; e is not; then from the oldest again, whose use is forgotten.
    assert evicted(policy, 4) == ["e", "a", "b", "d"]


def test_s3fifo_lets_newcomers_go_before_what_was_used_twice():
    policy = with_keys(S3Fifo(), "abcdefghij")
    for key in "aab":
        policy.touch(key)
    assert evicted(policy, 9) == list("bcdefghij")
    assert policy.evict() == "a"


def test_s3fifo_takes_what_comes_back_soon_into_the_main_queue():
    policy = with_keys(S3Fifo(), range(20))
    assert evicted(policy, 1) == [0]
    policy.add(0, 1)
    # All in the small queue goes first: nothing of it was used.
    assert evicted(policy, 19)[-1] == 19
    assert list(policy) == [0]


def test_s3fifo_remembers_no_more_than_it_holds():
    policy = S3Fifo()
    for key in range(5000):
        policy.add(key, 1)
        if key >= 100:
            policy.evict()
    assert len(policy._ghost.sizes) <= 100


def test_gdsf_keeps_what_is_small_and_what_is_used():
    policy = Gdsf()
    policy.add("large", 1000)
    policy.add("small", 10)
    policy.add("large and used", 1000)
    policy.touch("large and used")
    assert evicted(policy, 3) == ["large", "large and used", "small"]


def test_gdsf_forgets_old_favourites_as_others_go():
    policy = Gdsf()
    policy.add("favourite", 10)
    for _ in range(9):
        policy.touch("favourite")
    for key in range(100):
        policy.add(key, 10)
        if policy.evict() == "favourite":
            break
    assert 8 <= key <= 11  # each that goes takes the others a tenth of the favourite's priority further


def test_gdsf_does_not_grow_with_the_hits():
    policy = with_keys(Gdsf(), range(100))
    for hit in range(10_000):
        policy.touch(hit % 100)
    assert len(policy._heap) <= 400
