"""Numbers as people read them."""

import math

import pytest

from dashboard import words

MB = 1 << 20


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"), (512, "512 B"), (1023, "1,023 B"), (1024, "1 KB"), (41_779, "40.8 KB"), (1_048_575, "1 MB"),
        (MB, "1 MB"), (100 * MB, "100 MB"), (101_502_157, "96.8 MB"), (1000 * MB, "1,000 MB"),
        (1_342_177_280, "1.25 GB"), (1 << 40, "1 TB"), (-400 * MB, "-400 MB"), (None, "–"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_a_size_has_three_digits_and_a_megabyte_is_1048576_bytes(number, text):
    assert words.size(number) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.812, "81.2 %"), (0.1884, "18.8 %"), (0, "0 %"), (1, "100 %"), (0.9995, "99.95 %"), (0.99999, "99.99 %"),
        (0.9999999999, "99.99 %"), (0.99, "99.00 %"), (0.0004, "<0.1 %"), (0.001, "0.1 %"), (None, "–"),
        (math.nan, "–"), (1.09766, "109.8 %"),
    ],
)  # fmt: skip
def test_a_rate_is_100_percent_only_where_nothing_is_missing(fraction, text):
    assert words.rate(fraction) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.04, "<0.1 ms"), (0.84, "0.8 ms"), (12.3, "12 ms"), (9.96, "10 ms"), (340.2, "340 ms"), (999.6, "1.0 s"),
     (1234, "1.2 s"), (20_000, "20 s"), (None, "–")],
)  # fmt: skip
def test_milliseconds_become_seconds_above_a_thousand(number, text):
    assert words.milliseconds(number) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(106, 100, "6 %"), (101.2, 100, "1.2 %"), (90, 100, "10 %"), (100, 100, "0 %"), (5, 0, "–"), (5, None, "–")],
)
def test_a_count_changes_by_percent_of_what_it_was(now, before, text):
    assert words.change(now, before) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0 s"), (40, "40 s"), (119, "119 s"), (180, "3 min"), (7200, "2 h"), (432_000, "5 d")]
)
def test_a_duration_has_one_unit(seconds, text):
    assert words.duration(seconds) == text


def test_when_has_its_date_in_a_range_of_more_than_a_day():
    assert words.when(1_800_000_000, 86_400) == "08:00"
    assert words.when(1_800_000_000, 86_460) == "15 Jan 08:00"


def test_a_span_within_a_day_has_no_date():
    start = 1_795_435_380
    assert words.span(start, start + 60) == "12:03-12:04 UTC"
    assert words.span(start, start + 86_400) == "23 Nov 12:03 to 24 Nov 12:03 UTC"
    assert words.span(start // 86_400 * 86_400, start // 86_400 * 86_400 + 86_400) == "00:00-00:00 UTC"


def test_a_gain_is_what_the_two_rates_beside_it_leave():
    assert words.rate(0.72449) == "72.4 %"
    assert words.rate(0.5486) == "54.9 %"
    assert words.gain(0.72449, 0.5486) == "+17.5 points"
    assert words.gain(0.5, 0.7) == "-20.0 points"
    assert words.gain(0.70001, 0.7) == "+0.0 points"


def test_a_number_and_its_unit_stay_in_a_line():
    told = words.unbroken("At 12 MB 61.5 %, (+2.5 points) in 5 minutes of 3 Bytes or 7 B.")
    assert told.split(" ") == "At 12_MB 61.5_%, (+2.5_points) in 5 minutes of 3 Bytes or 7_B.".replace(
        "_", "\xa0"
    ).split(" ")


def test_points_counts_and_plurals():
    assert words.points(-0.034) == "3.4 points"
    assert words.count(18_240) == "18,240"
    assert words.count(math.nan) == "–"
    assert words.plural(1, "image") == "1 image"
    assert words.plural(1180, "image") == "1,180 images"
    assert words.plural(2, "is", "are") == "2 are"
