"""What the page Statistics does: its address becomes a window, which is read once and drawn everywhere."""

import logging
import secrets
from dataclasses import replace
from typing import Any

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard import ids
from dashboard.caches import unanswered
from dashboard.charts import BY_NAME
from dashboard.figures import figure
from dashboard.look import Looks
from dashboard.marks import merged
from dashboard.pages import statistics as page
from dashboard.pages import toolbar
from dashboard.pages.instances_table import instances_table
from dashboard.pages.statistics import of_chart
from dashboard.pages.statistics_parts import banner, card, changes_list, notices, numbers, twin
from dashboard.ranges import Range
from dashboard.reader import Reader
from dashboard.sentences import sentences
from dashboard.theme import palette
from dashboard.whatif.curves import Curves
from dashboard.whatif.verdicts import Verdicts
from dashboard.window import Window, read_window
from dashboard.words import count, span

MEANWHILE = "What it does not give comes from the store."

log = logging.getLogger(__name__)


def register(app: Dash, reader: Reader, curves: Curves, verdicts: Verdicts) -> None:
    _register_window(app, reader)
    _register_drawing(app, reader, curves, verdicts)
    _register_clientside(app)


def _register_window(app: Dash, reader: Reader) -> None:
    @app.callback(
        Output(page.WINDOW, "data"),
        Output(page.NOTICE, "children"),
        Input(page.VIEW, "data"),
        Input(page.TICK, "n_intervals"),
    )
    def choose(view: dict[str, str], _ticks: int | None) -> tuple[dict, list]:
        window, problems = read_window(view or {}, reader.now())
        if window.instance not in ("all", "each", *reader.instances(window.range)):
            problems.append(f"{window.instance} did not report {window.within}; showing all instances.")
            window = replace(window, instance="all")
        return _as_kept(reader, window).as_json(), notices(problems)

    @app.callback(
        Output(toolbar.INSTANCE, "data"),
        Output(toolbar.CSV, "href"),
        Output(toolbar.PERIOD, "children"),
        Output(toolbar.CHIP, "hidden"),
        Output(toolbar.CHIP_TEXT, "children"),
        Input(page.WINDOW, "data"),
        State(page.VIEW, "data"),
    )
    def describe(given: dict, view: dict[str, str]) -> tuple[list[dict], str, str, bool, str]:
        window = Window.from_json(given)
        names = reader.instances(window.range)
        choices = [("all", f"All {count(len(names))} instances" if len(names) > 1 else "All instances")]
        choices += [(name, name) for name in names]
        asked = (view or {}).get("instance", "all")
        if asked not in ("all", "each", *names):
            choices.append((asked, f"{asked}: no data"))
        return (
            [{"value": value, "label": label} for value, label in choices],
            window.csv_address(),
            f"by {_period_words(window.range.period_seconds)}",
            window.live,
            f"{span(window.range.start, window.range.end)}, not live",
        )


