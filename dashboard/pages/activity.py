"""Activity: who or what changed it, why, and did it help?"""

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.changes import what_changed
from dashboard.figures import CONFIG
from dashboard.fleet import made_at
from dashboard.marks import changes
from dashboard.pages.parts import Address, help_button
from dashboard.ranges import DAY, HOUR
from dashboard.reader import Reader
from dashboard.scaling.decisions import Decisions
from dashboard.scaling.words import turned_down
from dashboard.theme import palette
from dashboard.timeline import timeline, told
from dashboard.whatif.verdicts import MOST_JUDGED, Change, Verdicts, long, numbers, score, score_words, short
from dashboard.window import PRESETS, read_window
from dashboard.words import MISSING, moment
from metrics.chain import AUTOSCALER
from metrics.decisions import Decision

SCORE = "activity-score"
ROWS = "activity-rows"
WHICH = "activity-which"
FILTER = "activity-filter"
TICK = "activity-tick"
SPAN = "activity-span"
GRAPH = "activity-graph"
FRAME = "activity-frame"
TELLS = "activity-tells"
TICK_MILLISECONDS = 20_000
MOST_ROWS = 100
SPANS = ("15m", "1h", "3h", "6h", "24h", "7d", "30d")
CSV = "activity-csv"
WHICH_WORDS = {
    "all": "All",
    "changes": "Changes",
    "predicted": "With a prediction",
    "scaler": "The auto-scaler",
    "held": "Held",
}
NONE_MATCHES = "None of the changes matches what is chosen."
HEADS = ("Version", "When, who, why", "Change", "Before", "Predicted", "After", "If unchanged", "Verdict")
METHOD = (
    "Before: the hit rate of the setting then in force. Predicted: what the new one would have hit on those requests. "
    "After: what the cache hits since. If unchanged: what the old setting would have hit since. "
    "The verdict compares what was gained with what the shadows promise, on the same requests since the change."
)


def layout(**_address: Address) -> html.Div:
    return html.Div(
        className="activity",
        children=[
            html.Div(
                className="activity-head",
                children=[
                    html.H1("Activity"),
                    html.P("Reading …", id=SCORE, className="in-force", role="status"),
                    help_button("the verdict", METHOD),
                ],
            ),
            html.Div(
                className="toolbar",
                children=[
                    dmc.Select(
                        id=WHICH,
                        data=[{"value": value, "label": label} for value, label in WHICH_WORDS.items()],
                        value="all",
                        allowDeselect=False,
                        w=180,
                        className="tool",
                        attributes={"input": {"aria-label": "Which changes"}},
                    ),
                    dmc.TextInput(
                        id=FILTER, placeholder="Filter by name, reason, verdict", debounce=300,
                        className="tool activity-filter", w=260,
                        attributes={"input": {"aria-label": "Filter", "maxLength": 80}},
                    ),
                    html.Span(className="spring"),
                    html.A("CSV", id=CSV, href="/export/activity.csv", className="button"),
                    html.A("JSON", href="/api/activity", className="button"),
                ],
            ),
            _timeline(),
            html.Section(html.Div(id=ROWS), className="card", **{"aria-label": "Changes, newest first"}),
            dcc.Interval(id=TICK, interval=TICK_MILLISECONDS),
        ],
    )  # fmt: skip


def _timeline() -> html.Section:
    return html.Section(
        className="card chart",
        **{"aria-labelledby": "activity-timeline"},
        children=[
            html.Div(
                className="chart-head",
                children=[
                    html.H2("Capacity over miss rate", id="activity-timeline"),
                    html.Span(className="spring"),
                    dmc.Select(
                        id=SPAN,
                        data=[{"value": value, "label": label} for value, label, _ in PRESETS if value in SPANS],
                        allowDeselect=False,
                        w=176,
                        attributes={"input": {"aria-label": "Range of the chart"}},
                    ),
                ],
            ),
            html.Div(
                id=FRAME,
                className="chart-frame timeline-frame",
                role="img",
                tabIndex=0,
                **{"aria-label": "Capacity over miss rate. Loading."},
                children=dcc.Graph(id=GRAPH, config=CONFIG, responsive=True, className="timeline-graph"),
            ),
            html.P(id=TELLS, className="sentence"),
        ],
    )


def register(app: Dash, reader: Reader, verdicts: Verdicts, decisions: Decisions) -> None:
    @app.callback(Output(SPAN, "value"), Input(SPAN, "id"))
    def begin(_id: str) -> str:
        now = reader.now()
        heard = reader.minutes(int(now) - DAY, int(now))
        return span_from(int(heard.time[0]) if len(heard) else None, now)

    @app.callback(
        Output(GRAPH, "figure"),
        Output(FRAME, "aria-label"),
        Output(TELLS, "children"),
        Output(CSV, "href"),
        Input(SPAN, "value"),
        Input(ids.SCHEME, "data"),
        Input(TICK, "n_intervals"),
    )
    def draw(span: str, scheme: str | None, _ticks: int | None) -> tuple:
        window, _ = read_window({"from": f"now-{span}"}, reader.now())
        history, decided = reader.history(), decisions.over(window.range.start, window.range.end)
        frame, documents = reader.statistics(window.range), changes(history, window.range)
        sentence = told(frame, window.range, documents, decided)
        figure = timeline(frame, window.range, documents, palette(scheme or "light"), history, decided)
        return figure, sentence, sentence, f"/export/activity.csv?from=now-{span}"

    @app.callback(
        Output(SCORE, "children"),
        Output(ROWS, "children"),
        Input(TICK, "n_intervals"),
        Input(WHICH, "value"),
        Input(FILTER, "value"),
        Input(SPAN, "value"),
    )
    def show(_ticks: int | None, which: str, text: str | None, span: str | None) -> tuple[str, Component]:
        every, now = verdicts.changes(), int(reader.now())
        seconds = next((seconds for value, _, seconds in PRESETS if value == span), 24 * HOUR)
        decided = decisions.over(now - seconds, now + 1)
        entries = chosen(every, which, text or ""), chosen_decisions(decided, which, text or "")
        if not any(entries) and (every or decided):
            return score_words(score(every)), html.P(NONE_MATCHES, className="muted")
        return score_words(score(every)), rows(*entries, reasons=_reasons(decided))


