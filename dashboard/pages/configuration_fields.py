"""The fields of Configuration's form: what may be chosen in them, and what is wrong with what was typed."""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, ctx
from dash.exceptions import PreventUpdate

from cache.config import Autoscale
from cache.policies import POLICIES
from dashboard.caches import capacity_title
from dashboard.choices import Choices, choices
from dashboard.forms import read_capacity
from dashboard.pages import configuration as page
from dashboard.pages.configuration_form import SCALE_NAMES, SCALE_VALUES
from dashboard.reader import Reader
from dashboard.scaling.fields import read_scale
from dashboard.scaling.modes import FIELDS as SCALE_FIELDS
from dashboard.scaling.modes import MODES
from dashboard.words import sentence


def register(app: Dash, reader: Reader) -> None:
    _register_choices(app, reader)
    _register_capacity(app)
    _register_scaling(app)


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


def _register_capacity(app: Dash) -> None:
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
