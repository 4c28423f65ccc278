"""What the callbacks of Configuration put on the page: now against new, steps, history, three columns."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from cache.config import Configuration
from dashboard.caches import capacity_title, servers_own
from dashboard.changes import (
    Row,
    applied,
    clashes,
    difference_in_all,
    overtaken,
    shrinking,
    what_changed,
)
from dashboard.choices import limit, policy_label, servers_policy
from dashboard.editing import content
from dashboard.fleet import Fleet, made_at
from dashboard.ranges import utc
from dashboard.whatif.expectation import Expected
from dashboard.words import MISSING, moment, sentence, size

UNDO_SECONDS = 600
UNKNOWN = "What is in force is not known yet."
UNKNOWN_HELD = "What is cached is not known yet; it can be cleared once the channel answers."


def now_and_new(
    base: Configuration,
    policy: str,
    capacity_bytes: int | None,
    fleet: Fleet,
    effect: Expected,
    scaling: Sequence[tuple[str, str, str]] = (),
) -> list[Component]:
    """The panel What changes; a capacity that cannot be read is None."""
    caches = fleet.caches
    rows = [_compared("Policy", policy_label(base.policy), policy_label(policy))]
    new = MISSING if capacity_bytes is None else size(capacity_bytes)
    rows.append(_compared(capacity_title(fleet.engine if fleet.shared else ""), size(base.capacity_bytes), new))
    if caches > 1:
        in_all = MISSING if capacity_bytes is None else size(capacity_bytes * caches)
        rows.append(_compared(f"In all {caches} instances", size(base.capacity_bytes * caches), in_all))
    rows += [_compared(*row) for row in (*scaling, *effect.rows)]
    return [
        html.H2("What changes"),
        html.Table(
            className="compared",
            children=[
                html.Thead(html.Tr([_head(""), _head(f"now (v{base.version})"), _head(f"new (v{base.version + 1})")])),
                html.Tbody(rows),
            ],
        ),
        *(html.P(told, className="told") for told in _consequences(base, policy, capacity_bytes, fleet)),
        *_expectation(effect),
    ]


def nothing_known() -> list[Component]:
    """The same panel before the channel has answered for the first time."""
    told = f"{UNKNOWN} The channel has not answered since this manager began; the form opens as soon as it does."
    return [html.H2("What changes"), html.P(told, className="told")]


def as_the_server_has_it(fleet: Fleet) -> list[Component]:
    """The same panel where nothing can be changed from here."""
    policy, capacity_bytes = fleet.setting
    rows = [("Policy", servers_policy(policy)), (capacity_title(fleet.engine), limit(capacity_bytes))]
    return [
        html.H2("Nothing can be changed from here"),
        html.P(f"{servers_own(fleet)} {sentence(fleet.fixed)}", className="told"),
        html.Table(
            className="compared",
            children=[
                html.Thead(html.Tr([_head(""), _head("the server's own")])),
                html.Tbody([html.Tr([html.Th(label, scope="row"), html.Td(value)]) for label, value in rows]),
            ],
        ),
    ]


def would_do(sentence: str) -> Component:
    """What the auto-scaler would do at this moment by the rules in the form."""
    return html.Section(
        [html.H3("What it would do now"), html.P(sentence, className="told", role="status")], className="would-do"
    )


def _consequences(base: Configuration, policy: str, capacity_bytes: int | None, fleet: Fleet) -> list[str]:
    if capacity_bytes is None or (policy == base.policy and capacity_bytes == base.capacity_bytes):
        return []
    told = [difference_in_all(base, capacity_bytes, fleet.caches)]
    lost = shrinking(fleet, capacity_bytes)
    told.append(f"{lost} They stay stored and will be fetched again." if lost else "Cached images that still fit stay.")
    return [each for each in told if each]


def _expectation(effect: Expected) -> list[Component]:
    """How it is known; where nothing is expected, nothing is said."""
    if not effect.told:
        return []
    return [
        html.P([*(f"{told} " for told in effect.told), dcc.Link("Why: What-if", href="/what-if")], className="muted")
    ]


def _compared(label: str, now: str, new: str) -> Component:
    changed = now != new
    cell = [html.Strong(new), html.Span(" changed", className="visually-hidden")] if changed else new
    return html.Tr([html.Th(label, scope="row"), html.Td(now), html.Td(cell)], className="changed" if changed else None)


def _head(text: str) -> Component:
    return html.Th(text, scope="col") if text else html.Td()


def three_columns(
    started: Configuration,
    now: Configuration,
    between: Sequence[Configuration],
    policy: str,
    capacity_bytes: int | None,
) -> list[Component]:
    """What is shown when another was first."""
    heads = (f"you started from (v{started.version})", f"in force now (v{now.version})", "yours")
    return [
        html.H2("Somebody was first"),
        html.Div(overtaken(started, now, between), className="banner warning", role="alert"),
        html.Table(
            className="compared",
            children=[
                html.Thead(html.Tr([_head(""), *(_head(head) for head in heads)])),
                html.Tbody([_three(row) for row in clashes(started, now, policy, capacity_bytes)]),
            ],
        ),
        html.Div(
            className="answers",
            children=[
                html.Button("Drop mine", id={"resolve": "drop"}, className="button"),
                html.Button(f"Put my changes on v{now.version}", id={"resolve": "mine"}, className="button primary"),
            ],
        ),
    ]


def _three(row: Row) -> Component:
    yours = [html.Strong(row.yours), html.Span("both changed it", className="clash")] if row.clash else row.yours
    return html.Tr(
        [html.Th(row.label, scope="row"), html.Td(row.started), html.Td(row.now), html.Td(yours)],
        className="changed" if row.clash else None,
    )


def latest(fleet: Fleet, previous: Configuration | None, now: float) -> Component | None:
    """The way of the newest document from saved to in force everywhere, and a way back; for ten minutes."""
    newest = fleet.newest
    if previous is None or not 0 <= now - made_at(newest) < UNDO_SECONDS:
        return None
    done = bool(fleet.alive) and len(fleet.applied) == len(fleet.alive)
    last = max((instance.applied_at or 0 for instance in fleet.applied), default=0)
    everywhere = f"In force everywhere {_second(last)}" if done and last else "In force everywhere"
    steps = [
        (f"Saved as v{newest.version} {_second(made_at(newest))}", True),
        (applied(fleet), done),
        (everywhere, done),
    ]
    waits = next((place for place, (_, reached) in enumerate(steps) if not reached), None)
    return html.Section(
        className="card latest",
        **{"aria-labelledby": "configuration-latest-title"},
        children=[
            html.H2(f"Latest change: {what_changed(previous, newest)}", id="configuration-latest-title"),
            html.Ol(
                className="steps",
                children=[
                    html.Li(
                        told,
                        className="done" if reached else "waits" if place == waits else "later",
                    )
                    for place, (told, reached) in enumerate(steps)
                ],
            ),
            _judged_later(newest),
            _undo(previous, newest),
        ],
    )


def _judged_later(newest: Configuration) -> Component | None:
    if newest.prediction is None:
        return None
    link = dcc.Link("Activity", href="/activity")
    return html.P(["What came of it will stand in ", link, ", held against the prediction."], className="muted")


def _undo(previous: Configuration, newest: Configuration) -> Component | None:
    if content(previous) == content(newest):
        return None
    return html.Div(
        className="undo",
        children=[
            html.P("Undo brings the setting back, not the images already dropped.", className="muted"),
            html.Button(f"Undo v{newest.version}", id={"undo": newest.version}, className="button"),
        ],
    )


def history_rows(documents: Sequence[Configuration], shown: int, fleet: Fleet) -> list[Component]:
    """The newest so many documents, each against the one before it."""
    before = [*documents[1:], None]
    return [
        _history_row(document, earlier, fleet)
        for document, earlier in list(zip(documents, before, strict=True))[:shown]
    ]


def _history_row(document: Configuration, before: Configuration | None, fleet: Fleet) -> Component:
    in_force = document.version == fleet.newest.version
    by_default = document.version == 0
    same = content(document) == content(fleet.newest)
    if in_force:
        state: Component = html.Span(
            f"in force, applied by {len(fleet.applied)} of {len(fleet.alive)}", className="now"
        )
    elif same:
        state = html.Span("the same as in force", className="muted")
    else:
        state = html.Button(
            "Go back to this",
            id={"back": document.version},
            className="button",
            **{"aria-label": f"Go back to this, v{document.version}"},
        )
    return html.Li(
        id=f"v{document.version}",
        className="history-row in-force-row" if in_force else "history-row",
        children=[
            html.Span(f"v{document.version}", className="history-version"),
            html.Span("" if by_default else moment(made_at(document)), className="history-time muted"),
            html.Span("the default" if by_default else document.author, className="history-author"),
            html.Span(what_changed(before, document), className="history-change"),
            html.Span(f"“{document.reason}”" if document.reason else "", className="history-reason muted"),
            html.Span(state, className="history-state"),
        ],
    )


def saved_meanwhile(started: Configuration, now: Configuration) -> str:
    return (
        f"{now.author} saved v{now.version} ({what_changed(started, now)}) while you were editing v{started.version}. "
        "Apply shows both side by side before anything is changed."
    )


def _second(seconds: float) -> str:
    return f"{utc(seconds):%H:%M:%S}"
