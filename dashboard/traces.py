"""The lines, areas and bars of a chart, with gaps as gaps and the unfinished period told apart; plain dicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.charts import Chart, Kind, Line
from dashboard.ranges import Range, iso
from dashboard.theme import Palette, transparent

BARS_UP_TO = 60
DOT = 6

Series = list[float | int | None]


@dataclass(frozen=True)
class Grid:
    """The periods of a range, one after the other, whether reported or not: what makes a gap a gap."""

    range: Range

    def __len__(self) -> int:
        return self.range.seconds // self.range.period_seconds

    @property
    def steps(self) -> dict[str, Any]:
        """The x of a trace: its first and its distance in milliseconds."""
        return {"x0": iso(self.range.start), "dx": self.range.period_seconds * 1000}

    def at(self, place: float) -> str:
        return iso(self.range.start + place * self.range.period_seconds)

    def places(self, frame: pd.DataFrame) -> list[int]:
        seconds = frame["time"].astype("datetime64[s, UTC]").astype("int64").to_numpy()
        return ((seconds - self.range.start) // self.range.period_seconds).tolist()

    def series(self, frame: pd.DataFrame, column: str) -> Series:
        """A column with None where there is no number."""
        values: Series = [None] * len(self)
        column_values = frame[column].astype(object).where(frame[column].notna(), None)
        for place, value in zip(self.places(frame), column_values, strict=True):
            if 0 <= place < len(values):
                values[place] = round(value, 6) if isinstance(value, float) else value
        return values


def _lines(
    chart: Chart,
    grid: Grid,
    lines: Sequence[Line],
    columns: Mapping[str, Series],
    unfinished: set[int],
    colours: Palette,
) -> list[dict]:
    traces = []
    for line in lines:
        traces += _line(line, grid, columns[line.column], unfinished, colours)
    return traces


def _line(line: Line, grid: Grid, values: Series, unfinished: set[int], colours: Palette) -> list[dict]:
    """The finished periods as a line, those alone between gaps as dots, the unfinished as a dotted end."""
    finished = [None if place in unfinished else value for place, value in enumerate(values)]
    colour = colours[line.colour]
    pen = {"color": colour, "width": line.width, "dash": line.dash}
    traces = [_scatter(line, mode="lines", y=finished, line=pen, **grid.steps)]
    if alone := [i for i in range(len(finished)) if _alone(finished, i) and not _alone_but_for(values, i)]:
        traces.append(
            _scatter(
                line, "alone", mode="markers", x=[grid.at(i) for i in alone], y=[finished[i] for i in alone],
                marker={"color": colour, "size": DOT},
            )
        )  # fmt: skip
    if ends := [i for i in sorted(unfinished) if values[i] is not None]:
        last = [i for i in range(ends[0] - 1, ends[0]) if i >= 0 and values[i] is not None]
        traces.append(
            _scatter(
                line, "unfinished", mode="lines+markers", x=[grid.at(i) for i in last + ends],
                y=[values[i] for i in last + ends], line=pen | {"dash": "dot"},
                marker={
                    "size": [0] * len(last) + [DOT + 1] * len(ends), "color": colours["card"],
                    "line": {"color": colour, "width": 1.5},
                },
            )
        )  # fmt: skip
    return traces


def _stacked(
    chart: Chart,
    grid: Grid,
    lines: Sequence[Line],
    columns: Mapping[str, Series],
    unfinished: set[int],
    colours: Palette,
) -> list[dict]:
    if len(grid) <= BARS_UP_TO + 1:
        return [_bars(line, grid, columns[line.column], unfinished, colours) for line in lines]
    # Plotly's own stacking takes a gap for a zero: so the sums are drawn, the largest first, each down to zero.
    traces, below = [], [0] * len(grid)
    for line in lines:
        below = [None if b is None or v is None else b + v for b, v in zip(below, columns[line.column], strict=True)]
        traces.insert(0, _area(line, grid, below, colours[line.colour]))
        if alone := [i for i in range(len(below)) if _alone(below, i)]:
            traces.append(
                {
                    "type": "bar", "name": line.label, "meta": {"role": "alone", "column": line.column},
                    "x": [grid.at(i) for i in alone], "y": [columns[line.column][i] for i in alone],
                    "hoverinfo": "skip",
                    "marker": {"color": colours[line.colour], "line": {"width": 0}},
                    "width": grid.range.period_seconds * 1000, "showlegend": False,
                }
            )  # fmt: skip
    return traces


def _bars(line: Line, grid: Grid, values: Series, unfinished: set[int], colours: Palette) -> dict:
    colour = colours[line.colour]
    fill = [transparent(colour, 0.2) if place in unfinished else colour for place in range(len(grid))]
    edge = [1 if place in unfinished else 0 for place in range(len(grid))]
    return {
        "type": "bar", "name": line.label, "meta": {"role": "bars", "column": line.column}, "y": values,
        "marker": {"color": fill, "line": {"color": colour, "width": edge}},
        "hoverinfo": "skip", "showlegend": False, **grid.steps,
    }  # fmt: skip


def _area(line: Line, grid: Grid, values: Series, colour: str) -> dict:
    """The ground under a line; Plotly would fill gaps, so the edge goes down to zero on both sides of one."""
    period, start = grid.range.period_seconds * 1000, grid.range.start * 1000
    x: list[int] = []
    y: list[float] = []
    for place, value in enumerate(values):
        before = values[place - 1] if place else None
        if value is None and before is None:
            continue
        at = start + (place if value is not None else place - 1) * period
        if (value is None) != (before is None):
            x.append(at)
            y.append(0)
        if value is not None:
            x.append(at)
            y.append(value)
    return _scatter(
        line, "area", mode="lines", x=x, y=y, fill="tozeroy", fillcolor=colour, line={"width": 0, "color": colour}
    )


def _under(
    chart: Chart,
    grid: Grid,
    lines: Sequence[Line],
    columns: Mapping[str, Series],
    unfinished: set[int],
    colours: Palette,
) -> list[dict]:
    traces = []
    for line in lines:
        drawn = _line(line, grid, columns[line.column], unfinished, colours)
        if line is chart.lines[0]:
            traces.append(_area(line, grid, columns[line.column], colours[f"{line.colour}-fill"]))
        else:
            drawn[0]["line"] |= {"shape": "hv"}
        traces += drawn
    return traces


DRAW = {Kind.LINES: _lines, Kind.STACKED: _stacked, Kind.UNDER: _under}


def compared_trace(chart: Chart, then: Grid, now: Grid, before: pd.DataFrame, colours: Palette) -> dict:
    """The window before, at the times of this one."""
    line = next((line for line in chart.lines if line.column == chart.compared), chart.lines[0])
    dash = "dot" if all(other.dash != "dot" for other in chart.lines) else "dashdot"
    colour = colours["ink"] if chart.kind is Kind.STACKED else colours[line.colour]
    return {
        "type": "scatter", "name": "Before", "meta": {"role": "before", "column": chart.compared}, "mode": "lines",
        "y": then.series(before, chart.compared), "line": {"color": colour, "width": 1.5, "dash": dash},
        "connectgaps": False, "hoverinfo": "skip", "showlegend": False, **now.steps,
    }  # fmt: skip


def _scatter(drawn: Line, role: str = "line", **more: Any) -> dict:
    return {
        "type": "scatter", "name": drawn.label, "meta": {"role": role, "column": drawn.column}, "connectgaps": False,
        "hoverinfo": "skip", "showlegend": False,
    } | more  # fmt: skip


def _alone(values: Series, place: int) -> bool:
    before = values[place - 1] if place else None
    after = values[place + 1] if place + 1 < len(values) else None
    return values[place] is not None and before is None and after is None


def _alone_but_for(values: Series, place: int) -> bool:
    """Its only neighbour is unfinished: the dotted end already shows it."""
    return place + 1 < len(values) and values[place + 1] is not None
