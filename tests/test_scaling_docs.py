"""docs/scaling.md reckons with the numbers that the code has."""

import re

import pytest

from dashboard.reader import MAX_ROWS
from image_service.app import POLL_JITTER, RECONCILE_SECONDS
from image_service.changes import POLL_SECONDS, WINDOW_SECONDS
from image_service.storage.mysql import JOBS
from metrics.cloudwatch_channel import WORD_SECONDS, CloudWatchChannel
from metrics.cloudwatch_datums import OF_AN_INSTANCE, OF_THE_FLEET
from metrics.cloudwatch_instances import LIST_SECONDS
from metrics.cloudwatch_limits import MOST_DATUMS
from metrics.cloudwatch_reader import MOST_POINTS, MOST_QUERIES
from metrics.follower import ANNOUNCE_SECONDS, LONGEST_WAIT_SECONDS
from metrics.prices import (
    DOLLARS_A_GB_OF_MEMORY_A_MONTH,
    DOLLARS_A_METRIC_READ,
    DOLLARS_A_THOUSAND_S3_GETS,
    SEEN,
    sent_a_month,
)
from metrics.schema import METRICS
from tests.deploy_template import ROOT, template
from tests.throttled_account import CALLS_A_READ, taken_up
from web.serving import THREADS

DOC = (ROOT / "docs/scaling.md").read_text()
LINES = DOC.splitlines()

FLEETS = (10, 100, 1000)
WORKERS, HITS, IMAGE_BYTES = 2, 0.8, 50_000
REQUESTS = template()["Parameters"]["RequestsPerMinute"]["Default"] / 60
TRAITS = CloudWatchChannel("cloudwatch://Hitrate").traits
CONNECTIONS = THREADS + JOBS

GIGABITS = {"cache.t4g.micro": 0.064, "cache.t4g.small": 0.128, "cache.t4g.medium": 0.256, "cache.r7g.large": 0.937,
            "cache.r7g.4xlarge": 7.5, "cache.r7g.16xlarge": 30}  # fmt: skip
DATABASES = {"db.t4g.micro": 1, "db.t4g.medium": 4, "db.r6g.large": 16, "db.r6g.4xlarge": 128, "db.r6g.16xlarge": 512}
"""Gigabytes of each."""


def short(number):
    """Two digits; thousands with commas."""
    if number >= 10:
        return f"{number:,.0f}"
    return f"{number:.1f}".removesuffix(".0") if number >= 1 else f"{number:.2g}"


def row(what, each, *of_fleets, limit):
    return " | ".join(["| " + what, each, *map(short, of_fleets), limit]) + " |"


def scaled(what, each, a_second, limit):
    return row(what, each, *(a_second * fleet for fleet in FLEETS), limit=limit)


