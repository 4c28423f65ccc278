"""What a sample missed, scaled up by what is known of all requests."""

import random

import pytest

from cache.whatif.records import HIT, MISS
from cache.whatif.strata import EVERYTHING, MOST_PLACES, MOST_USES, PLACE_BYTES, STRATA, Strata, Tally
from cache.whatif.sums import Sums, estimate

ONE, OTHER = 1, 2
SIZE = 20_000


def strata():
    return Strata(1 << 20)


def asked(sorted_by, *requests, entry=ONE, size_bytes=SIZE, outcome=HIT):
    """The strata of requests for one entry, at these turns."""
    return [sorted_by.of(entry, turn, size_bytes, outcome, new=False) for turn in requests]


def test_a_request_is_sorted_by_how_long_ago_its_entry_was_asked_for():
    recent, late, later = (asked(strata(), 1, 1 + since)[-1] for since in (20, 3_000, 400_000))
    assert len({recent, late, later}) == 3
    assert asked(strata(), 900, 917)[-1] == recent


def test_a_request_is_sorted_by_how_often_its_entry_was_asked_for():
    often = asked(strata(), *range(1, 1_000))
    assert len(set(often[1:])) == 4  # 1 to 3, 4 to 31, 32 to 254, more
    assert often[MOST_USES:] == [often[-1]] * (len(often) - MOST_USES)


def test_a_new_entry_one_not_noted_and_one_of_long_ago_are_told_apart():
    sorted_by = strata()
    new = sorted_by.of(ONE, 1, SIZE, MISS, new=True)
    not_noted = sorted_by.of(OTHER, 2, SIZE, MISS, new=False)
    assert len({EVERYTHING, new, not_noted, *asked(sorted_by, 3, outcome=MISS)}) == 4


def test_sizes_and_what_the_live_cache_answered_are_told_apart():
    kinds = {
        asked(strata(), 1, 2, size_bytes=size_bytes, outcome=outcome)[-1]
        for size_bytes in (0, 5_000, 32_767, 32_768, 100_000, 1 << 20, 1 << 24, 1 << 40)
        for outcome in (HIT, MISS)
    }
    assert len(kinds) == 8
    assert all(EVERYTHING < kind < STRATA for kind in kinds)


def test_turns_that_no_longer_fit_begin_anew_and_no_stratum_is_out_of_range():
    far = (1 << 32) - 5
    assert asked(strata(), far, far + 20)[-1] == asked(strata(), 1, 21)[-1]
    sorted_by, draw = strata(), random.Random(1)
    for turn in range(0, 1 << 36, 1 << 20):
        for new in (True, False):
            kind = sorted_by.of(draw.getrandbits(64), turn, draw.getrandbits(45), draw.choice((HIT, MISS)), new)
            assert EVERYTHING < kind < STRATA


@pytest.mark.parametrize("budget_bytes", [0, 100_000, 4 << 20, 1 << 40])
def test_it_takes_no_more_than_its_budget_or_what_little_it_needs(budget_bytes):
    assert len(Strata(budget_bytes)) <= max(budget_bytes, 4_096 * PLACE_BYTES)
    assert len(Strata(budget_bytes)) <= MOST_PLACES * PLACE_BYTES


# --- estimates --------------------------------------------------------------------------------------------------------


def numbers(by_stratum):
    filled = Tally().requests
    for stratum, number in by_stratum.items():
        filled[stratum] = number
    return filled


def test_where_all_of_a_stratum_are_missed_or_none_any_sample_tells_how_many():
    sample, missed = numbers({10: 3, 12: 50, 13: 1}), numbers({10: 3, 13: 1})
    assert estimate(missed, sample, numbers({10: 400, 12: 100, 13: 70})) == 470


def test_of_other_strata_that_part_is_missed_that_the_sample_missed():
    assert estimate(numbers({10: 8}), numbers({10: 32}), numbers({10: 1_000})) == 250


def test_a_stratum_without_a_sample_is_as_others_of_its_age_or_as_the_next_older_ones():
    young, middle, old = (asked(strata(), 1, 1 + since)[-1] for since in (20, 3_000, 400_000))
    large = asked(strata(), 1, 21, size_bytes=1 << 24)[-1]
    often = asked(strata(), *range(1, 40), 60)[-1]
    everything = numbers({large: 1_000, often: 100, middle: 10})
    sample, missed = numbers({young: 10, old: 10}), numbers({young: 1, old: 6})
    assert estimate(missed, sample, everything) == pytest.approx(1_100 * 0.1 + 10 * 0.6)


