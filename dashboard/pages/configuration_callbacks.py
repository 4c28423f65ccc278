"""What the page Configuration does: it follows the channel, shows now against new, and saves."""

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update, set_props
from dash.exceptions import PreventUpdate

from cache.config import Configuration
from dashboard import ids
from dashboard.changes import applied, clearing, in_force, shrinking
from dashboard.editing import Outcome, clear_cache, content, moved_onto, save
from dashboard.fleet import Fleet, made_at
from dashboard.forms import (
    NAMELESS,
    Draft,
    draft_from_address,
    draft_of,
    is_change,
    read_capacity,
    read_draft,
)
from dashboard.pages import configuration as page
from dashboard.pages.configuration import of_question
from dashboard.pages.configuration_parts import (
    UNDO_SECONDS,
    held,
    history_rows,
    latest,
    now_and_new,
    saved_meanwhile,
    three_columns,
)
from dashboard.pages.statistics_parts import notices
from dashboard.ranges import utc
from dashboard.reader import Reader
from dashboard.words import size
from metrics.channel import Channel

ROWS_SHOWN = 20
FIELDS = tuple(State(field, "value") for field in (page.POLICY, page.CAPACITY, page.AUTHOR, page.REASON))


def register(app: Dash, reader: Reader, channel: Channel) -> None:
    _register_following(app, reader)
    _register_form(app, reader)
    _register_fields(app)
    _register_saving(app, reader, channel)
    _register_clearing(app, reader, channel)


def _register_following(app: Dash, reader: Reader) -> None:
    @app.callback(
        Output(page.SEEN, "data"),
        Output(page.IN_FORCE, "children"),
        Output(page.TROUBLE, "children"),
        Output(page.LATEST, "children"),
        Output(page.HELD, "children"),
        Output(page.HISTORY, "children"),
        Output(page.OLDER, "hidden"),
        Input(page.TICK, "n_intervals"),
        Input(page.SAVED, "data"),
        Input(page.OLDER, "n_clicks"),
        State(page.SEEN, "data"),
    )
    def follow(_ticks: int | None, _saved: dict | None, older: int | None, seen: dict | None) -> tuple:
        fleet, documents = reader.fleet(), reader.history()
        shown = ROWS_SHOWN * (1 + (older or 0))
        now = _seen(fleet, reader, shown)
        if now == seen:
            raise PreventUpdate
        set_props(ids.STATUS_TICK, {"n_intervals": int(reader.now() * 1000)})  # the status line must not say otherwise
        if not reader.has_read:
            return now, "What is in force is not known yet.", _trouble(reader, fleet), None, "", [], True
        previous = next((document for document in documents if document.version < fleet.newest.version), None)
        return (
            now,
            [in_force(fleet), " ", applied(fleet)],
            _trouble(reader, fleet),
            latest(fleet, previous, reader.now()),
            held(fleet),
            history_rows(documents, shown, fleet),
            shown >= len(documents),
        )

    app.clientside_callback(
        ClientsideFunction("configuration", "goToVersion"),
        Input(page.HISTORY, "children"),
    )


def _seen(fleet: Fleet, reader: Reader, shown: int) -> dict[str, Any]:
    """All that the page draws depends on; as long as this is the same, so is the page."""
    failure = reader.failure
    return {
        "version": fleet.newest.version if reader.has_read else None,
        "id": fleet.newest.id,
        "instances": [[i.name, i.version, i.capped, i.refused_version, i.announced] for i in fleet.alive],
        "minute": fleet.last_complete,
        "young": reader.now() - made_at(fleet.newest) < UNDO_SECONDS,
        "failure": [failure.message, failure.since] if failure else None,
        "unreadable": fleet.unreadable,
        "shown": shown,
    }


def _trouble(reader: Reader, fleet: Fleet) -> list:
    told = []
    if reader.failure:
        told.append("Nothing can be saved until the channel answers again.")  # the status line says why and since when
    if fleet.unreadable:
        told.append(f"{fleet.unreadable}. Nothing can be saved from here until this manager is as new as its writer.")
    return notices(told)


