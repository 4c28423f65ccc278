"""What the callbacks of Statistics put on the page: cards, notices, tables."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from cache.config import Configuration
from dashboard import words
from dashboard.cards import Card, Change, sparkline
from dashboard.charts import Chart
from dashboard.fleet import Fleet, made_at
from dashboard.look import Look
from dashboard.pages.parts import grid_options, twin_columns
from dashboard.ranges import HOUR, iso
from dashboard.reader import Reader
from dashboard.traces import Grid
from dashboard.whatif.verdicts import Change as Judged
from dashboard.whatif.verdicts import short
from metrics.schema import MINUTE, REASONS

ARROWS = {1: "▲", -1: "▼", 0: "="}
FIRST_TIME = (
    "No statistics yet. Is the image service running? Try ", html.Code("make traffic"),
    "; the first minute shows here within two minutes.",
)  # fmt: skip
NOTHING_READ = "Nothing could be read yet. The charts come by themselves as soon as the source answers."
NUMBERS = (
    "requests", "hits", "misses", "hit_rate", "miss_rate", "items", "size_bytes", "capacity_bytes", "evictions",
    "bytes_served", "p50_ms", "p95_ms", "p99_ms", "config_version", "reported", "unfinished", *REASONS,
)  # fmt: skip


def card(given: Card, since: int | None) -> Component:
    return html.Div(
        className=f"card number number-{given.name}",
        children=[
            html.Div(given.title, className="number-title"),
            html.Div(
                className="number-row",
                children=[
                    html.Div(
                        [spoken(given.value), html.Span(f" {given.of}", className="of") if given.of else None],
                        className="value",
                    ),
                    _spark(given),
                ],
            ),
            _bar(given.fill) if given.fill is not None else None,
            html.Div(_change(given.change) if given.change else given.note, className="change"),
            html.Div(className="card-age", **{"data-since": str(since + MINUTE)}) if since else None,
        ],
    )


def notices(problems: Sequence[str]) -> list[Component]:
    return [html.Div(problem, className="banner warning") for problem in problems]


def banner(look: Look, fleet: Fleet, failed: bool = False) -> Component | None:
    """Why there is nothing to see, and what to do; None where there is something. ``failed``: nothing can be read."""
    if look.now is not None:
        if look.now.requests == 0:
            told = f"Alive, but no requests {look.window.within}, so there is no rate."
            return html.Div(told, className="banner info")
        return None
    if fleet.last_complete is None and failed:
        return html.Div(NOTHING_READ, className="banner info")
    if fleet.last_complete is None:
        return html.Div([*FIRST_TIME], className="banner info first-time")
    shown = words.span(look.window.range.start, look.window.range.end)
    last = fleet.last_complete
    address = f"/?from={iso(last - HOUR + MINUTE)}&to={iso(last + MINUTE)}"
    return html.Div(
        className="banner info",
        children=[
            f"Nobody reported between {shown.replace('-', ' and ', 1)}. ",
            f"The last data is from {words.clock(last)}. ",
            dcc.Link("Show it", href=address),
        ],
    )


def changes_list(documents: Sequence[Configuration], judged: Mapping[int, Judged]) -> Component | None:
    """Each change as a link: what is drawn on a chart takes no focus."""
    if not documents:
        return None
    return html.Ul(
        className="changes",
        **{"aria-label": "Changes of the configuration"},
        children=[
            html.Li(
                [
                    dcc.Link(f"v{each.version}", href=f"/configuration#v{each.version}"),
                    f" {words.moment(made_at(each))} {each.author}",
                    html.Span(f" “{each.reason}”", className="muted") if each.reason else None,
                    *_verdict(judged.get(each.version)),
                ]
            )
            for each in reversed(documents)
        ],
    )


def _verdict(change: Judged | None) -> list[Any]:
    return [": ", dcc.Link(short(change), href="/activity")] if change else []


def twin(chart: Chart, frame: pd.DataFrame) -> Component:
    """The chart's own numbers as a table, newest first."""
    newest_first = frame.iloc[::-1]
    return dag.AgGrid(
        columnDefs=twin_columns(chart),
        rowData=_records(newest_first, [*chart.columns, "unfinished"]),
        dashGridOptions=grid_options(page_size=6),
        columnSize="responsiveSizeToFit",
        className="grid",
        style={"height": None},
    )


def numbers(look: Look, reader: Reader) -> dict[str, Any]:
    """The numbers behind the charts, by column: for the hover box and the table."""
    window, grid = look.window, Grid(look.window.range)
    by_place = {name: grid.series(look.frame, name) for name in NUMBERS}
    before = Grid(window.compared) if window.compared else None
    return {
        "start": window.range.start,
        "period": window.range.period_seconds,
        "columns": by_place,
        "before": {name: before.series(look.compared, name) for name in NUMBERS} if before else None,
        "before_name": window.compared_name.capitalize(),
        "expected": int(look.frame["reported"].max()) if len(look.frame) else 0,
        "each": _each(look, reader) if window.instance == "each" else None,
        "total": {name: getattr(look.now, name, None) for name in NUMBERS} if look.now else None,
    }


def _each(look: Look, reader: Reader) -> list[dict]:
    frame = reader.statistics(look.window.range, "each").iloc[::-1]
    return _records(frame, [*NUMBERS, "instance"])


def _records(frame: pd.DataFrame, columns: Sequence[str]) -> list[dict]:
    times = [iso(time.timestamp()) for time in frame["time"]]
    kept = frame[list(columns)].astype(object).where(frame[list(columns)].notna(), None)
    return [{"time": time, **row} for time, row in zip(times, kept.to_dict("records"), strict=True)]


def spoken(value: str) -> Any:
    if value != words.MISSING:
        return value
    dash = html.Span(value, **{"aria-hidden": "true"})
    return html.Span([dash, html.Span("no data", className="visually-hidden")])


def _change(change: Change) -> list[Any]:
    if change.direction == 0:
        return [f"= unchanged on {change.than}"]
    arrow = html.Span(ARROWS[change.direction], **{"aria-hidden": "true"})
    up_or_down = html.Span("up " if change.direction > 0 else "down ", className="visually-hidden")
    moved = html.Span([arrow, " ", up_or_down, change.amount, f" {change.verdict}" if change.verdict else ""],
                      className=f"moved {change.verdict}")  # fmt: skip
    return [moved, html.Span(f" than {change.than}" if change.verdict else f" on {change.than}", className="than")]


def _bar(fill: float) -> Component:
    return html.Div(html.Div(className="bar-fill", style={"width": f"{min(fill, 1):.1%}"}), className="bar")


def _spark(given: Card) -> Component | None:
    path = sparkline(given.line)
    if not path:
        return None
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 28' preserveAspectRatio='none'><path fill='none' "
        f"stroke='#000' stroke-width='1.5' vector-effect='non-scaling-stroke' d='{path}'/></svg>"
    )
    # A mask, so that the line takes its colour from the page and follows light and dark.
    mask = f"url(data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"
    return html.Div(className=f"spark spark-{given.colour}", style={"maskImage": mask, "WebkitMaskImage": mask})
