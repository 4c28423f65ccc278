"""Statistics: is the cache doing its job, and since when not? What stands on the page."""

import dash_ag_grid as dag
from dash import dcc, html

from dashboard import cost
from dashboard.charts import CHARTS, Chart
from dashboard.figures import CONFIG
from dashboard.pages.parts import TABLE_COLUMNS, Address, grid_options, help_button, of_address, opening
from dashboard.pages.toolbar import toolbar
from dashboard.window import DEFAULTS, REFRESHES

BANNER = "statistics-banner"
CACHE = "statistics-cache"  # what the shared cache has not answered
CARDS = "statistics-cards"
CHANGES = "statistics-changes"
COLUMNS = "statistics-columns"
INSTANCES = "statistics-instances"
NOTICE = "statistics-notice"
ROWS = "statistics-rows"
TICK = "statistics-tick"
VIEW = "statistics-view"
WINDOW = "statistics-window"


def layout(**address: Address) -> html.Div:
    """The page as its address asks for it; numbers come later, by the callbacks of statistics_callbacks."""
    view = of_address(address, DEFAULTS)
    seconds = REFRESHES.get(view.get("refresh", DEFAULTS["refresh"]), REFRESHES[DEFAULTS["refresh"]])
    return html.Div(
        className="statistics",
        children=[
            html.H1("Statistics", className="visually-hidden"),
            toolbar(view),
            html.Div(id=NOTICE, role="status", className="notices"),
            html.Div(id=CACHE, role="status", className="notices"),
            html.Div(id=BANNER),
            html.Div(id=CARDS, className="cards", children=[html.Div(className="card number skeleton")] * 5),
            html.Div(className="charts", children=[chart_card(chart) for chart in CHARTS]),
            _table(),
            html.Section(
                id="instances",
                className="card",
                **{"aria-labelledby": "instances-title"},
                children=[html.H2("Instances", id="instances-title"), html.Div(id=INSTANCES)],
            ),
            cost.line(),
            dcc.Store(id=VIEW, data=view),
            dcc.Store(id=WINDOW),
            dcc.Store(id=COLUMNS),
            dcc.Interval(id=TICK, interval=max(seconds, 1) * 1000, disabled=seconds == 0),
        ],
    )


def of_chart(kind: str, name: object) -> dict:
    """The id of one part of a chart: its graph, its sentence, its table."""
    return {"part": kind, "chart": name}


def chart_card(chart: Chart) -> html.Section:
    title = f"title-{chart.name}"
    return html.Section(
        className=f"card chart{' wide' if chart.wide else ''}",
        **{"aria-labelledby": title},
        children=[
            html.Div(
                className="chart-head",
                children=[
                    html.H2([chart.title, html.Span(id=of_chart("period", chart.name), className="period")], id=title),
                    help_button(chart.title, chart.help),
                    html.Span(className="spring"),
                    _legend(chart),
                    _menu(chart),
                ],
            ),
            html.Div(
                id=of_chart("frame", chart.name),
                className="chart-frame",
                role="img",
                tabIndex=0,
                **{"aria-label": f"{chart.title}. Loading."},
                children=dcc.Graph(
                    id=of_chart("graph", chart.name), config=CONFIG, responsive=True, className="chart-graph"
                ),
            ),
            html.Div(id=of_chart("twin", chart.name), className="twin"),
            html.P(id=of_chart("sentence", chart.name), className="sentence"),
            html.Div(id=CHANGES) if chart.lead else None,
            html.Div(id=of_chart("failure", chart.name), role="alert"),
        ],
    )


def _legend(chart: Chart) -> html.Div:
    """Buttons that hide and show the lines: a click hides, a double click leaves that one only."""
    return html.Div(
        className="legend",
        role="group",
        **{"aria-label": f"Lines of {chart.title}"},
        children=[
            html.Button(
                [html.Span(className=f"swatch swatch-{line.colour} swatch-{line.dash}"), line.label],
                id={"line": line.column, "of": chart.name},
                className="legend-button",
                **{"aria-pressed": "true", "data-line": line.column},
            )
            for line in chart.lines
            if len(chart.lines) > 1
        ],
    )


def _menu(chart: Chart) -> html.Details:
    acts = {"twin": "Show as table", "png": "Save as PNG", "svg": "Save as SVG"}
    items = [html.Button(words, id={"act": act, "chart": chart.name}, className="item") for act, words in acts.items()]
    return opening("…", f"More for {chart.title}", items, "icon-button")


def _table() -> html.Section:
    return html.Section(
        className="card",
        **{"aria-labelledby": "table-title"},
        children=[
            html.Div(
                className="chart-head",
                children=[
                    html.H2("The same numbers as a table", id="table-title"),
                    html.Span(
                        "Times are UTC, newest first. What finds no room here is in the CSV.", className="caption"
                    ),
                ],
            ),
            dag.AgGrid(
                id=ROWS,
                columnDefs=TABLE_COLUMNS,
                rowData=[],
                dashGridOptions=grid_options(page_size=15),
                columnSize="responsiveSizeToFit",
                className="grid",
                style={"height": None},
            ),
        ],
    )
