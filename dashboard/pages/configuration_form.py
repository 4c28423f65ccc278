"""The form of Configuration: the document it starts from, and what stands in its fields."""

from collections.abc import Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from cache.config import Configuration
from dashboard.choices import Choices, choices
from dashboard.editing import content, moved_onto
from dashboard.forms import Draft, as_it_is, draft_from_address, draft_of, is_change
from dashboard.pages import configuration as page
from dashboard.pages.configuration_parts import (
    saved_meanwhile,
)
from dashboard.pages.statistics_parts import notices
from dashboard.reader import Reader
from dashboard.scaling.modes import FIELDS as SCALE_FIELDS

SCALE_NAMES = ("mode", *(field.name for field in SCALE_FIELDS), "dry_run")
SCALE_VALUES = (
    (page.MODE, "value"),
    *((page.of_field(field.name), "value") for field in SCALE_FIELDS),
    (page.DRY_RUN, "checked"),
)
"""Where each of SCALE_NAMES stands on the page."""
FIELDS = (
    *(State(field, "value") for field in (page.POLICY, page.CAPACITY, page.AUTHOR, page.REASON)),
    *(State(*place) for place in SCALE_VALUES),
)


def register(app: Dash, reader: Reader) -> None:
    """The document that the form starts from, and what stands in its fields."""
    app.clientside_callback(
        ClientsideFunction("configuration", "press"),
        Output(page.TO_FILL, "data", allow_duplicate=True),
        Input(page.DISCARD, "n_clicks"),
        Input({"resolve": ALL}, "n_clicks"),
        Input({"back": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )

    # Where the channel moves on while a press is on its way, this is asked for again and the first answer is thrown
    # away: so a press stays in its store until it is done.
    @app.callback(
        Output(page.BASE, "data"),
        Output(page.POLICY, "value"),
        Output(page.CAPACITY, "value"),
        Output(page.REASON, "value"),
        Output(page.CONFLICT, "data"),
        Output(page.NOTICES, "children"),
        Output(page.TO_FILL, "data"),
        *(Output(*place) for place in SCALE_VALUES),
        Input(page.SEEN, "data"),
        Input(page.TO_FILL, "data"),
        State(page.BASE, "data"),
        State(page.SAVED, "data"),
        State(page.CONFLICT, "data"),
        State(page.ADDRESS, "data"),
        *FIELDS,
        prevent_initial_call=True,
    )
    def take_up(
        _seen: dict, pressed: dict | None, base: dict | None, saved: dict | None, conflict: dict | None,
        address: dict, policy: str | None, capacity: str | None, author: str | None, reason: str | None, *scale: Any,
    ) -> tuple:  # fmt: skip
        newest = reader.newest()
        if not reader.has_read:
            raise PreventUpdate
        may_be = choices(reader.fleet())
        if base is None:
            draft, problems = draft_from_address(address or {}, newest, may_be)
            return _filled(newest, draft, notices(problems))
        started, draft = Configuration.model_validate(base), draft_in(policy, capacity, author, reason, scale)
        match (pressed or {}).get("button"):
            case {"back": version}:
                document = next((each for each in reader.history() if each.version == version), None)
                if document is None:
                    return _only_told(no_update)
                return _filled(started, draft_of(document, f"Back to v{version}"))
            case {"resolve": "mine"}:
                return _filled(newest, moved_onto(newest, started, draft))
            case {"resolve": _}:
                return _filled(newest, draft_of(newest))
            case page.DISCARD:
                return _filled(newest, as_it_is(draft_of(newest), may_be))
        return _followed(newest, started, draft, may_be, saved, conflict)


def _followed(
    newest: Configuration,
    started: Configuration,
    draft: Draft,
    may_be: Choices,
    saved: dict | None,
    conflict: dict | None,
) -> tuple:
    """The form when the channel has moved on: it goes along unless somebody is at work on it."""
    its_own = as_it_is(draft, may_be)
    if (its_own.policy, its_own.capacity) != (draft.policy, draft.capacity):
        return _filled(newest, as_it_is(draft_of(newest), may_be))
    if newest.id == started.id or conflict:
        raise PreventUpdate
    if saved and saved["version"] == newest.version and saved["fill"]:
        return _filled(newest, as_it_is(draft_of(newest), may_be))
    same = content(newest) == content(started)
    if same or not is_change(draft, started, may_be):
        return _filled(newest, as_it_is(moved_onto(newest, started, draft), may_be))
    return _only_told(notices([saved_meanwhile(started, newest)]))


def _filled(base: Configuration, draft: Draft, told: list | None = None) -> tuple:
    scale = [draft.scale.get(name, no_update) for name in SCALE_NAMES]
    return base.model_dump(), draft.policy, draft.capacity, draft.reason, None, told or [], None, *scale


def _only_told(told: Any) -> tuple:
    return (*[no_update] * 5, told, None, *[no_update] * len(SCALE_NAMES))


def draft_in(
    policy: str | None, capacity: str | None, author: str | None, reason: str | None, scale: Sequence[Any] = ()
) -> Draft:
    fields = dict(zip(SCALE_NAMES, scale, strict=False))
    return Draft(policy or "", capacity or "", author or "", reason or "", fields)
