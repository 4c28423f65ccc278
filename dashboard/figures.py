"""A frame of statistics becomes a figure: plain dicts, a tenth of the cost of objects. No Dash."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.axes import time_axis, value_axis
from dashboard.charts import Chart, Kind, Line, Unit
from dashboard.marks import Mark, mark_annotations, mark_shapes
from dashboard.ranges import Range
from dashboard.theme import FONT, Palette, transparent
from dashboard.traces import DRAW, Grid, Series, compared_trace
from dashboard.words import rate

MARGIN = {"l": 52, "r": 76, "t": 22, "b": 40}
LABEL_GAP = 0.085  # the least distance of two labels at the right end, as a share of the chart's height
NEUTRAL = {"displayModeBar": False, "displaylogo": False, "showSendToCloud": False, "plotlyServerURL": ""}
CONFIG = NEUTRAL | {"scrollZoom": False, "doubleClick": False, "responsive": True, "showTips": False}
"""Every chart's: without Plotly's bar, and without its button that would upload the chart."""


def figure(
    chart: Chart,
    frame: pd.DataFrame,
    range: Range,
    colours: Palette,
    *,
    before: pd.DataFrame | None = None,
    shift_seconds: int = 0,
    marks: Sequence[Mark] = (),
    hidden: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The figure of one chart over ``range``; ``before`` is the compared stretch, ``shift_seconds`` earlier."""
    grid = Grid(range)
    unfinished = {place for place, open in zip(grid.places(frame), frame["unfinished"], strict=True) if open}
    columns = {line.column: grid.series(frame, line.column) for line in chart.lines}
    shown = [line for line in chart.lines if line.column not in hidden]
    traces = DRAW[chart.kind](chart, grid, shown, columns, unfinished, colours)
    if before is not None and not {"before", chart.compared} & hidden:
        on_top = len(traces) if chart.kind is Kind.STACKED else 0  # areas hide what is below them
        traces.insert(on_top, compared_trace(chart, Grid(range.before(shift_seconds)), grid, before, colours))
    return {
        "data": traces,
        "layout": _layout(chart, grid, traces, columns, shown, unfinished, colours, marks),
    }


def _layout(
    chart: Chart,
    grid: Grid,
    traces: Sequence[Mapping],
    columns: Mapping[str, Series],
    shown: Sequence[Line],
    unfinished: set[int],
    colours: Palette,
    marks: Sequence[Mark],
) -> dict[str, Any]:
    axis = value_axis(_most(chart, traces, shown, columns), chart.unit, colours)
    return {
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"family": FONT, "size": 12, "color": colours["muted"]},
        "hovermode": False,
        "dragmode": "zoom",
        "selectdirection": "h",
        "barmode": "stack",
        "bargap": 0.15,
        "showlegend": False,
        "autosize": True,
        "uirevision": "kept",
        "xaxis": time_axis(grid.at(-0.5), grid.at(len(grid) - 0.5), grid.range.seconds, colours),
        "yaxis": axis,
        "shapes": _tint(grid, unfinished, colours) + mark_shapes(marks, colours),
        "annotations": [
            *mark_annotations(marks, grid.range, colours),
            *_end_labels(chart, shown, columns, axis["range"][1], colours),
            {
                "text": "UTC", "xref": "paper", "yref": "paper", "x": 1, "y": 0, "xanchor": "left", "yanchor": "top",
                "xshift": 8, "yshift": -20, "showarrow": False, "font": {"size": 12, "color": colours["muted"]},
            },
        ],
        "meta": {"chart": chart.name, "start": grid.range.start, "period": grid.range.period_seconds}
        | {"unit": chart.unit, "compared": chart.compared, "lines": [_hovered(line) for line in chart.lines]},
    }  # fmt: skip


def _mark(chart: Chart, line: Line, last: float) -> str:
    return f"{line.mark} {rate(last).removesuffix(' %')}" if chart.unit is Unit.RATE else line.mark


def _hovered(line: Line) -> dict:
    return {"label": line.label, "column": line.column, "of": line.of, "colour": line.colour}


def _most(chart: Chart, traces: Sequence[Mapping], shown: Sequence[Line], columns: Mapping[str, Series]) -> float:
    numbers = [value for trace in traces for value in trace["y"] if value is not None]
    if chart.kind is Kind.STACKED:
        together = zip(*(columns[line.column] for line in shown), strict=True) if shown else ()
        numbers += [sum(value or 0 for value in values) for values in together]
    return max(numbers, default=0)


def _tint(grid: Grid, unfinished: set[int], colours: Palette) -> list[dict]:
    if not unfinished:
        return []
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "name": "unfinished",
            "x0": grid.at(min(unfinished) - 0.5), "x1": grid.at(len(grid) - 0.5), "line": {"width": 0},
            "fillcolor": transparent(colours["ink"], 0.06),
        }
    ]  # fmt: skip


def _end_labels(
    chart: Chart, shown: Sequence[Line], columns: Mapping[str, Series], top: float, colours: Palette
) -> list[dict]:
    """What each line is called, at the height where it ends, moved apart where two would meet."""
    heights, below = [], 0.0
    for line in shown:
        last = next((value for value in reversed(columns[line.column]) if value is not None), None)
        if last is None or (chart.kind is Kind.STACKED and not last and len(shown) > 2):
            continue  # of many layers those without height are left to the legend
        heights.append(((below + last / 2 if chart.kind is Kind.STACKED else last) / top, line, last))
        below += last if chart.kind is Kind.STACKED else 0
    labels, lowest = [], 0.0
    for height, line, last in sorted(heights, key=lambda pair: pair[0]):
        height = max(height, lowest)
        lowest = height + LABEL_GAP
        labels.append(
            {
                "text": _mark(chart, line, last), "xref": "paper", "yref": "paper", "x": 1, "y": height,
                "xanchor": "left", "yanchor": "middle", "xshift": 8, "showarrow": False, "name": f"end {line.column}",
                "font": {"size": 12, "color": colours["ink"]},
            }
        )  # fmt: skip
    return labels
