"""Small parts that several places of a page are made of."""

from collections.abc import Collection
from typing import Any

from dash import html

from dashboard.charts import Chart, Unit

GRID_THEME = "themeQuartz.withParams(hitrateGrid)"

Address = str | list[str]
"""What Dash gives a layout of each name in its address: a list where the name stands there several times."""


def of_address(address: dict[str, Address], names: Collection[str]) -> dict[str, str]:
    """What is asked for by one of these names; the first of several, as for scripts."""
    return {name: value if isinstance(value, str) else value[0] for name, value in address.items() if name in names}


def help_button(subject: str, words: str) -> html.Details:
    """A `?` that explains a word; a button, so that a finger and a keyboard reach it, too."""
    return opening("?", f"What is {subject}?", [html.P(words, className="help-text")], "help-button")


def opening(sign: str, label: str, content: list, className: str, id: str | None = None) -> html.Details:
    """Something small that opens under a button: the browser's own, which readers know; popups.js closes it."""
    named = {"aria-label": label} if label else {}
    button = html.Summary(sign, className=className, **({"id": id} if id else {}), **named)
    return html.Details([button, html.Div(content, className="popup")], className="opening")


_WIDTHS = {"time": 152, "count": 74, "rate": 84, "size": 78, "milliseconds": 74, "version": 60}
_LEAST_WIDTHS = {"time": 142, "count": 70, "rate": 76, "size": 72, "milliseconds": 66, "version": 60}


def column(field: str, title: str, unit: str, **more: Any) -> dict[str, Any]:
    return {
        "field": field,
        "headerName": title,
        "valueFormatter": {"function": f"format_{unit}(params)"},
        "sortable": False,
        "resizable": False,
        "suppressMovable": True,
        "width": _WIDTHS[unit],
        "minWidth": _LEAST_WIDTHS[unit],
        **({} if unit == "time" else {"type": "rightAligned"}),
    } | more


TABLE_COLUMNS: list[dict[str, Any]] = [
    column("time", "Time (UTC)", "time"),
    column("requests", "Requests", "count", minWidth=80),  # its name, on a phone too
    column("hits", "Hits", "count"),
    column("misses", "Misses", "count"),
    column("hit_rate", "Hit rate", "rate"),
    column("miss_rate", "Miss rate", "rate"),
    column("items", "Items", "count"),
    column("size_bytes", "Size", "size"),
    column("capacity_bytes", "Capacity", "size"),
    column("evictions", "Evictions", "count"),
    column("bytes_served", "Served", "size"),
    column("p50_ms", "p50", "milliseconds"),
    column("p95_ms", "p95", "milliseconds"),
    column("p99_ms", "p99", "milliseconds"),
    column("config_version", "Version", "version"),
]
"""The table at the foot of the page; narrow screens show the columns that NARROW names (table.js)."""


def twin_columns(chart: Chart) -> list[dict[str, Any]]:
    return [
        column("time", "Time (UTC)", "time"),
        *(column(line.column, line.label, _NAMES[chart.unit]) for line in chart.lines),
    ]


def grid_options(page_size: int) -> dict[str, Any]:
    """The grid as tall as its rows and in the page's own colours; it never scrolls by itself."""
    return {
        "theme": {"function": GRID_THEME},
        "domLayout": "autoHeight",
        "pagination": True,
        "paginationPageSize": page_size,
        "paginationPageSizeSelector": False,
        "suppressCellFocus": False,
        "animateRows": False,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "suppressMovableColumns": True,
        "localeText": {"noRowsToShow": "No data"},
    }


_NAMES = {Unit.RATE: "rate", Unit.COUNT: "count", Unit.SIZE: "size", Unit.MILLISECONDS: "milliseconds"}
