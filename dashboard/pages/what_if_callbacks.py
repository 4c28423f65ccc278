"""What the page What-if does: its address becomes a range, whose curve is read once and told in five ways."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from dashboard import ids
from dashboard.pages import what_if as page
from dashboard.pages.statistics_parts import FIRST_TIME, notices
from dashboard.pages.what_if_grid import rates, row_order
from dashboard.pages.what_if_parts import confidence, reasons, suggestions
from dashboard.pages.what_if_point import point
from dashboard.pages.what_if_said import said
from dashboard.ranges import iso
from dashboard.reader import Reader
from dashboard.theme import palette
from dashboard.whatif.advice import Advice, advise
from dashboard.whatif.curves import Curves
from dashboard.whatif.figure import curve_figure, sentence, title
from dashboard.whatif.outlook import Outlook
from dashboard.whatif.outlooks import Outlooks
from dashboard.window import Window, read_window
from dashboard.words import clock, unbroken
from metrics.curves import Setting
from metrics.schema import MINUTE

KEPT = 8


@dataclass(frozen=True, eq=False)
class Sight:
    """All that is drawn of one window. ``outlook`` is None where nothing was counted."""

    window: Window
    show: str
    outlook: Outlook | None
    advice: Advice | None


class Sights:
    """The last sights; those of one second are the same, so that all parts of the page share one."""

    def __init__(self, reader: Reader, outlooks: Outlooks) -> None:
        self._reader, self._outlooks = reader, outlooks
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple, Sight] = OrderedDict()

    def at(self, given: dict) -> Sight:
        wanted = tuple(sorted((name, str(value)) for name, value in given.items())), int(self._reader.now())
        with self._lock:
            if wanted not in self._kept:
                self._kept[wanted] = self._look(given)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[wanted]

    def _look(self, given: dict) -> Sight:
        window = Window.from_json(given)
        outlook = self._outlooks.over(window, given["show"])
        advice = None if outlook is None else advise(outlook, given["target"] / 100)
        return Sight(window, given["show"], outlook, advice)


def register(app: Dash, reader: Reader, curves: Curves, outlooks: Outlooks) -> None:
    sights = Sights(reader, outlooks)
    _register_choice(app, reader, curves)
    _register_answer(app, sights, reader, curves)
    _register_points(app, sights)
    _register_said(app, sights, curves)
    app.clientside_callback(
        ClientsideFunction("whatIf", "address"), Output(page.ADDRESSED, "data"), Input(page.VIEW, "data")
    )
    app.clientside_callback(
        ClientsideFunction("whatIf", "pick"),
        Output(page.CHOSEN, "data"),
        Input(page.GRAPH, "clickData"),
        prevent_initial_call=True,
    )


def _register_choice(app: Dash, reader: Reader, curves: Curves) -> None:
    @app.callback(
        Output(page.VIEW, "data"),
        Input(page.PRESET, "value"),
        Input(page.INSTANCE, "value"),
        Input(page.SHOW, "value"),
        Input(page.TARGET, "value"),
        State(page.VIEW, "data"),
        prevent_initial_call=True,
    )
    def steer(preset: str, instance: str, show: str, target: Any, view: dict[str, str]) -> Any:
        asked = {name: value for name, value in (view or {}).items() if name in ("from", "to")}
        if preset != page.GIVEN:
            asked = {"from": f"now-{preset}", "to": "now"}
        # The field gives text while what stands there is no number's own way to be written: "85.", "85.0".
        percent = f"{target:g}" if isinstance(target, int | float) else target or ""
        asked |= {"instance": instance, "show": show, "target": percent}
        return asked if asked != view else no_update

    @app.callback(
        Output(page.WINDOW, "data"),
        Output(page.NOTICE, "children"),
        Output(page.INSTANCE, "data"),
        Output(page.INSTANCE, "display"),
        Input(page.VIEW, "data"),
        Input(page.TICK, "n_intervals"),
    )
    def choose(view: dict[str, str], _ticks: int | None) -> tuple:
        view = view or {}
        window, problems = read_window({n: v for n, v in view.items() if n in ("from", "to", "instance")}, reader.now())
        target, wrong = page.target_of(view)
        if view.get("show", "hit") not in page.SHOWS:
            problems.append(f"show {view['show']!r} is not one of {', '.join(page.SHOWS)}.")
        shared = reader.fleet().shared
        if shared and window.instance != "all":
            problems.append("All instances share one cache, so there is no curve of one of them; showing that of all.")
            window = replace(window, instance="all")
        names = curves.instances(window.range.start, window.range.end)
        choices = [{"value": "all", "label": f"All {len(names)} instances" if len(names) > 1 else "All instances"}]
        choices += [{"value": name, "label": name} for name in names]
        if names and window.instance not in ("all", *names):  # without any, it may just not have been read
            problems.append(f"{window.instance} did not report in this {window.name}; showing all instances.")
            choices.append({"value": window.instance, "label": f"{window.instance}: no data"})
            window = replace(window, instance="all")
        show = view.get("show") if view.get("show") in page.SHOWS else "hit"
        given = window.as_json() | {"show": show, "target": target}
        told = notices([*problems, *([wrong] if wrong else [])])
        return given, told, choices, "none" if shared else None


def _register_answer(app: Dash, sights: Sights, reader: Reader, curves: Curves) -> None:
    @app.callback(
        Output(page.SENTENCE, "children"),
        Output(page.SENTENCE, "className"),
        Output(page.CARDS, "children"),
        Output(page.CONFIDENCE, "children"),
        Output(page.REASONS, "children"),
        Output(page.BODY, "hidden"),
        Output(page.CSV, "href"),
        Input(page.WINDOW, "data"),
    )
    def answer(given: dict) -> tuple:
        sight = sights.at(given)
        if sight.outlook is None:
            kind = "warning" if curves.failure else "info"
            return _nothing(reader, curves), f"answer banner {kind}", [], [], "", True, _csv_address(sight)
        advice = sight.advice
        kind = {"off": "answer banner error", "early": "answer banner info"}.get(
            advice.kind, f"answer answer-{advice.kind}"
        )
        told = [unbroken(advice.sentence), *_late(curves)]
        return (
            told,
            kind,
            suggestions(advice, sight.outlook, sight.window),
            confidence(sight.outlook),
            reasons(sight.outlook),
            False,
            _csv_address(sight),
        )

    @app.callback(
        Output(page.GRAPH, "figure"),
        Output(page.TITLE, "children"),
        Output(page.FRAME, "aria-label"),
        Output(page.TELLS, "children"),
        Input(page.WINDOW, "data"),
        Input(ids.SCHEME, "data"),
        Input(page.LIT, "data"),
        Input(page.CHOSEN, "data"),
    )
    def draw(given: dict, scheme: str | None, lit: list[str] | None, chosen: str | None) -> tuple:
        sight = sights.at(given)
        if sight.outlook is None:
            return no_update, no_update, "No data.", ""
        outlook, show, best = sight.outlook, sight.show, sight.advice.best
        colours, told = palette(scheme or "light"), sentence(outlook, show, best)
        figure = curve_figure(outlook, colours, show=show, best=best, lit=lit or (), chosen=_setting(chosen))
        return figure, title(show), f"{title(show)}. {told}", unbroken(told)


def _register_points(app: Dash, sights: Sights) -> None:
    @app.callback(
        Output(page.GRID, "children"),
        Output(page.ORDER, "data"),
        Output(page.PANEL, "children"),
        Input(page.WINDOW, "data"),
        Input(page.CHOSEN, "data"),
        State(page.ORDER, "data"),
    )
    def show_points(given: dict, chosen: str | None, order: list[str] | None) -> tuple:
        sight = sights.at(given)
        if sight.outlook is None:
            return None, no_update, None
        picked = _setting(chosen) or sight.advice.best
        order = row_order(sight.outlook, order or ())
        sure = sight.advice.kind not in ("early", "off") and picked is not None and not sight.outlook.weak(picked)
        return (
            rates(sight.outlook, sight.show, sight.advice.best, picked, order),
            order,
            point(sight.outlook, picked, sight.window, applicable=sure),
        )


def _register_said(app: Dash, sights: Sights, curves: Curves) -> None:
    @app.callback(Output(page.SAID, "children"), Input(page.WINDOW, "data"), Input(page.CHOSEN, "data"))
    def say(given: dict, chosen: str | None) -> str:
        sight = sights.at(given)
        return said(sight.outlook, sight.advice, _setting(chosen), bool(curves.failure))


def _csv_address(sight: Sight) -> str:
    """The counts that the page divides: from when these begin, where it leaves out the beginning of the range."""
    stretch = sight.window.range
    start = stretch.start if sight.outlook is None else sight.outlook.curve.start
    # Curves are of minutes, so either end may be none of the longer periods that a long range has.
    span = {"from": iso(start), "to": iso(stretch.end), "period": MINUTE, "instance": sight.window.instance}
    return "/export/what-if.csv?" + urlencode(span)


def _nothing(reader: Reader, curves: Curves) -> list:
    if curves.failure:
        return [f"The curves can't be read just now: {curves.failure}. Trying again by itself."]
    if reader.fleet().last_complete is None:
        return [*FIRST_TIME]
    return [
        "Nothing was counted in this range. The shadows count while the image service runs, has requests and memory "
        "for them (WHATIF_BYTES), and tell of each minute once it is over. "
        f"The last one reported began at {clock(reader.fleet().last_complete)} UTC."
    ]


def _late(curves: Curves) -> list:
    return (
        [html.Span(f" Old numbers: the curves can't be read, {curves.failure}.", className="old")]
        if curves.failure
        else []
    )


def _setting(text: str | None) -> Setting | None:
    policy, _, capacity = (text or "").partition(" ")
    return (policy, int(capacity)) if capacity.isdigit() else None
