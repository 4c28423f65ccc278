"""docs/cloudwatch.md says what the code says."""

import re
from pathlib import Path

import pytest

from metrics.cloudwatch_channel import (
    CONFIGURATION,
    CURVE_HOURS,
    CURVES,
    DECISIONS,
    GROUP,
    INSTANCES,
    LATENCY,
    CloudWatchChannel,
)
from metrics.cloudwatch_datums import OF_AN_INSTANCE, OF_THE_FLEET
from metrics.cloudwatch_reader import DAY, KEPT
from metrics.cloudwatch_url import SECONDS, Address
from metrics.prices import sent_a_month

DOC = (Path(__file__).resolve().parent.parent / "docs" / "cloudwatch.md").read_text()


STREAMS = {CONFIGURATION, INSTANCES, LATENCY, CURVES, CURVE_HOURS, DECISIONS}


@pytest.mark.parametrize("name", sorted({*OF_AN_INSTANCE, *OF_THE_FLEET, *STREAMS}))
def test_each_metric_and_stream_is_named(name):
    assert f"`{name}`" in DOC


def test_the_group_and_the_periods_are_those_of_the_code():
    assert f"`{GROUP.format(namespace='<namespace>')}`" in DOC
    for seconds, period, _ in KEPT:
        assert f"| up to {seconds // DAY} days | {period} s |" in DOC


@pytest.mark.parametrize("name", SECONDS)
def test_each_part_of_the_address_is_in_the_docs_with_its_bounds(name):
    default, least, most = SECONDS[name]
    assert f"| `{name}` | {default} | {least} | {most} |" in DOC


def test_what_an_instance_costs_is_what_the_prices_come_to():
    [told] = re.findall(r"About \$([\d.]+) a month an instance", DOC)
    assert float(told) == pytest.approx(sent_a_month(2) - sent_a_month(1), abs=0.1)
    more = sent_a_month(1, shared_cache=True) - sent_a_month(1)
    assert f"with a shared cache ${more:.2f} more" in DOC


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("cloudwatch://Hitrate", Address("Hitrate", 30, 60)),
        ("cloudwatch://a/b.c_d-e", Address("a/b.c_d-e", 30, 60)),
        ("cloudwatch://H?follow_seconds=5&read_seconds=300", Address("H", 5, 300)),
    ],
)
def test_an_address_is_read(url, read):
    assert Address.read(url) == read


@pytest.mark.parametrize(
    "url",
    ["cloudwatch:", "cloudwatch://", "cloudwatch:Hitrate", "cloudwatch://AWS/EC2", "cloudwatch://a b", "cloudwatch://é",
     "cloudwatch://a?read_seconds=0", "cloudwatch://a?read_seconds=x", "cloudwatch://a?speed=7",
     "cloudwatch://" + "a" * 300],
)  # fmt: skip
def test_an_address_that_can_not_be_is_refused_in_words(url):
    with pytest.raises(ValueError, match="CHANNEL_URL"):
        CloudWatchChannel(url)
