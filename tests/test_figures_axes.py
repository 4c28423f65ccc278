"""Axes, marks and colours of the charts."""

from datetime import UTC, datetime

import pytest

from cache.config import DEFAULT, MIB, edited
from dashboard.axes import ceiling, value_axis
from dashboard.charts import CHARTS, Unit
from dashboard.marks import changes, mark_annotations, merged
from dashboard.ranges import Range
from dashboard.theme import MANTINE, SCHEMES, palette, transparent

START = 1_795_478_400
HOUR = Range(START, START + 3600, 60)


@pytest.mark.parametrize(
    ("most", "unit", "top", "step"),
    [
        (0.3, Unit.RATE, 1, 0.25),
        (1, Unit.COUNT, 1, 1),
        (7, Unit.COUNT, 8, 2),
        (18_240, Unit.COUNT, 20_000, 5_000),
        (400 * MIB, Unit.SIZE, 400 * MIB, 100 * MIB),
        (1.3 * 1024 * MIB, Unit.SIZE, 1.5 * 1024 * MIB, 512 * MIB),
        (49, Unit.MILLISECONDS, 60, 20),
    ],
)
def test_an_axis_ends_at_a_round_number_of_its_unit(most, unit, top, step):
    assert ceiling(most, unit) == (top, step)


@pytest.mark.parametrize("unit", Unit)
def test_an_axis_of_nothing_has_a_zero_and_no_invented_numbers(unit):
    ticks = value_axis(0, unit, palette("light"))["tickvals"]
    assert ticks[0] == 0
    assert len(ticks) == (5 if unit is Unit.RATE else 1)


def test_an_axis_stays_while_the_data_stays_below_its_top():
    assert ceiling(16_000, Unit.COUNT) == ceiling(19_900, Unit.COUNT)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_line_has_its_colour_in_both_schemes(scheme):
    colours = palette(scheme)
    assert all(line.colour in colours for chart in CHARTS for line in chart.lines)
    assert colours["size-fill"].startswith("rgba(")


def test_buttons_are_filled_with_the_accent_of_the_tokens():
    shades, which = MANTINE["colors"]["accent"], MANTINE["primaryShade"]
    assert {scheme: shades[which[scheme]] for scheme in SCHEMES} == {s: palette(s)["accent"] for s in SCHEMES}


def test_a_colour_can_be_made_transparent():
    assert transparent("#0072b2", 0.06) == "rgba(0, 114, 178, 0.06)"


def documents(*seconds: int) -> list:
    made = [DEFAULT]
    for at in seconds:
        made.append(edited(made[-1], {"reason": str(at)}, now=datetime.fromtimestamp(START + at, UTC)))
    return made[::-1]


def test_changes_of_the_range_come_oldest_first_and_without_the_default():
    assert [each.version for each in changes(documents(-10, 600, 1800, 4000), HOUR)] == [2, 3]


def test_changes_far_apart_have_a_flag_each():
    assert [mark.flag for mark in merged(changes(documents(600, 1800), HOUR), HOUR)] == ["v1", "v2"]


def test_changes_close_together_share_a_flag():
    assert [mark.flag for mark in merged(changes(documents(600, 630, 1800), HOUR), HOUR)] == ["v1-v2", "v3"]


def test_a_flag_at_an_end_of_the_chart_stands_beside_its_line_and_not_beyond_the_end():
    marks = merged(changes(documents(10, 1800, 3590), HOUR), HOUR)
    flags = mark_annotations(marks, HOUR, palette("light"))
    assert [(flag["text"], flag["xanchor"]) for flag in flags] == [("v1", "left"), ("v2", "center"), ("v3", "right")]


def test_flags_at_an_end_share_one_where_they_would_meet():
    assert [mark.flag for mark in merged(changes(documents(3270, 3590), HOUR), HOUR)] == ["v1", "v2"]
    assert [mark.flag for mark in merged(changes(documents(3300, 3590), HOUR), HOUR)] == ["v1-v2"]


def test_more_changes_than_flags_fit_merge_to_few():
    marks = merged(changes(documents(*range(0, 3600, 120)), HOUR), HOUR)
    assert len(marks) <= 8
    assert sum(len(mark.versions) for mark in marks) == 30
