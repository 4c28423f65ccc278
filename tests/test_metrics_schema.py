"""The table of metrics and the arithmetic of minutes."""

import random
import statistics

import pytest

from metrics.schema import (
    BY_NAME,
    LATENCY_VALUES_MS,
    METRICS,
    Minute,
    add_minutes,
    latency_bucket,
    percentile_ms,
)


def test_every_metric_is_there_once_with_its_words():
    assert len(BY_NAME) == len({metric.cloud_name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.cloud_name == "".join(part.capitalize() for part in metric.name.split("_"))
        assert metric.label
        assert metric.help.endswith(".")


def test_a_histogram_fits_one_cloudwatch_datum():
    assert len(LATENCY_VALUES_MS) == len(set(LATENCY_VALUES_MS)) <= 150
    assert sorted(LATENCY_VALUES_MS) == list(LATENCY_VALUES_MS)


@pytest.mark.parametrize("milliseconds", [0.11, 0.5, 1, 2.5, 12, 340, 1200, 59_000])
def test_a_bucket_stands_for_its_answers_within_5_percent(milliseconds):
    assert LATENCY_VALUES_MS[latency_bucket(milliseconds)] == pytest.approx(milliseconds, rel=0.051)


@pytest.mark.parametrize("milliseconds", [0, 0.001, 10**9])
def test_an_answer_outside_the_scale_falls_in_its_first_or_last_bucket(milliseconds):
    assert latency_bucket(milliseconds) in (0, len(LATENCY_VALUES_MS) - 1)


def test_a_percentile_of_a_histogram_is_that_of_the_answers_within_5_percent():
    answers = [random.Random(3).lognormvariate(2, 1) for _ in range(5000)]
    answers = [answer * (1 + index / 5000) for index, answer in enumerate(answers)]
    histogram = {}
    for answer in answers:
        histogram[latency_bucket(answer)] = histogram.get(latency_bucket(answer), 0) + 1
    exact = statistics.quantiles(answers, n=100, method="inclusive")
    for percent in (50, 95, 99):
        assert percentile_ms(histogram, percent) == pytest.approx(exact[percent - 1], rel=0.06)


def test_no_answers_have_no_percentile():
    assert percentile_ms({}, 50) is None


def test_minutes_add_as_the_table_says():
    first = Minute("a", 0, {"requests": 3, "items": 10, "size_bytes": 100, "config_version": 7}, {4: 1, 5: 2})
    second = Minute("a", 60, {"requests": 5, "items": 8, "size_bytes": 90, "config_version": 8}, {5: 5})
    assert add_minutes([first, second], "a", 0, 3600) == Minute(
        "a", 0, {"requests": 8, "items": 8, "size_bytes": 90, "config_version": 7}, {4: 1, 5: 7}, 3600
    )