CLOUDWATCH = [
    scaled("PutMetricData", "1 a minute", 1 / 60, "500"),
    scaled("PutLogEvents", "2 a minute", 2 / 60, "5,000"),
    scaled("GetLogEvents", f"{CALLS_A_READ} every {TRAITS.follow_seconds} s", CALLS_A_READ / TRAITS.follow_seconds,
           "**10 or 25**"),
    scaled("words of instances", "2 a day, and 1 a change", 2 / 86_400, "(PutLogEvents)"),
]  # fmt: skip
MANAGER = [
    row("metrics read a minute", f"{len(METRICS)}", *(len(METRICS) * n for n in FLEETS), limit=""),
    row("calls for them a minute", "", *(-(-len(METRICS) * n // MOST_QUERIES) for n in FLEETS), limit="3,000"),
    row("dollars a day while a page is open", "",
        *(len(METRICS) * n * DOLLARS_A_METRIC_READ * 86_400 / TRAITS.read_seconds for n in FLEETS), limit=""),
    row("calls for a day anew", "", *(-(-len(METRICS) * n // (MOST_POINTS // 1440)) for n in FLEETS), limit=""),
    row("rows of a day", "1,440", *(1440 * n for n in FLEETS), limit=f"{MAX_ROWS:,} kept"),
]  # fmt: skip
DATABASE = [
    scaled("polls a second", f"1 a worker and {POLL_SECONDS:.0f} s", WORKERS / POLL_SECONDS, "5,000 a core"),
    scaled("connections, at most", f"{CONNECTIONS} a worker", WORKERS * CONNECTIONS, "see below"),
]
REDIS = [
    scaled("GETs a second", "1 a hit, 2 a miss", REQUESTS * (HITS + 2 * (1 - HITS)), "77,000 a core"),
    scaled("INFO and lease a second", "2 a worker", 2 * WORKERS, "60,000 a core"),
    scaled("connections, at most", f"{THREADS + 2} a worker", WORKERS * (THREADS + 2), "65,000"),
    scaled("megabytes a second", "hits only", REQUESTS * HITS * IMAGE_BYTES / 1e6, "see below"),
    scaled("requests for the shadows a second", "1 a request", REQUESTS, "13,000 to 21,000"),
]
STORE = [scaled("GETs a second", "1 a miss", REQUESTS * (1 - HITS), "5,500 a partition")]


@pytest.mark.parametrize("line", [*CLOUDWATCH, *MANAGER, *DATABASE, *REDIS, *STORE])
def test_each_row_is_what_the_code_comes_to(line):
    assert line in LINES, f"docs/scaling.md needs the line\n{line}"


@pytest.mark.parametrize("node", GIGABITS)
def test_how_many_instances_the_network_of_a_node_carries(node):
    of_an_instance = REQUESTS * HITS * IMAGE_BYTES * 8 / 1e9
    assert f"| {node} | {GIGABITS[node]} | {int(GIGABITS[node] / of_an_instance + 0.01)} |" in LINES


@pytest.mark.parametrize("size", DATABASES)
def test_how_many_workers_the_connections_of_a_database_are_enough_for(size):
    connections = DATABASES[size] * 2**30 // 12_582_880
    assert f"| {size} | {connections:,} | {connections // CONNECTIONS:,} |" in LINES


def test_what_the_text_reckons_with_is_in_the_code():
    for words in (
        f"{REQUESTS:.0f} requests a second",
        f"{WORKERS} workers",
        f"spread over the {TRAITS.follow_jitter * TRAITS.follow_seconds:.0f} s",
        f"waits a minute, then twice as long each time, up to {LONGEST_WAIT_SECONDS / 60:.0f} minutes",
        f"the last {WINDOW_SECONDS:.0f} s are read again",
        f"every {WORD_SECONDS} s",
        f"one call of {len(OF_AN_INSTANCE) + len(OF_THE_FLEET)} of {MOST_DATUMS:,} metrics",
        f"Prices of {SEEN}",
    ):
        assert words in DOC, words
    assert (ANNOUNCE_SECONDS, LIST_SECONDS, RECONCILE_SECONDS, POLL_JITTER) == (43_200, 3600, 30, 0.2)


def test_what_statistics_cost_is_what_the_prices_come_to():
    told = re.search(r"a thousand instances \$([\d,]+) a month", DOC)[1]
    assert int(told.replace(",", "")) == round(sent_a_month(1000, shared_cache=True), -1)


def test_memory_is_worth_what_the_manager_reckons():
    usable = DOLLARS_A_GB_OF_MEMORY_A_MONTH / 0.7
    assert f"| `memory:` | r6g.large | {DOLLARS_A_GB_OF_MEMORY_A_MONTH:.2f} | 70 % | {usable:.2f} |" in LINES
    of_redis = 0.1752 * 730 / 13.07
    assert f"| Redis | cache.r7g.large | {of_redis:.2f} * | 75 % | {of_redis / 0.75:.2f} * |" in LINES


def test_from_which_size_on_a_hit_across_zones_costs_more_than_a_read_of_the_store():
    dollars_a_byte = 0.5 * 0.02 / 1e9
    assert f"from {DOLLARS_A_THOUSAND_S3_GETS / 1000 / dollars_a_byte / 1000:.0f} KB on" in DOC


def told(seconds):
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@pytest.mark.parametrize("instances", [50, 100, 300, 1000])
def test_how_long_a_configuration_takes_where_the_log_is_throttled(instances, tmp_path):
    cells = []
    for a_second in (10, 25):
        (tmp_path / str(a_second)).mkdir()
        seconds = taken_up(instances, a_second, TRAITS.follow_seconds, TRAITS.follow_jitter, tmp_path / str(a_second))
        cells += [told(seconds[instances // 2]), told(seconds[int(instances * 0.95)])]
    line = f"| {instances:,} | {' | '.join(cells)} |"
    assert line in LINES, f"docs/scaling.md needs the line\n{line}"


def test_asking_less_often_is_the_cure_up_to_a_thousand(tmp_path):
    seconds = taken_up(1000, 25, 300, TRAITS.follow_jitter, tmp_path)
    assert max(seconds) < 300 * (1 + TRAITS.follow_jitter)
