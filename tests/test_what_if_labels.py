"""Labels beside lines: near their own heights, and never over each other."""

from itertools import pairwise

import pytest

from dashboard.whatif.labels import apart


@pytest.mark.parametrize(
    "heights",
    [
        {"a": 0.1, "b": 0.5, "c": 0.9},
        {"a": 0.5, "b": 0.5, "c": 0.5},
        {"a": 0.99, "b": 0.98, "c": 1.0},
        {"a": 0.0, "b": 0.01, "c": 0.5, "d": 0.52, "e": 0.9},
    ],
)
def test_labels_keep_their_order_and_their_distance(heights):
    placed = apart(heights, 0.1)
    values = [placed[name] for name in sorted(heights, key=heights.__getitem__)]
    assert all(high - low >= 0.1 - 1e-9 for low, high in pairwise(values))
    assert min(values) >= -1e-9
    assert max(values) <= 1 + 1e-9


def test_what_stands_apart_stays_where_it_is():
    assert apart({"a": 0.2, "b": 0.6}, 0.1) == {"a": 0.2, "b": 0.6}


def test_what_meets_is_spread_around_its_middle():
    assert apart({"a": 0.5, "b": 0.5}, 0.1) == pytest.approx({"a": 0.45, "b": 0.55})
