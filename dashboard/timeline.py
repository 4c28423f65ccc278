"""Capacity over miss rate, on one time axis, with every change marked: what was done, and what it did. No Dash."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cache.config import Configuration
from dashboard import words
from dashboard.axes import time_axis, value_axis
from dashboard.charts import Unit
from dashboard.marks import mark_annotations, mark_shapes, merged
from dashboard.ranges import Range
from dashboard.theme import FONT, Palette
from dashboard.traces import Grid, Series

UPPER, LOWER = (0.6, 1.0), (0.0, 0.46)


def timeline(frame: pd.DataFrame, range: Range, documents: Sequence[Configuration], colours: Palette) -> dict[str, Any]:
    """Two panels; gaps are gaps. ``documents`` are the changes within the range."""
    grid = Grid(range)
    capacity, misses = grid.series(frame, "capacity_bytes"), grid.series(frame, "miss_rate")
    marks = merged(documents, range)
    font = {"size": 12, "color": colours["muted"]}
    above = value_axis(max((value for value in capacity if value is not None), default=0), Unit.SIZE, colours)
    below = value_axis(1, Unit.RATE, colours)
    time = time_axis(grid.at(-0.5), grid.at(len(grid) - 0.5), range.seconds, colours)
    return {
        "data": [
            _line("Capacity", capacity, grid, {"color": colours["capacity"], "shape": "hv"}, "y", words.size),
            _line("Miss rate", misses, grid, {"color": colours["miss"]}, "y2", words.rate),
        ],
        "layout": {
            "margin": {"l": 60, "r": 24, "t": 22, "b": 40}, "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)", "font": {"family": FONT} | font, "hovermode": "x unified",
            "hoverlabel": {"bgcolor": colours["card"], "bordercolor": colours["input-border"],
                           "font": {"color": colours["ink"], "family": FONT, "size": 12}},
            "dragmode": False, "showlegend": False, "autosize": True, "uirevision": "kept",
            "xaxis": time | {"fixedrange": True, "anchor": "y2"},
            "yaxis": above | {"domain": UPPER}, "yaxis2": below | {"domain": LOWER},
            "shapes": mark_shapes(marks, colours),
            "annotations": [
                *mark_annotations(marks, colours),
                *(_head(text, place, colours) for text, place in (("Capacity of all", UPPER), ("Miss rate, %", LOWER))),
            ],
        },
    }  # fmt: skip


def told(frame: pd.DataFrame, range: Range, documents: Sequence[Configuration]) -> str:
    """The same in a sentence."""
    if not len(frame):
        return "No statistics in this range."
    first, last = frame.iloc[0], frame.iloc[-1]
    changes = words.plural(len(documents), "change")
    capacity = f"Capacity {words.size(first['capacity_bytes'])}, then {words.size(last['capacity_bytes'])}"
    requests = int(frame["requests"].sum())
    missed = f"; miss rate {words.rate(frame['misses'].sum() / requests)}" if requests else ""
    return f"{capacity}{missed}; {changes} in this range."


def _line(name: str, values: Series, grid: Grid, pen: dict, axis: str, in_words) -> dict[str, Any]:
    return {
        "type": "scatter", "mode": "lines", "name": name, "y": values, "yaxis": axis, "xaxis": "x",
        "line": {"width": 2} | pen, "connectgaps": False, "text": [in_words(value) for value in values],
        "hovertemplate": "%{text}", "showlegend": False, **grid.steps,
    }  # fmt: skip


def _head(text: str, place: tuple[float, float], colours: Palette) -> dict[str, Any]:
    return {
        "text": text, "xref": "paper", "yref": "paper", "x": 0, "y": place[1], "xanchor": "left", "yanchor": "bottom",
        "showarrow": False, "font": {"size": 12, "color": colours["ink"]}, "name": "head",
    }  # fmt: skip
