"""What the charts draw, read off their traces: no browser, no Dash."""

import json
from itertools import pairwise

import pytest

from dashboard.charts import BY_NAME, CHARTS, Chart, Kind
from dashboard.data import statistics
from dashboard.figures import CONFIG, figure
from dashboard.marks import Mark
from dashboard.ranges import Range
from dashboard.theme import SCHEMES, palette
from metrics.schema import METRICS, Minute, latency_bucket

START = 1_795_478_400  # 2026-11-24 00:00 UTC
HOUR = Range(START, START + 3600, 60)
LIGHT = palette("light")


def minute(place: int, hits: int = 80, misses: int = 20, instance: str = "a", **values: int) -> Minute:
    counts = {metric.name: 0 for metric in METRICS} | {"hits": hits, "misses": misses, "requests": hits + misses}
    counts |= {"items": 7, "evictions": 3, "size_bytes": 50, "capacity_bytes": 100, "miss_cold": misses} | values
    latency = {latency_bucket(5): hits + misses} if hits + misses else {}
    return Minute(instance, START + place * 60, counts, latency)


def drawn(chart: Chart, places: list[int], range: Range = HOUR, now: float | None = None, **more) -> dict:
    frame = statistics([minute(place) for place in places], range, now=now)
    return figure(chart, frame, range, LIGHT, **more)


def roles(made: dict, role: str) -> list[dict]:
    return [trace for trace in made["data"] if trace["meta"]["role"] == role]


def text(made: dict) -> list[str]:
    return [annotation["text"] for annotation in made["layout"]["annotations"]]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_every_chart_draws_every_one_of_its_lines(chart, scheme):
    frame = statistics([minute(place) for place in range(60)], HOUR)
    made = figure(chart, frame, HOUR, palette(scheme))
    assert {line.column for line in chart.lines} <= {trace["meta"]["column"] for trace in made["data"]}
    assert json.dumps(made)


@pytest.mark.parametrize("chart", [c for c in CHARTS if c.kind is not Kind.STACKED], ids=lambda chart: chart.name)
def test_a_line_holds_the_very_numbers_of_the_frame(chart):
    frame = statistics([minute(place, hits=place) for place in range(60)], HOUR)
    made = figure(chart, frame, HOUR, LIGHT)
    for line, trace in zip(chart.lines, roles(made, "line"), strict=True):
        assert trace["y"] == pytest.approx(frame[line.column].tolist(), rel=1e-5)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_no_line_runs_across_minutes_that_nobody_reported(chart):
    made = drawn(chart, [*range(10), *range(20, 60)])
    for trace in roles(made, "line") + roles(made, "bars"):
        assert trace["y"][10:20] == [None] * 10
        assert trace.get("connectgaps", False) is False


def test_no_requests_is_a_count_of_zero_and_a_gap_in_the_rates():
    frame = statistics([minute(0), minute(1, hits=0, misses=0), minute(2)], HOUR)
    rates = figure(BY_NAME["rates"], frame, HOUR, LIGHT)
    requests = figure(BY_NAME["requests"], frame, HOUR, LIGHT)
    assert roles(rates, "line")[0]["y"][1] is None
    assert [trace["y"][1] for trace in roles(requests, "bars")] == [0, 0]


def test_a_minute_alone_between_gaps_is_a_dot():
    made = drawn(BY_NAME["items"], [0, 1, 2, 5, 8, 9])
    (dot,) = roles(made, "alone")
    assert (dot["mode"], dot["x"], dot["y"]) == ("markers", ["2026-11-24T00:05:00Z"], [7])


def test_the_unfinished_period_is_a_hollow_point_on_a_tint_and_no_part_of_the_line():
    period = Range(START, START + 3600, 300)
    made = drawn(BY_NAME["items"], list(range(12)), period, now=START + 12 * 60)
    assert roles(made, "line")[0]["y"][:4] == [7, 7, None, None]
    (end,) = roles(made, "unfinished")
    assert end["x"] == ["2026-11-24T00:05:00Z", "2026-11-24T00:10:00Z"]
    assert end["marker"]["color"] == LIGHT["card"]
    (tint,) = [shape for shape in made["layout"]["shapes"] if shape["name"] == "unfinished"]
    assert tint["x0"] == "2026-11-24T00:07:30Z"


