"""The ledger: exact sizes, never above the capacity, and for LRU just what a reference says."""

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.ledger import ENTRY_OVERHEAD_BYTES, Ledger
from cache.policies import POLICIES
from cache.policies.lru import Lru

every_policy = pytest.mark.parametrize("name", POLICIES)


def entry(payload_bytes):
    return payload_bytes + ENTRY_OVERHEAD_BYTES


@every_policy
def test_replacing_a_key_never_lets_the_size_drift(name):
    ledger = Ledger(POLICIES[name](), 10 * entry(1000))
    for payload in (10, 1000, 500, 0, 999):
        ledger.admit("a", payload)
        assert (len(ledger), ledger.size_bytes) == (1, entry(payload))
    ledger.remove("a")
    assert (len(ledger), ledger.size_bytes, ledger.evictions) == (0, 0, 0)


@every_policy
def test_what_is_larger_than_the_capacity_is_refused_and_evicts_nothing(name):
    ledger = Ledger(POLICIES[name](), entry(1000))
    assert ledger.admit("fits", 1000) == []
    assert ledger.admit("too large", 1001) is None
    assert "fits" in ledger


@every_policy
def test_a_key_that_grows_too_large_is_no_longer_held(name):
    ledger = Ledger(POLICIES[name](), entry(1000))
    ledger.admit("a", 10)
    assert ledger.admit("a", 1001) is None
    assert (len(ledger), ledger.size_bytes) == (0, 0)


@every_policy
def test_shrinking_sinks_in_small_steps_and_the_size_is_never_above_the_capacity(name):
    ledger = Ledger(POLICIES[name](), 100 * entry(10))
    for key in range(100):
        ledger.admit(key, 10)
    ledger.resize(50 * entry(10))
    assert ledger.capacity_bytes == ledger.size_bytes == 100 * entry(10)
    assert len(ledger.settle(30)) == 30
    assert ledger.capacity_bytes == ledger.size_bytes == 70 * entry(10)
    ledger.admit("new", 10)
    assert ledger.size_bytes <= ledger.capacity_bytes == 70 * entry(10)
    assert len(ledger.settle(30)) == 20
    assert ledger.settle(30) == []
    assert ledger.capacity_bytes == ledger.size_bytes == 50 * entry(10)


@every_policy
def test_growing_is_in_force_at_once_and_evicts_nothing(name):
    ledger = Ledger(POLICIES[name](), entry(10))
    ledger.admit("a", 10)
    ledger.resize(2 * entry(10))
    assert ledger.admit("b", 10) == []
    assert len(ledger) == 2


@pytest.mark.parametrize("after", POLICIES)
@every_policy
def test_another_policy_goes_on_with_what_is_held(name, after):
    ledger = Ledger(POLICIES[name](), 5 * entry(10))
    for key in range(5):
        ledger.admit(key, 10)
    ledger.follow(POLICIES[after]())
    assert all(key in ledger for key in range(5))
    assert len(ledger.admit("new", 10)) == 1


sizes = st.integers(0, 5000)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 15), sizes),
        st.tuples(st.just("remove"), st.integers(0, 15), sizes),
        st.tuples(st.just("resize"), st.integers(1, 40_000), sizes),
        st.tuples(st.just("settle"), st.integers(1, 3), sizes),
        st.tuples(st.just("follow"), st.sampled_from(list(POLICIES)), sizes),
    )
)


@given(steps)
def test_sizes_stay_exact_and_within_the_capacity_whatever_happens(steps):
    ledger, held = Ledger(Lru(), 20_000), {}
    for step, argument, payload in steps:
        evicted = []
        if step == "ask" and argument in ledger:
            ledger.touch(argument)
        elif step == "ask":
            evicted = ledger.admit(argument, payload)
            if evicted is not None:
                held[argument] = entry(payload)
        elif step == "remove":
            assert ledger.remove(argument) is (held.pop(argument, None) is not None)
        elif step == "resize":
            ledger.resize(argument)
        elif step == "settle":
            evicted = ledger.settle(argument)
        else:
            ledger.follow(POLICIES[argument]())
        for key in evicted or ():
            del held[key]
        assert ledger.size_bytes == sum(held.values())
        assert len(ledger) == len(held)
        assert ledger.size_bytes <= ledger.capacity_bytes


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3000))), st.integers(1, 8))
def test_lru_decides_as_a_reference_does(requests, room):
    capacity = room * entry(1500)
    ledger, reference = Ledger(Lru(), capacity), OrderedDict()
    size_of = dict(requests)
    for key, _ in requests:
        assert (key in ledger) == (key in reference)
        if key in reference:
            ledger.touch(key)
            reference.move_to_end(key)
        elif entry(size_of[key]) <= capacity:
            while sum(reference.values()) + entry(size_of[key]) > capacity:
                reference.popitem(last=False)
            reference[key] = entry(size_of[key])
            ledger.admit(key, size_of[key])
        else:
            assert ledger.admit(key, size_of[key]) is None
    assert ledger.size_bytes == sum(reference.values())
