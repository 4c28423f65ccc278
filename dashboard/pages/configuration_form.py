"""The form of Configuration: the document it starts from, its fields, and what comes of them before Apply."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from cache.config import Autoscale, Configuration
from cache.policies import POLICIES
from dashboard.caches import capacity_title
from dashboard.choices import Choices, choices
from dashboard.editing import content, moved_onto
from dashboard.expectation import expected
from dashboard.fleet import Fleet
from dashboard.forms import Draft, as_it_is, draft_from_address, draft_of, is_change, read_capacity, read_draft
from dashboard.modes import FIELDS as SCALE_FIELDS
from dashboard.modes import MODES
from dashboard.outlooks import Outlooks, setting_of
from dashboard.pages import configuration as page
from dashboard.pages.configuration_parts import (
    UNKNOWN,
    as_the_server_has_it,
    nothing_known,
    now_and_new,
    saved_meanwhile,
    three_columns,
    would_do,
)
from dashboard.pages.statistics_parts import notices
from dashboard.ranges import HOUR
from dashboard.reader import Reader
from dashboard.scaling_fields import read_scale, rules_of
from dashboard.scaling_fields import rows as scale_rows
from dashboard.words import sentence, size

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
Trial = Callable[[Autoscale], str]
"""What the auto-scaler would do now by these rules, in a sentence."""


def register(app: Dash, reader: Reader, outlooks: Outlooks, trial: Trial) -> None:
    _register_form(app, reader)
    _register_choices(app, reader)
    _register_fields(app)
    _register_scaling(app)
    _register_preview(app, reader, outlooks, trial)


def _register_form(app: Dash, reader: Reader) -> None:
    """The document that the form starts from, and what stands in its fields."""

    @app.callback(
        Output(page.BASE, "data"),
        Output(page.POLICY, "value"),
        Output(page.CAPACITY, "value"),
        Output(page.REASON, "value"),
        Output(page.CONFLICT, "data"),
        Output(page.NOTICES, "children"),
        *(Output(*place) for place in SCALE_VALUES),
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
        policy: str | None, capacity: str | None, author: str | None, reason: str | None, *scale: Any,
    ) -> tuple:  # fmt: skip
        newest = reader.newest()
        if not reader.has_read:
            raise PreventUpdate
        may_be = choices(reader.fleet())
        if base is None:
            draft, problems = draft_from_address(address or {}, newest, may_be)
            return _filled(newest, draft, notices(problems))
        started, draft = Configuration.model_validate(base), draft_in(policy, capacity, author, reason, scale)
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
    told = notices([saved_meanwhile(started, newest)])
    return (*[no_update] * 5, told, *[no_update] * len(SCALE_NAMES))


def _filled(base: Configuration, draft: Draft, told: list | None = None) -> tuple:
    scale = [draft.scale.get(name, no_update) for name in SCALE_NAMES]
    return base.model_dump(), draft.policy, draft.capacity, draft.reason, None, told or [], *scale


def draft_in(
    policy: str | None, capacity: str | None, author: str | None, reason: str | None, scale: Sequence[Any] = ()
) -> Draft:
    fields = dict(zip(SCALE_NAMES, scale, strict=False))
    return Draft(policy or "", capacity or "", author or "", reason or "", fields)


def _register_choices(app: Dash, reader: Reader) -> None:
    """What the cache can't do can't be pressed, and it is said why."""

    @app.callback(
        *(Output(page.of_choice(page.POLICY, name), "disabled") for name in POLICIES),
        *(Output(page.of_choice(page.MODE, name), "disabled") for name in MODES),
        Output(page.POLICY, "description"),
        Output(page.MODE, "description"),
        Output(page.CAPACITY, "label"),
        Output(page.CAPACITY, "disabled"),
        Output(page.SLIDER, "disabled"),
        Input(page.SEEN, "data"),
        prevent_initial_call=True,
    )
    def allow(_seen: dict) -> tuple:
        fleet = reader.fleet()
        may_be, fixed, unknown = choices(fleet), bool(fleet.fixed), not reader.has_read
        return (
            *(unknown or fixed or name in may_be.besides for name in POLICIES),
            *(unknown or (fixed and name != "manual") for name in MODES),
            _policy_why(may_be),
            "The capacity is the server's own: nothing moves it from here." if fixed else "",
            capacity_title(fleet.engine if fleet.shared else ""),
            unknown or fixed,
            unknown or fixed,
        )


def _policy_why(may_be: Choices) -> str:
    if may_be.fixed:
        return f"The server's own. {sentence(may_be.fixed)}"
    return may_be.why_not_these()


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


def _register_scaling(app: Dash) -> None:
    @app.callback(Output(page.SCALE, "className"), Input(page.MODE, "value"))
    def choose(mode: str | None) -> str:
        return f"scale scale-{mode or 'manual'}"

    # A field of these is only heard of when it is left, so nobody is told off in the middle of a number.
    @app.callback(
        *(Output(page.of_field(field.name), "error") for field in SCALE_FIELDS),
        *(Input(*place) for place in SCALE_VALUES),
        prevent_initial_call=True,
    )
    def check_scaling(*scale: Any) -> tuple:
        _, errors = read_scale(dict(zip(SCALE_NAMES, scale, strict=True)), Autoscale(), read_capacity)
        return tuple(errors.get(field.name) for field in SCALE_FIELDS)


def _error_of(capacity: str | None) -> str | None:
    try:
        read_capacity(capacity or "")
    except ValueError as error:
        return str(error)
    return None


def _register_preview(app: Dash, reader: Reader, outlooks: Outlooks, trial: Trial) -> None:
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
        *(Input(*place) for place in SCALE_VALUES),
        State(page.ADDRESS, "data"),
        prevent_initial_call=True,
    )
    def preview(
        base: dict | None,
        policy: str | None,
        capacity: str | None,
        conflict: dict | None,
        _seen: dict | None,
        *scale_and_address: Any,
    ) -> tuple:
        if base is None and not reader.has_read:
            return nothing_known(), "Apply", True, True, UNKNOWN, ""
        if base is None or not policy:
            raise PreventUpdate
        *scale, address = scale_and_address
        started, fleet = Configuration.model_validate(base), reader.fleet()
        draft, may_be = draft_in(policy, capacity, "", "", scale), choices(fleet)
        edit, errors = read_draft(draft, started, may_be)
        wanted = edit.get("capacity_bytes")
        in_all = _in_all(None if may_be.fixed else wanted, fleet)
        if conflict:
            theirs, between = Configuration.model_validate(conflict["newest"]), _between(reader, started, conflict)
            panel = three_columns(started, theirs, between, policy, wanted)
            return panel, "Apply", True, True, "First choose what becomes of your changes.", in_all
        changed = is_change(draft, started, may_be)
        if may_be.fixed and not changed:
            return as_the_server_has_it(fleet), "Apply", True, True, "Nothing can be changed from here.", ""
        policy = edit.get("policy", policy)
        moves = wanted is not None and (policy, wanted) != setting_of(started)
        outlook = outlooks.from_now(setting_of(started), seconds_over(address)) if moves else None
        new = None if errors or not moves else (policy, wanted)
        rules = None if errors else rules_of(started.autoscale, edit.get("autoscale", {}))
        scaling = scale_rows(started.autoscale, rules) if rules else []
        panel = now_and_new(started, policy, wanted, fleet, expected(outlook, new), scaling)
        if rules and rules.mode != "manual" and not may_be.fixed:
            panel.append(would_do(trial(rules)))
        why_not = _why_not(changed, errors)
        label = f"Apply as v{reader.newest().version + 1}"
        return panel, label, bool(why_not), not changed, why_not, in_all


def seconds_over(address: dict | None) -> int:
    """By how much traffic a change is judged: what the link says, an hour where it says nothing."""
    text = str((address or {}).get("over", ""))
    return int(text) if re.fullmatch(r"[0-9]{2,8}", text) else HOUR


def _why_not(changed: bool, errors: Mapping[str, str]) -> str:
    if not changed:
        return "Nothing changed yet."
    if any(name.startswith("autoscale") for name in errors):
        return "Auto-scaling is not right yet."
    if "policy" in errors:
        return errors["policy"]
    return "The capacity is not right yet." if errors else ""


def _between(reader: Reader, started: Configuration, conflict: dict) -> list[Configuration]:
    last = conflict["newest"]["version"]
    return [document for document in reader.history() if started.version < document.version < last]


def _in_all(capacity_bytes: int | None, fleet: Fleet) -> str:
    return f"In all: {size(capacity_bytes * fleet.caches)}" if capacity_bytes is not None and fleet.caches > 1 else ""
