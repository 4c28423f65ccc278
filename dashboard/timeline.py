"""Capacity over miss rate, on one time axis, with every change marked: what was done, and what it did. No Dash."""

import builtins
from bisect import bisect_right
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import pandas as pd

from cache.config import Autoscale, Configuration
from dashboard import words
from dashboard.axes import time_axis, value_axis
from dashboard.charts import Unit
from dashboard.fleet import made_at
from dashboard.marks import mark_annotations, mark_shapes, merged
from dashboard.ranges import Range, iso
from dashboard.theme import FONT, Palette
from dashboard.traces import Grid, Series
from metrics.decisions import Decision

UPPER, LOWER = (0.6, 1.0), (0.0, 0.46)
HEAD = 16
"""The height of a panel's head in pixels; the flags of changes stand above the upper one's."""


def timeline(
    frame: pd.DataFrame,
    range: Range,
    documents: Sequence[Configuration],
    colours: Palette,
    history: Sequence[Configuration] = (),
    decisions: Sequence[Decision] = (),
) -> dict[str, Any]:
    """Two panels; gaps are gaps. ``documents`` are the changes within the range, ``history`` all of them, newest first,
    for the thresholds; ``decisions`` are the auto-scaler's within the range."""
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
            *_thresholds(grid, history, colours),
            *_decided(grid, capacity, decisions, colours),
        ],
        "layout": {
            "margin": {"l": 60, "r": 24, "t": 22 + HEAD, "b": 40}, "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)", "font": {"family": FONT} | font, "hovermode": "x unified",
            "hoverlabel": {"bgcolor": colours["card"], "bordercolor": colours["input-border"],
                           "font": {"color": colours["ink"], "family": FONT, "size": 12}},
            "dragmode": False, "showlegend": False, "autosize": True, "uirevision": "kept",
            "xaxis": time | {"fixedrange": True, "anchor": "y2"},
            "yaxis": above | {"domain": UPPER}, "yaxis2": below | {"domain": LOWER},
            "shapes": mark_shapes(marks, colours),
            "annotations": [
                *(flag | {"yshift": HEAD} for flag in mark_annotations(marks, range, colours)),
                *(_head(text, place, colours) for text, place in (("Capacity of all", UPPER), ("Miss rate, %", LOWER))),
            ],
        },
    }  # fmt: skip


def told(
    frame: pd.DataFrame, range: Range, documents: Sequence[Configuration], decisions: Sequence[Decision] = ()
) -> str:
    """The same in a sentence."""
    if not len(frame):
        return "No statistics in this range."
    first, last = frame.iloc[0], frame.iloc[-1]
    changes = words.plural(len(documents), "change")
    began, ended = (words.size(each["capacity_bytes"]) for each in (first, last))
    capacity = f"Capacity {began}" + (f", then {ended}" if ended != began else "")
    requests = int(frame["requests"].sum())
    missed = f"; miss rate {words.rate(frame['misses'].sum() / requests)}" if requests else ""
    by_itself = sum(decision.applied_version is not None for decision in decisions)
    scaled = f", {by_itself} by the auto-scaler," if by_itself else ""
    return f"{capacity}{missed}; {changes}{scaled} in this range."


THRESHOLDS = (
    ("Maximum", "grow_above", "miss_rate"),
    ("Minimum", "shrink_below", "miss_rate"),
    ("Target", "target_miss_rate", "target"),
)
"""What stands across the miss rate, of which member, and in which mode."""


def _thresholds(grid: Grid, history: Sequence[Configuration], colours: Palette) -> list[dict[str, Any]]:
    """As steps, since they change with the configuration; nothing where no mode has any."""
    rules: list[Autoscale] = []
    ordered = sorted(history, key=lambda document: document.version)
    times = [made_at(document) for document in ordered]
    for place in builtins.range(len(grid)):
        last = bisect_right(times, grid.range.start + (place + 0.5) * grid.range.period_seconds)
        rules.append(ordered[last - 1].autoscale if last else Autoscale())
    lines = []
    for name, member, mode in THRESHOLDS:
        values = [getattr(each, member) if each.mode == mode else None for each in rules]
        if any(value is not None for value in values):
            pen = {"color": colours["muted"], "width": 1.5, "dash": "dash" if name == "Maximum" else "dot",
                   "shape": "hv"}  # fmt: skip
            lines.append(_line(name, values, grid, pen, "y2", words.rate))
    return lines


MARKS = {
    "grow": ("Grew", "triangle-up", 11),
    "shrink": ("Shrank", "triangle-down", 11),
    "hold": ("Held", "circle-open", 7),
}
"""How a decision stands on the line of the capacity: its name, symbol and width."""


def _decided(grid: Grid, capacity: Series, decisions: Sequence[Decision], colours: Palette) -> list[dict[str, Any]]:
    lines = []
    for action, (name, symbol, across) in MARKS.items():
        of_action = [decision for decision in decisions if decision.action == action]
        if of_action:
            lines.append({
                "type": "scatter", "mode": "markers", "name": name,
                "x": [iso(decision.time) for decision in of_action], "xaxis": "x", "yaxis": "y",
                "y": [_height(grid, capacity, decision) for decision in of_action],
                "marker": {"symbol": symbol, "size": across, "color": colours["ink"],
                           "opacity": 0.55 if action == "hold" else 1},
                "text": ["<br>".join(wrap(decision.sentence, 56)) for decision in of_action],
                "hovertemplate": "%{text}<extra></extra>", "showlegend": False, "cliponaxis": False,
            })  # fmt: skip
    return lines


def _height(grid: Grid, capacity: Series, decision: Decision) -> float:
    """On the line; where nobody reported, at what the decision says of one cache."""
    place = int((decision.time - grid.range.start) // grid.range.period_seconds)
    around = [capacity[p] for p in (place, place - 1, place + 1) if 0 <= p < len(capacity)]
    caches = decision.inputs.get("caches") or 1
    return next((value for value in around if value is not None), decision.capacity_bytes * caches)


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