def test_requests_are_stacked_hits_at_the_bottom():
    made = drawn(BY_NAME["requests"], list(range(60)))
    assert [(trace["meta"]["column"], trace["y"][0]) for trace in roles(made, "bars")] == [("hits", 80), ("misses", 20)]
    assert made["layout"]["barmode"] == "stack"


def test_many_periods_are_areas_whose_edge_goes_down_at_a_gap():
    day = Range(START, START + 86_400, 60)
    made = drawn(BY_NAME["requests"], [*range(100), *range(200, 1440)], day)
    total, hits = roles(made, "area")
    assert (total["meta"]["column"], max(total["y"]), max(hits["y"])) == ("misses", 100, 80)
    milliseconds = START * 1000
    edge = [(x - milliseconds, y) for x, y in zip(hits["x"], hits["y"], strict=True)]
    assert (99 * 60_000, 0) in edge
    assert (200 * 60_000, 0) in edge
    assert not any(99 * 60_000 < x < 200 * 60_000 for x, _ in edge)


def test_capacity_is_a_dashed_step_over_the_area_of_the_size():
    made = drawn(BY_NAME["size"], list(range(60)))
    _, capacity = roles(made, "line")
    assert (capacity["line"]["shape"], capacity["line"]["dash"]) == ("hv", "dash")
    assert roles(made, "area")[0]["fill"] == "tozeroy"


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_the_window_before_is_one_dotted_line_at_the_times_of_this_one(chart):
    frame = statistics([minute(place) for place in range(60)], HOUR)
    before = statistics([minute(place - 60, hits=40) for place in range(60)], HOUR.before())
    made = figure(chart, frame, HOUR, LIGHT, before=before, shift_seconds=3600)
    (trace,) = roles(made, "before")
    assert trace["x0"] == "2026-11-24T00:00:00Z"
    assert trace["y"] == pytest.approx(before[chart.compared].tolist(), rel=1e-5)
    assert trace["line"]["dash"].endswith("dot")
    assert trace["line"]["dash"] not in {line.dash for line in chart.lines}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_change_of_the_configuration_is_marked_on_every_chart(chart):
    made = drawn(chart, list(range(60)), marks=[Mark(START + 600, (7,)), Mark(START + 1800, (8, 9))])
    assert {"v7", "v8-v9"} <= set(text(made))
    assert [s["x0"] for s in made["layout"]["shapes"] if s["name"].startswith("change")] == [
        "2026-11-24T00:10:00Z",
        "2026-11-24T00:30:00Z",
    ]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_hidden_line_is_not_drawn_and_not_named(chart):
    line = chart.lines[0]
    made = drawn(chart, list(range(60)), hidden=frozenset({line.column}))
    assert line.column not in {trace["meta"]["column"] for trace in made["data"]}
    assert not any(a.get("name") == f"end {line.column}" for a in made["layout"]["annotations"])


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_chart_without_data_is_empty_and_still_has_its_axes(chart):
    made = drawn(chart, [])
    assert all(value is None or value == 0 for trace in made["data"] for value in trace["y"])
    assert made["layout"]["xaxis"]["range"] == ["2026-11-23T23:59:30Z", "2026-11-24T00:59:30Z"]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_names_at_the_right_end_do_not_write_over_each_other(chart):
    made = drawn(chart, list(range(60)))
    heights = sorted(a["y"] for a in made["layout"]["annotations"] if a.get("name", "").startswith("end "))
    assert all(upper - lower > 0.08 for lower, upper in pairwise(heights))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_grounds_are_transparent_and_every_axis_begins_at_zero(chart):
    layout = drawn(chart, list(range(60)))["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0, 0, 0, 0)"
    assert layout["yaxis"]["range"][0] == 0
    assert len(layout["yaxis"]["tickvals"]) in range(3, 7)
    assert "UTC" in text({"layout": layout})


def test_no_chart_can_be_sent_to_a_public_site():
    assert CONFIG["showSendToCloud"] is False
    assert CONFIG["plotlyServerURL"] == ""
    assert CONFIG["displayModeBar"] is False
