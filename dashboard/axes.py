"""Axes people can read: four or five round ticks from zero, times in UTC with the date once."""

import math
from typing import Any

from dashboard.charts import FORMATS, Unit
from dashboard.ranges import DAY, HOUR

ROUND_STEPS = (1, 2, 2.5, 5, 10)
ROUND_STEPS_OF_COUNTS = (1, 2, 5, 10)
TICKS = 4


def ceiling(most: float, unit: Unit) -> tuple[float, float]:
    """The top of an axis from zero that holds ``most``, and the step between its ticks; round numbers of the unit.

    It moves by whole steps only, so that a refresh leaves the axis alone unless the data leaves it.
    """
    if unit is Unit.RATE:
        return 1.0, 0.25
    if most <= 0:
        return 1.0, 2.0  # nothing to measure: zero is the only tick
    scale = 1024 ** int(math.log(most, 1024)) if unit is Unit.SIZE and most >= 1024 else 1
    least = TICKS if unit is Unit.COUNT else 1
    wanted = max(most / scale, least) / TICKS
    power = 10 ** math.floor(math.log10(wanted))
    steps = ROUND_STEPS_OF_COUNTS if unit is Unit.COUNT else ROUND_STEPS
    step = next(power * each for each in steps if power * each >= wanted * (1 - 1e-9)) * scale
    return math.ceil(most / step * (1 - 1e-9) or 1) * step, step


def value_axis(most: float, unit: Unit, colours: dict[str, str]) -> dict[str, Any]:
    top, step = ceiling(most, unit)
    ticks = [step * i for i in range(int(top / step + 1e-6) + 1)]
    return {
        "range": [0, top * 1.04],  # room for a line at the top to be whole
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [_tick(tick, unit) for tick in ticks],
        "fixedrange": True,
        "gridcolor": colours["grid"],
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "automargin": False,
    }


def time_axis(start: str, end: str, seconds: int, colours: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "date",
        "range": [start, end],
        "uirevision": f"{start}-{end}",  # what the page says holds, not what was dragged
        "showgrid": False,
        "zeroline": False,
        "linecolor": colours["input-border"],
        "tickcolor": colours["input-border"],
        "ticks": "outside",
        "ticklen": 4,
        "tickangle": 0,
        "tickformat": "%H:%M\n%-d %b" if seconds <= 2 * DAY else "%-d %b\n%Y",
        "hoverformat": "%-d %b %H:%M",
    } | ({"dtick": 6 * HOUR * 1000} if DAY < seconds <= 2 * DAY else {})


def _tick(value: float, unit: Unit) -> str:
    if unit is Unit.RATE:
        return f"{value * 100:.0f}"
    if unit is Unit.MILLISECONDS:
        return f"{value:g}"
    return FORMATS[unit](value)
