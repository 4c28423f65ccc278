"""The same numbers, to the last request, in CSV, JSON and charts, across a restart in the middle of a minute."""

import csv
import io
import time

import pytest

from tests.asking import Client, small_images
from tests.processes import PATIENCE_SECONDS, wait_until

# The minute they fall into has to end, and its report to come.
MINUTE_AND_REPORT_SECONDS = 60 + PATIENCE_SECONDS
COUNTED = ("requests", "hits", "misses", "not_found", "uploads", "bytes_served", "bytes_missed", "origin_reads")


@pytest.fixture(scope="module")
def expected(service):
    """What was asked of the service, around a restart; the cache is cold after it."""
    images = small_images(6)
    client = Client(service.url)
    counts = dict.fromkeys(COUNTED, 0)
    for key, data in images.items():
        client.put(key, data)
        counts["uploads"] += 1
    for rounds in (3, 2):
        if rounds == 2:
            service.restart()
            client = Client(service.url)
        for turn in range(rounds):
            for key, data in images.items():
                hit = client.get(key).hit
                assert hit == (turn > 0)
                counts["requests"] += 1
                counts["hits" if hit else "misses"] += 1
                counts["bytes_served"] += len(data)
                counts["bytes_missed"] += 0 if hit else len(data)
                counts["origin_reads"] += not hit
        assert client.get("nobody.png").status == 404
        counts["not_found"] += 1
    return counts


@pytest.fixture(scope="module")
def report(service, manager, expected):
    """The JSON rows once the last minute of it is over and reported, and the range they are of."""
    last = int(time.time()) // 60 * 60
    client = Client(manager.url)
    asked = f"from={iso(last - 600)}&to={iso(last + 60)}&period=60"

    def rows():
        found = client.ask("GET", f"/api/statistics?{asked}").json()["statistics"]
        complete = found and found[-1]["time"] == iso(last)
        return found if complete and sum(row["requests"] for row in found) >= expected["requests"] else None

    return wait_until(rows, MINUTE_AND_REPORT_SECONDS, what="the minute's report"), asked


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def test_the_report_holds_every_request(report, expected):
    rows, _ = report
    assert {name: sum(row[name] for row in rows) for name in COUNTED} == expected
    for row in rows:
        if row["requests"]:
            assert row["hit_rate"] == row["hits"] / row["requests"]
        else:
            assert row["hit_rate"] is None


def test_the_csv_says_the_same(manager, report):
    rows, asked = report
    answer = Client(manager.url).ask("GET", f"/export/statistics.csv?{asked}")
    lines = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [_typed(line, row) for line, row in zip(lines, rows, strict=True)] == rows


def _typed(line, row):
    """A line of the CSV with the types of a row of the JSON; an empty cell is None."""
    return {name: type(row[name])(text) if text else None for name, text in line.items()}


def test_the_charts_show_the_same(manager, report, page):
    rows, asked = report
    start, end = (part.partition("=")[2] for part in asked.split("&")[:2])
    page.goto(f"{manager.url}/?from={start}&to={end}")
    for column in ("hits", "misses", "size_bytes", "items", "evictions"):
        page.wait_for_function(DRAWN, arg=column)
        shown = page.evaluate(POINTS, column)
        assert [value for value in shown if value is not None] == [row[column] for row in rows], column


# Other traces of a column only help the eye: areas, dots of lone minutes, the dotted end.
POINTS = """column => {
    for (const graph of document.querySelectorAll(".js-plotly-plot"))
        for (const trace of graph.data ?? [])
            if (trace.meta?.column === column && ["line", "bars"].includes(trace.meta.role))
                return Array.from(trace.y, value => Number.isFinite(value) ? value : null);
    return null;
}"""
DRAWN = f"column => ({POINTS})(column) !== null"