def _register_form(app: Dash, reader: Reader) -> None:
    """The document that the form starts from, and what stands in its fields."""

    @app.callback(
        Output(page.BASE, "data"),
        Output(page.POLICY, "value"),
        Output(page.CAPACITY, "value"),
        Output(page.REASON, "value"),
        Output(page.CONFLICT, "data"),
        Output(page.NOTICES, "children"),
        Input(page.SEEN, "data"),
        Input(page.DISCARD, "n_clicks"),
        Input({"resolve": ALL}, "n_clicks"),
        Input({"back": ALL}, "n_clicks"),
        State(page.BASE, "data"),
        State(page.SAVED, "data"),
        State(page.CONFLICT, "data"),
        State(page.ADDRESS, "data"),
        *FIELDS,
        prevent_initial_call=True,
    )
    def take_up(
        _seen: dict, _discard: int | None, _resolve: list, _back: list,
        base: dict | None, saved: dict | None, conflict: dict | None, address: dict,
        policy: str | None, capacity: str | None, author: str | None, reason: str | None,
    ) -> tuple:  # fmt: skip
        newest = reader.newest()
        if not reader.has_read:
            raise PreventUpdate
        if base is None:
            draft, problems = draft_from_address(address or {}, newest)
            return _filled(newest, draft, notices(problems))
        started, draft = Configuration.model_validate(base), _draft(policy, capacity, author, reason)
        pressed = ctx.triggered_id if ctx.triggered and ctx.triggered[0]["value"] else None
        if isinstance(pressed, dict) and "back" in pressed:
            document = next((d for d in reader.history() if d.version == pressed["back"]), None)
            if document is None:
                raise PreventUpdate
            return _filled(started, draft_of(document, f"Back to v{document.version}"))
        if isinstance(pressed, dict) and "resolve" in pressed:
            mine = pressed["resolve"] == "mine"
            return _filled(newest, moved_onto(newest, started, draft) if mine else draft_of(newest))
        if pressed == page.DISCARD:
            return _filled(newest, draft_of(newest))
        return _followed(newest, started, draft, saved, conflict)


def _followed(
    newest: Configuration, started: Configuration, draft: Draft, saved: dict | None, conflict: dict | None
) -> tuple:
    """The form when the channel has moved on: it goes along unless somebody is at work on it."""
    if newest.id == started.id or conflict:
        raise PreventUpdate
    if saved and saved["version"] == newest.version and saved["fill"]:
        return _filled(newest, draft_of(newest))
    same = (newest.policy, newest.capacity_bytes) == (started.policy, started.capacity_bytes)
    if same or not is_change(draft, started):
        return _filled(newest, moved_onto(newest, started, draft))
    return (*[no_update] * 5, notices([saved_meanwhile(started, newest)]))


def _filled(base: Configuration, draft: Draft, told: list | None = None) -> tuple:
    return base.model_dump(), draft.policy, draft.capacity, draft.reason, None, told or []


def _draft(policy: str | None, capacity: str | None, author: str | None, reason: str | None) -> Draft:
    return Draft(policy or "", capacity or "", author or "", reason or "")


def _register_fields(app: Dash) -> None:
    @app.callback(
        Output(page.CAPACITY, "error"),
        Input(page.CAPACITY, "n_blur"),
        Input(page.CAPACITY, "n_submit"),
        Input(page.CAPACITY, "value"),
        State(page.CAPACITY, "error"),
        prevent_initial_call=True,
    )
    def check(_blurs: int, _submits: int, text: str | None, shown: str | None) -> str | None:
        typing = all(each["prop_id"] == f"{page.CAPACITY}.value" for each in ctx.triggered)
        if typing and not shown:
            raise PreventUpdate  # nobody is told off in the middle of a number
        return _error_of(text)

    app.clientside_callback(
        ClientsideFunction("configuration", "slide"),
        Input(page.SLIDER, "value"),
        Input(page.CAPACITY, "value"),
        State(page.SLIDER, "label"),
        prevent_initial_call=True,
    )


def _error_of(capacity: str | None) -> str | None:
    try:
        read_capacity(capacity or "")
    except ValueError as error:
        return str(error)
    return None