def _register_drawing(app: Dash, reader: Reader, curves: Curves, verdicts: Verdicts) -> None:
    looks = Looks(reader)

    @app.callback(
        Output(of_chart("graph", MATCH), "figure"),
        Output(of_chart("frame", MATCH), "aria-label"),
        Output(of_chart("sentence", MATCH), "children"),
        Output(of_chart("period", MATCH), "children"),
        Output(of_chart("twin", MATCH), "children"),
        Output(of_chart("failure", MATCH), "children"),
        Input(page.WINDOW, "data"),
        Input(ids.SCHEME, "data"),
        Input({"act": "twin", "chart": MATCH}, "n_clicks"),
        State(of_chart("graph", MATCH), "id"),
        on_error=_could_not_be_drawn,
    )
    def draw_chart(given: dict, scheme: str | None, twins: int | None, graph: dict) -> tuple:
        chart, window = BY_NAME[graph["chart"]], Window.from_json(given)
        look = looks.at(window)
        estimated = chart.name == "reasons" and _estimated(curves, window)
        said, around = sentences(chart, look.frame, look.now, look.before, window, look.documents, estimated)
        drawn = figure(
            chart,
            look.frame,
            window.range,
            palette(scheme or "light"),
            before=look.compared,
            shift_seconds=window.shift_seconds,
            marks=merged(look.documents, window.range),
            hidden=window.hidden,
        )
        period = f" {_per_period(window)}" if chart.per_period else ""
        return (
            drawn,
            f"{chart.title}. {said} {around}",
            f"{said} {around}" if chart.lead else said,
            period,
            twin(chart, look.frame) if (twins or 0) % 2 else None,
            None,
        )

    @app.callback(
        Output(page.CARDS, "children"),
        Output(page.BANNER, "children"),
        Output(page.CHANGES, "children"),
        Output(page.CACHE, "children"),
        Input(page.WINDOW, "data"),
    )
    def show_cards(given: dict) -> tuple[list[Component], Any, Any, Any]:
        window = Window.from_json(given)
        look = looks.at(window)
        fleet = reader.fleet()
        since, away = fleet.last_complete, unanswered(fleet)
        told = notices([f"{away} {MEANWHILE}"] if away else [])
        changes = changes_list(look.documents, verdicts.of(look.documents))
        instead = banner(look, fleet, reader.failure is not None)
        return [card(each, since) for each in look.cards], instead, changes, told

    @app.callback(Output(page.COLUMNS, "data"), Input(page.WINDOW, "data"))
    def send_numbers(given: dict) -> dict:
        window = Window.from_json(given)
        return numbers(looks.at(window), reader)

    @app.callback(Output(page.INSTANCES, "children"), Input(page.WINDOW, "data"))
    def show_instances(_given: dict) -> Component:
        return instances_table(reader.fleet())


def _estimated(curves: Curves, window: Window) -> bool:
    """Whether why requests missed was not counted of each."""
    curve = curves.over(window.range.start, window.range.end, window.instance)
    return curve is not None and not curve.exact


def _register_clientside(app: Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("statistics", "steer"),
        Output(page.VIEW, "data"),
        Input(toolbar.PRESET, "value"),
        Input(toolbar.INSTANCE, "value"),
        Input(toolbar.COMPARE, "value"),
        Input(toolbar.REFRESH, "value"),
        Input(toolbar.SHOW, "n_clicks"),
        Input(toolbar.FROM, "n_submit"),
        Input(toolbar.TO, "n_submit"),
        State(toolbar.FROM, "value"),
        State(toolbar.TO, "value"),
        State(page.VIEW, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("statistics", "keepWindow"),
        Input(page.WINDOW, "data"),
        Input(page.VIEW, "data"),
    )
    app.clientside_callback(
        ClientsideFunction("statistics", "showRows"),
        Output(page.ROWS, "rowData"),
        Output(page.ROWS, "columnDefs"),
        Output(page.ROWS, "dashGridOptions"),
        Input(page.COLUMNS, "data"),
        State(page.ROWS, "columnDefs"),
        State(page.ROWS, "dashGridOptions"),
    )


def _as_kept(reader: Reader, window: Window) -> Window:
    """The window in longer periods where the channel no longer has shorter ones."""
    frame = reader.statistics(window.range, "all")
    longest = int(frame["period_seconds"].max()) if len(frame) else 0
    if longest <= window.range.period_seconds:
        return window
    return replace(window, range=Range.covering(window.range.start, window.range.end, longest))


def _could_not_be_drawn(error: Exception) -> tuple:
    """This chart says so; the others are right. The code finds the reason in the log."""
    code = secrets.token_hex(2)
    log.error("a chart could not be drawn, code %s", code, exc_info=error)
    told = html.Div(
        className="banner error",
        children=[
            "This chart could not be drawn. The others are right. ",
            html.Button("Try again", className="link-button", **{"data-do": "refresh"}),
            f" Code {code}",
        ],
    )
    return no_update, no_update, no_update, no_update, no_update, told


def _period_words(seconds: int) -> str:
    if seconds % 3600 == 0:
        return "hour" if seconds == 3600 else f"{seconds // 3600} hours"
    return "minute" if seconds == 60 else f"{seconds // 60} minutes"


def _per_period(window: Window) -> str:
    words = _period_words(window.range.period_seconds)
    return f"in {words}" if words[0].isdigit() else f"{'an' if words == 'hour' else 'a'} {words}"
