"""What would come of the form: the panel What changes, and why Apply is not to be had."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from cache.config import Autoscale, Configuration
from dashboard.choices import choices
from dashboard.fleet import Fleet
from dashboard.forms import is_change, read_draft
from dashboard.pages import configuration as page
from dashboard.pages.configuration_form import SCALE_VALUES, draft_in
from dashboard.pages.configuration_parts import (
    UNKNOWN,
    as_the_server_has_it,
    nothing_known,
    now_and_new,
    three_columns,
    would_do,
)
from dashboard.ranges import HOUR
from dashboard.reader import Reader
from dashboard.scaling.fields import rows, rules_of
from dashboard.whatif.expectation import expected
from dashboard.whatif.outlooks import Outlooks, setting_of
from dashboard.words import size

Trial = Callable[[Autoscale], str]
"""What the auto-scaler would do now by these rules, in a sentence."""


def register(app: Dash, reader: Reader, outlooks: Outlooks, trial: Trial) -> None:
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
        State(page.SAVED, "data"),
        prevent_initial_call=True,
    )
    def preview(
        base: dict | None,
        policy: str | None,
        capacity: str | None,
        conflict: dict | None,
        _seen: dict | None,
        *scale_and_state: Any,
    ) -> tuple:
        if base is None and not reader.has_read:
            return nothing_known(), "Apply", True, True, UNKNOWN, ""
        if base is None or not policy:
            raise PreventUpdate
        *scale, address, saved = scale_and_state
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
        scaling = rows(started.autoscale, rules) if rules else []
        would = expected(outlook, new)
        panel = now_and_new(started, policy, wanted, fleet, would, scaling)
        if rules and rules.mode != "manual" and not may_be.fixed:
            panel.append(would_do(trial(rules)))
        why_not = _why_not(changed, errors)
        if not changed and saved and saved["version"] == started.version:
            why_not = f"Saved as v{started.version}."
        label = f"Apply as v{reader.newest().version + 1}"
        return panel, label, bool(why_not), not changed, why_not or would.short, in_all


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