def _register_saving(app: Dash, reader: Reader, channel: Channel) -> None:
    @app.callback(
        Output(page.PANEL, "children"),
        Output(page.APPLY, "children"),
        Output(page.APPLY, "disabled"),
        Output(page.DISCARD, "disabled"),
        Output(page.WHY_NOT, "children"),
        Output(page.IN_ALL, "children"),
        Input(page.BASE, "data"),
        Input(page.POLICY, "value"),
        Input(page.CAPACITY, "value"),
        Input(page.CONFLICT, "data"),
        Input(page.SEEN, "data"),
        prevent_initial_call=True,
    )
    def preview(
        base: dict | None, policy: str | None, capacity: str | None, conflict: dict | None, _seen: dict | None
    ) -> tuple:
        if base is None or not policy:
            raise PreventUpdate
        started, fleet, draft = Configuration.model_validate(base), reader.fleet(), _draft(policy, capacity, "", "")
        edit, errors = read_draft(draft)
        wanted = edit.get("capacity_bytes")
        in_all = _in_all(wanted, len(fleet.alive))
        if conflict:
            theirs, between = Configuration.model_validate(conflict["newest"]), _between(reader, started, conflict)
            panel = three_columns(started, theirs, between, policy, wanted)
            return panel, "Apply", True, True, "First choose what becomes of your changes.", in_all
        panel = now_and_new(started, policy, wanted, fleet)
        changed = is_change(draft, started)
        why_not = _why_not(changed, bool(errors))
        label = f"Apply as v{reader.newest().version + 1}"
        return panel, label, bool(why_not), not changed, why_not, in_all

    @app.callback(
        Output(page.SAVED, "data"),
        Output(page.CONFLICT, "data", allow_duplicate=True),
        Output(page.NOTICES, "children", allow_duplicate=True),
        Output(page.PENDING, "data"),
        Output(of_question("shrink", "dialog"), "opened"),
        Output(of_question("shrink", "words"), "children"),
        Output(of_question("shrink", "keep"), "children"),
        Output(of_question("shrink", "go"), "children"),
        Input(page.APPLY, "n_clicks"),
        Input({"undo": ALL}, "n_clicks"),
        Input(of_question("shrink", "keep"), "n_clicks"),
        Input(of_question("shrink", "go"), "n_clicks"),
        State(page.PENDING, "data"),
        State(page.BASE, "data"),
        *FIELDS,
        prevent_initial_call=True,
    )
    def submit(
        _apply: int | None, _undo: list, _keep: int | None, _go: int | None, pending: dict | None, base: dict,
        policy: str | None, capacity: str | None, author: str | None, reason: str | None,
    ) -> tuple:  # fmt: skip
        pressed = ctx.triggered_id if ctx.triggered[0]["value"] else None
        if pressed is None:
            raise PreventUpdate
        if pressed == of_question("shrink", "keep"):
            return (*[no_update] * 3, None, False, *[no_update] * 3)
        confirmed = pressed == of_question("shrink", "go")
        asked = pending if confirmed else {"undo": pressed["undo"]} if isinstance(pressed, dict) else {"apply": True}
        draft = _draft(policy, capacity, author, reason)
        started, edit = _undoing(reader, asked["undo"], draft) if "undo" in asked else _applying(base, draft)
        if edit is None:
            raise PreventUpdate
        overtaken = reader.newest().version != started.version
        question = None if confirmed or overtaken else shrinking(reader.fleet(), edit["capacity_bytes"])
        if question:
            keep, go = f"Keep {size(started.capacity_bytes)}", f"Shrink to {size(edit['capacity_bytes'])}"
            return (*[no_update] * 3, asked, True, question, keep, go)
        outcome = save(channel, started, edit, utc(reader.now()))
        reader.retry()
        return (*_answered(outcome, reader, fill="apply" in asked), None, False, *[no_update] * 3)


def _why_not(changed: bool, wrong: bool) -> str:
    if not changed:
        return "Nothing changed yet."
    return "The capacity is not right yet." if wrong else ""


def _answered(outcome: Outcome, reader: Reader, fill: bool) -> tuple:
    """What was saved, what was in the way, and what there is to say."""
    if outcome.saved:
        return {"version": outcome.saved.version, "fill": fill, "at": reader.now()}, None, []
    if outcome.overtaken:
        return no_update, {"newest": outcome.overtaken.model_dump()}, []
    return no_update, no_update, notices([outcome.trouble])


def _applying(base: dict, draft: Draft) -> tuple[Configuration, dict[str, Any] | None]:
    edit, errors = read_draft(draft)
    return Configuration.model_validate(base), None if errors else edit


def _undoing(reader: Reader, version: int, draft: Draft) -> tuple[Configuration, dict[str, Any] | None]:
    """The edit that takes a version back to the one before it."""
    documents = {document.version: document for document in reader.history()}
    undone = documents.get(version)
    before = documents.get(undone.parent) if undone and undone.parent is not None else None
    if before is None:
        return reader.newest(), None
    author = draft.author.strip() or NAMELESS
    return undone, content(before) | {"author": author, "reason": f"Undo v{version}"}


def _between(reader: Reader, started: Configuration, conflict: dict) -> list[Configuration]:
    last = conflict["newest"]["version"]
    return [document for document in reader.history() if started.version < document.version < last]


def _in_all(capacity_bytes: int | None, caches: int) -> str:
    return f"In all: {size(capacity_bytes * caches)}" if capacity_bytes is not None and caches > 1 else ""


def _register_clearing(app: Dash, reader: Reader, channel: Channel) -> None:
    dialog, words, keep, go = (of_question("clear", part) for part in ("dialog", "words", "keep", "go"))

    @app.callback(
        Output(dialog, "opened"),
        Output(words, "children"),
        Output(keep, "children"),
        Output(go, "children"),
        Output(page.SAVED, "data", allow_duplicate=True),
        Output(page.NOTICES, "children", allow_duplicate=True),
        Input(page.CLEAR, "n_clicks"),
        Input(keep, "n_clicks"),
        Input(go, "n_clicks"),
        State(page.AUTHOR, "value"),
        prevent_initial_call=True,
    )
    def clear(_open: int | None, _keep: int | None, _go: int | None, author: str | None) -> tuple:
        if ctx.triggered_id == page.CLEAR:
            return True, clearing(reader.fleet()), "Keep the cache", "Clear the cache", no_update, no_update
        if ctx.triggered_id == keep:
            return (False, *[no_update] * 5)
        outcome = clear_cache(channel, (author or "").strip() or NAMELESS, utc(reader.now()))
        reader.retry()
        saved, _, told = _answered(outcome, reader, fill=False)
        return (False, *[no_update] * 3, saved, told)