def span_from(first: int | None, now: float) -> str:
    """The shortest range that holds all there is, so that a young system fills the chart; a day at most."""
    seconds = DAY if first is None else now - first
    return next((value for value, _, length in PRESETS if seconds <= length <= DAY), "24h")


def chosen(every: list[Change], which: str, text: str) -> list[Change]:
    wanted = text.strip().lower()
    return [change for change in every if _is_wanted(change, which) and (not wanted or wanted in _text(change))]


def _is_wanted(change: Change, which: str) -> bool:
    wanted = {
        "predicted": change.document.prediction is not None,
        "scaler": change.document.author == AUTOSCALER,
        "held": False,
    }
    return wanted.get(which, True)


def chosen_decisions(decided: list[Decision], which: str, text: str) -> list[Decision]:
    """Those that changed nothing: what was changed stands there as a change."""
    wanted = text.strip().lower()
    return [
        decision
        for decision in decided
        if decision.applied_version is None and which in ("all", "scaler", "held")
        if not wanted or wanted in f"{AUTOSCALER} {decision.sentence}".lower()
    ]


def _reasons(decided: list[Decision]) -> dict[int, str]:
    """What was turned down when a version was made."""
    return {d.applied_version: turned_down(d.rejected) for d in decided if d.applied_version is not None}


def rows(every: list[Change], held: list[Decision] = (), reasons: Mapping[int, str] | None = None) -> Component:
    """Changes and what the auto-scaler left as it was, the newest first."""
    entries = [(made_at(change.document), _row(change, (reasons or {}).get(change.document.version, "")))
               for change in every[:MOST_ROWS]]  # fmt: skip
    entries += [(decision.time, _decision_row(decision)) for decision in held[-MOST_ROWS:]]
    if not entries:
        return html.P("No changes yet: what is applied on Configuration stands here.", className="muted")
    return html.Table(
        className="plain-table activity-table",
        children=[
            html.Thead(html.Tr([html.Th(head, scope="col") for head in HEADS])),
            html.Tbody([row for _, row in sorted(entries, key=lambda each: each[0], reverse=True)][:MOST_ROWS]),
        ],
    )


def _decision_row(decision: Decision) -> Component:
    sentence = [html.Div(decision.sentence), _turned_down(turned_down(decision.rejected))]
    if decision.repeated:
        sentence.insert(1, html.Div(f"Decided {decision.repeated} times more before.", className="muted activity-why"))
    return html.Tr(
        className="activity-held",
        children=[
            html.Td("", **{"data-label": ""}),
            html.Td(
                [html.Span(moment(decision.time), className="muted"), f" {AUTOSCALER}"], **{"data-label": HEADS[1]}
            ),
            html.Td(sentence, colSpan=6, **{"data-label": "Decision"}),
        ],
    )


def _turned_down(told: str) -> Component | None:
    if not told:
        return None
    head, _, rest = told.partition(": ")
    return html.Details([html.Summary(head), rest], className="activity-why muted")


def _row(change: Change, not_chosen: str = "") -> Component:
    document = change.document
    who = html.Div([html.Span(moment(made_at(document)), className="muted"), f" {document.author}"])
    why = [
        html.Div(f"“{document.reason}”", className="muted activity-reason") if document.reason else None,
        _turned_down(not_chosen),
    ]
    # A decision's sentence is long, and the columns of numbers beside it are mostly empty: it gets the wide one.
    ours, theirs = ([], why) if document.author == AUTOSCALER else (why, [])
    cells = [
        (HEADS[0], dcc.Link(f"v{document.version}", href=f"/configuration#v{document.version}")),
        (HEADS[1], html.Div([who, *ours])),
        (HEADS[2], html.Div([html.Div(what_changed(change.before, document)), *theirs])),
        *((head, _spoken(number)) for head, number in zip(HEADS[3:7], numbers(change), strict=True)),
        (HEADS[7], _verdict(change)),
    ]
    return html.Tr([html.Td(cell, **{"data-label": head}) for head, cell in cells if cell is not None])


def _verdict(change: Change) -> Component | str:
    if change.verdict is None:
        return "" if not change.is_setting else html.Span(f"No verdict: {_why_none(change)}", className="muted")
    return html.Div(
        [
            html.Strong(short(change), className=f"verdict verdict-{change.verdict.kind.name.lower()}"),
            html.Div(long(change), className="muted activity-why"),
        ]
    )


def _why_none(change: Change) -> str:
    if change.document.prediction is None:
        return "What-if knew too little"
    return f"only the newest {MOST_JUDGED} predictions are judged"


def _spoken(number: str) -> Component | str:
    if number != MISSING:
        return number
    return html.Span(
        [html.Span(number, **{"aria-hidden": "true"}), html.Span("not known yet", className="visually-hidden")]
    )


def _text(change: Change) -> str:
    document = change.document
    told = (document.author, document.reason, what_changed(change.before, document), short(change))
    return " ".join(told).lower()
