"""What the page Configuration does: it follows the channel. Its form and its saving have modules of their own."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, set_props
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.caches import held, in_force
from dashboard.changes import applied
from dashboard.fleet import Fleet, made_at
from dashboard.pages import configuration as page
from dashboard.pages import configuration_fields, configuration_form, configuration_preview, configuration_saving
from dashboard.pages.configuration_parts import (
    UNDO_SECONDS,
    UNKNOWN,
    UNKNOWN_HELD,
    history_rows,
    latest,
)
from dashboard.pages.statistics_parts import notices
from dashboard.reader import Reader
from dashboard.whatif.outlooks import Outlooks
from metrics.channel import Channel

ROWS_SHOWN = 20


def register(
    app: Dash,
    reader: Reader,
    channel: Channel,
    outlooks: Outlooks,
    trial: configuration_preview.Trial = lambda rules: "",
) -> None:
    _register_following(app, reader)
    configuration_form.register(app, reader)
    configuration_fields.register(app, reader)
    configuration_preview.register(app, reader, outlooks, trial)
    configuration_saving.register(app, reader, channel, outlooks)


def _register_following(app: Dash, reader: Reader) -> None:
    @app.callback(
        Output(page.SEEN, "data"),
        Output(page.IN_FORCE, "children"),
        Output(page.TROUBLE, "children"),
        Output(page.LATEST, "children"),
        Output(page.HELD, "children"),
        Output(page.CLEAR, "disabled"),
        Output(page.HISTORY, "children"),
        Output(page.OLDER, "hidden"),
        Input(page.TURN, "data"),
        Input(page.SAVED, "data"),
        Input(page.OLDER, "n_clicks"),
        State(page.SEEN, "data"),
    )
    def follow(_turn: int | None, _saved: dict | None, older: int | None, seen: dict | None) -> tuple:
        fleet, documents = reader.fleet(), reader.history()
        shown = ROWS_SHOWN * (1 + (older or 0))
        now = _seen(fleet, reader, shown)
        if now == seen:
            raise PreventUpdate
        set_props(ids.STATUS_TICK, {"n_intervals": int(reader.now() * 1000)})  # the status line must not say otherwise
        if not reader.has_read:
            return now, UNKNOWN, _trouble(reader, fleet), None, UNKNOWN_HELD, True, [], True
        previous = next((document for document in documents if document.version < fleet.newest.version), None)
        return (
            now,
            [in_force(fleet), " ", applied(fleet)],
            _trouble(reader, fleet),
            latest(fleet, previous, reader.now()),
            held(fleet),
            False,
            history_rows(documents, shown, fleet),
            shown >= len(documents),
        )

    app.clientside_callback(
        ClientsideFunction("configuration", "turn"),
        Output(page.TURN, "data"),
        Input(page.TICK, "n_intervals"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("configuration", "goToVersion"),
        Input(page.HISTORY, "children"),
        State(page.OLDER, "hidden"),
    )


def _seen(fleet: Fleet, reader: Reader, shown: int) -> dict[str, Any]:
    """All that the page draws depends on; as long as this is the same, so is the page."""
    failure = reader.failure
    return {
        "version": fleet.newest.version if reader.has_read else None,
        "id": fleet.newest.id,
        "instances": [[i.name, i.version, i.capped, i.refused_version, i.applied_at] for i in fleet.alive],
        "caches": [fleet.engine, fleet.fixed, fleet.caches, *fleet.setting],
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
