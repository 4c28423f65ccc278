"""Times as people write them, and the periods of a range."""

import pytest

from dashboard.ranges import DAY, PERIODS, Range, default_period, iso, parse_time

NOW = 1_795_465_267.5  # 2026-11-23T20:21:07Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-23T20:21:07Z"),
        ("now-15m", "2026-11-23T20:06:07Z"),
        ("now-1h", "2026-11-23T19:21:07Z"),
        ("now-7d", "2026-11-16T20:21:07Z"),
        ("now - 30s", "2026-11-23T20:20:37Z"),
        ("now-2w", "2026-11-09T20:21:07Z"),
        ("2026-11-23T20:21:00Z", "2026-11-23T20:21:00Z"),
        ("2026-11-23T20:21Z", "2026-11-23T20:21:00Z"),
        ("2026-11-23T20:21", "2026-11-23T20:21:00Z"),
        ("2026-11-23T20:21:59.9", "2026-11-23T20:21:59Z"),
        (" 2026-11-23 12:04 ", "2026-11-23T12:04:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026-11-23T12:04:00+02:00", "2026-11-23T10:04:00Z"),
    ],
)
def test_a_time_is_read_as_utc_unless_it_says_otherwise(text, expected):
    assert iso(parse_time(text, NOW)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "now-", "now-1y", "now+1h", "1h", "2026-13-01", "2026-02-30", "25:00", "20261123", "2026-W47",
     "0001-01-01", "1969-12-31T23:59:59Z", "-1", "1795465267", "now-١h", "2026-11-23T20:21:00Zjunk"],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_words(text):
    with pytest.raises(ValueError, match="is not a time"):
        parse_time(text, NOW)


def test_a_relative_time_does_not_go_below_the_beginning_of_time():
    assert parse_time("now-999999999w", NOW) == 0


@pytest.mark.parametrize(
    ("hours", "period"),
    [(0.25, 60), (1, 60), (24, 60), (24.1, 300), (120, 300), (121, 900), (360, 900), (361, 1800), (744, 1800),
     (745, 3600), (24 * 400, 43_200), (24 * 10_000, 86_400)],
)  # fmt: skip
def test_a_longer_range_has_longer_periods(hours, period):
    assert default_period(hours * 3600) == period


@pytest.mark.parametrize(("longest", "period"), PERIODS)
def test_a_chart_has_at_most_some_1500_periods(longest, period):
    assert longest / period <= 1500
    assert period % 60 == 0
    assert DAY % period == 0


def test_both_ends_are_floored_to_the_period():
    assert Range.floored(NOW - 3600, NOW, 300) == Range(1_795_461_600, 1_795_465_200, 300)


def test_a_covering_range_has_the_running_period_too():
    assert Range.covering(NOW - 3600, NOW, 300) == Range(1_795_461_600, 1_795_465_500, 300)


def test_the_range_before_ends_where_this_one_starts():
    assert Range(3600, 7200, 60).before() == Range(0, 3600, 60)
    assert Range(3 * DAY, 4 * DAY, 60).before(2 * DAY) == Range(DAY, 2 * DAY, 60)