def test_a_stratum_without_a_sample_is_as_all_that_the_live_cache_had_or_had_not_where_there_is_none_so_old():
    hit, missed = (asked(strata(), 1, 2, outcome=outcome)[-1] for outcome in (HIT, MISS))
    new = [strata().of(ONE, 1, SIZE, outcome, new=True) for outcome in (HIT, MISS)]
    sample, lost = numbers({hit: 20, missed: 20}), numbers({hit: 2, missed: 18})
    assert [estimate(lost, sample, numbers({each: 100})) for each in new] == [pytest.approx(10), pytest.approx(90)]
    assert [estimate(numbers({}), numbers({}), numbers({each: 100})) for each in (hit, missed)] == [0, 100]


def tally(requests, payload_bytes=SIZE):
    return Tally(numbers(requests), numbers({stratum: n * payload_bytes for stratum, n in requests.items()}))


def test_a_slot_adds_what_it_knew_before_it_became_a_sample():
    sums = Sums(["lru"])
    sums.add_known({"lru": tally({EVERYTHING: 30})}, [[70, 50], [70 * SIZE, 50 * SIZE]], [0, 0])
    sums.add_sample({"lru": tally({10: 2, 11: 5})}, tally({10: 20, 11: 5}), 8)
    sums.add_asked(tally({10: 200, 11: 50}), [[200, 50], [200 * SIZE, 50 * SIZE]])
    assert sums.misses()["lru"] == pytest.approx([100, 100 * SIZE])


def test_samples_of_several_levels_count_each_as_its_level_says():
    sums = Sums(["lru"])
    sums.add_sample({"lru": tally({10: 50})}, tally({10: 100}), 2)
    sums.add_sample({"lru": tally({10: 0})}, tally({10: 50}), 4)
    sums.add_asked(tally({10: 400}), [[400, 0], [400 * SIZE, 0]])
    assert sums.misses()["lru"] == pytest.approx([100, 100 * SIZE])


def test_requests_of_which_nothing_is_known_but_their_outcome_are_as_the_others_of_that_outcome():
    sums = Sums(["lru"])
    sums.add_sample({"lru": tally({10: 10, 11: 40})}, tally({10: 100, 11: 40}), 4)
    sums.add_asked(tally({10: 400, 11: 160}), [[800, 480], [800 * SIZE, 480 * SIZE]])
    assert sums.misses()["lru"] == pytest.approx([80 + 480, (80 + 480) * SIZE])


def test_where_nothing_is_known_of_any_miss_they_are_misses():
    sums = Sums(["lru"])
    sums.add_sample({"lru": tally({10: 10})}, tally({10: 100}), 4)
    sums.add_asked(tally({10: 400}), [[400, 30], [400 * SIZE, 30 * SIZE]])
    assert sums.misses()["lru"] == pytest.approx([40 + 30, (40 + 30) * SIZE])


def test_of_many_samples_the_mean_is_right_and_each_is_nearer_than_its_misses_scaled_up():
    """Few entries are much of all that is asked, one in eight is looked at, and what is seldom asked for is missed."""
    draw, scale = random.Random(7), 8
    asked_for = [20_000 // rank for rank in range(1, 4_001)]
    missed = [times if times < 50 else 1 for times in asked_for]
    kind = [10 + 2 * min(times.bit_length(), 7) for times in asked_for]  # 32 to 63 are of one kind, and from 64 on all
    everything = numbers(dict.fromkeys(kind, 0))
    for times, stratum in zip(asked_for, kind, strict=True):
        everything[stratum] += times
    estimates, scaled_up = [], []
    for _ in range(100):
        sample, lost = numbers({}), numbers({})
        for times, misses, stratum in zip(asked_for, missed, kind, strict=True):
            if draw.random() < 1 / scale:
                sample[stratum] += times
                lost[stratum] += misses
        estimates.append(estimate(lost, sample, everything))
        scaled_up.append(scale * sum(lost))
    right = sum(missed)
    assert sum(estimates) / len(estimates) == pytest.approx(right, rel=0.02)
    assert off(estimates, right) < 0.5 * off(scaled_up, right)


def off(numbers_, right):
    """Root of the mean square."""
    return (sum((number - right) ** 2 for number in numbers_) / len(numbers_)) ** 0.5
