"""What large entries weigh in a sample."""

import pytest

from cache.config import MIB
from cache.whatif.records import MAX_LEVEL
from cache.whatif.weights import PARTS, Weights


def fitted(level, capacity_bytes, least_level=0):
    weights = Weights()
    weights.least_level, weights.level[0] = least_level, level
    weights.fit(0, capacity_bytes)
    return weights


SIZES = [2_049, 30_000, 70_000, 1_000_000, 20_000_000, 60_000_000]


@pytest.mark.parametrize("size_bytes", SIZES)
def test_in_the_mean_an_entry_takes_up_its_share_however_large_it_is(size_bytes):
    weights = fitted(5, 64 * MIB)
    mean = weights.weight(0, size_bytes) / (1 << weights.least(0, size_bytes))
    assert mean == pytest.approx(size_bytes / 32, rel=0.001)


@pytest.mark.parametrize("size_bytes", SIZES)
def test_no_entry_weighs_more_than_a_part_of_the_share_unless_it_does_so_in_the_cache(size_bytes):
    share = 64 * MIB >> 5
    assert fitted(5, 64 * MIB).weight(0, size_bytes) <= max(share / PARTS, size_bytes / 32)


def test_entries_of_nearly_the_share_are_all_looked_at_and_small_ones_as_seldom_as_the_level_says():
    weights = fitted(5, 64 * MIB)
    assert weights.least(0, 64 * MIB) == 0
    assert weights.least(0, 10_000) == 5


def test_a_slot_that_looks_at_all_entries_weighs_them_in_full():
    weights = fitted(0, MIB)
    assert all(weights.weight(0, size_bytes) == size_bytes and not weights.least(0, size_bytes) for size_bytes in SIZES)


def test_nothing_is_looked_at_below_the_level_that_is_told_of():
    weights = fitted(5, 64 * MIB, least_level=3)
    assert min(weights.least(0, 1 << bits) for bits in range(12, 40)) == 3


def test_a_raised_level_never_looks_at_more_entries():
    for level in range(MAX_LEVEL):
        lower, higher = fitted(level, 1 << 40), fitted(level + 1, 1 << 40)
        assert all(higher.least(0, 1 << bits) >= lower.least(0, 1 << bits) for bits in range(12, 40))
