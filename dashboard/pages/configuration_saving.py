"""Saving: Apply, Undo and Clear cache, each with its question where something is lost."""

from functools import partial
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from cache.config import Configuration
from dashboard.changes import clearing, shrinking
from dashboard.choices import choices, policy_label
from dashboard.editing import Outcome, clear_cache, content, save
from dashboard.forms import NAMELESS, Draft, read_draft
from dashboard.pages import configuration as page
from dashboard.pages.configuration import of_question
from dashboard.pages.configuration_form import FIELDS, draft_in
from dashboard.pages.configuration_preview import seconds_over
from dashboard.pages.statistics_parts import notices
from dashboard.ranges import utc
from dashboard.reader import Reader
from dashboard.whatif.expectation import expected
from dashboard.whatif.outlooks import Outlooks, setting_of
from dashboard.words import size
from metrics.channel import Channel


def register(app: Dash, reader: Reader, channel: Channel, outlooks: Outlooks) -> None:
    _register_saving(app, reader, channel, outlooks)
    _register_clearing(app, reader, channel)


def _register_saving(app: Dash, reader: Reader, channel: Channel, outlooks: Outlooks) -> None:
    # The buttons of the history come and go. One that comes would ask for what follows too, and what was pressed
    # before and is still on its way would not be answered.
    app.clientside_callback(
        ClientsideFunction("configuration", "press"),
        Output(page.TO_SAVE, "data"),
        Input(page.APPLY, "n_clicks"),
        Input({"undo": ALL}, "n_clicks"),
        Input(of_question("shrink", "keep"), "n_clicks"),
        Input(of_question("shrink", "go"), "n_clicks"),
        prevent_initial_call=True,
    )

    app.clientside_callback(
        ClientsideFunction("configuration", "forgetLink"),
        Output(page.ADDRESS, "data"),
        Input(page.SAVED, "data"),
        Input(page.DISCARD, "n_clicks"),
        Input({"resolve": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(page.SAVED, "data"),
        Output(page.CONFLICT, "data", allow_duplicate=True),
        Output(page.NOTICES, "children", allow_duplicate=True),
        Output(page.PENDING, "data"),
        Output(of_question("shrink", "dialog"), "opened"),
        Output(of_question("shrink", "words"), "children"),
        Output(of_question("shrink", "keep"), "children"),
        Output(of_question("shrink", "go"), "children"),
        Output(of_question("shrink", "dialog"), "title"),
        Output(of_question("shrink", "lost"), "hidden"),
        Input(page.TO_SAVE, "data"),
        State(page.PENDING, "data"),
        State(page.BASE, "data"),
        State(page.ADDRESS, "data"),
        *FIELDS,
        prevent_initial_call=True,
    )
    def submit(
        to_save: dict, pending: dict | None, base: dict, address: dict | None,
        policy: str | None, capacity: str | None, author: str | None, reason: str | None, *scale: Any,
    ) -> tuple:  # fmt: skip
        pressed = to_save["button"]
        if pressed == of_question("shrink", "keep"):
            return (*[no_update] * 3, None, False, *[no_update] * 5)
        confirmed = pressed == of_question("shrink", "go")
        asked = pending if confirmed else {"undo": pressed["undo"]} if isinstance(pressed, dict) else {"apply": True}
        draft = draft_in(policy, capacity, author, reason, scale)
        started, edit = _undoing(reader, asked["undo"], draft) if "undo" in asked else _applying(reader, base, draft)
        if edit is None:
            raise PreventUpdate
        overtaken, over = reader.newest().version != started.version, seconds_over(address)
        lost = fall = None
        if not confirmed and not overtaken and not choices(reader.fleet()).fixed:
            lost = shrinking(reader.fleet(), edit["capacity_bytes"])
            outlook = outlooks.from_now(setting_of(started), over)
            fall = expected(outlook, (edit["policy"], edit["capacity_bytes"])).fall
        if lost or fall:
            question = " ".join(filter(None, (lost, fall)))
            return (*[no_update] * 3, asked, True, question, *_answers(started, edit, bool(lost)), not lost)
        predict = partial(outlooks.predicted, seconds=over)
        outcome = save(channel, started, edit, utc(reader.now()), predict, choices(reader.fleet()))
        reader.retry()
        return (*_answered(outcome, reader, fill="apply" in asked), None, False, *[no_update] * 5)


def _answers(started: Configuration, edit: dict[str, Any], shrinks: bool) -> tuple[str, str, str]:
    """What the two buttons say, and the dialog's title."""
    if shrinks:
        keep, go = size(started.capacity_bytes), size(edit["capacity_bytes"])
        return f"Keep {keep}", f"Shrink to {go}", "Shrink the cache?"
    setting = f"{policy_label(edit['policy'])} at {size(edit['capacity_bytes'])}"
    return "Keep what is in force", f"Apply {setting}", "Apply what is expected to do worse?"


def _answered(outcome: Outcome, reader: Reader, fill: bool) -> tuple:
    """What was saved, what was in the way, and what there is to say."""
    if outcome.saved:
        return {"version": outcome.saved.version, "fill": fill, "at": reader.now()}, None, []
    if outcome.overtaken:
        return no_update, {"newest": outcome.overtaken.model_dump()}, []
    return no_update, no_update, notices([outcome.trouble])


def _applying(reader: Reader, base: dict, draft: Draft) -> tuple[Configuration, dict[str, Any] | None]:
    started = Configuration.model_validate(base)
    edit, errors = read_draft(draft, started, choices(reader.fleet()))
    return started, None if errors else edit


def _undoing(reader: Reader, version: int, draft: Draft) -> tuple[Configuration, dict[str, Any] | None]:
    """The edit that takes a version back to the one before it."""
    documents = {document.version: document for document in reader.history()}
    undone = documents.get(version)
    before = documents.get(undone.parent) if undone and undone.parent is not None else None
    if before is None:
        return reader.newest(), None
    author = draft.author.strip() or NAMELESS
    return undone, content(before) | {"author": author, "reason": f"Undo v{version}"}


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
