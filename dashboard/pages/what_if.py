"""What-if: should I change policy or size, and what would I gain? What stands on the page."""

import math

import dash_mantine_components as dmc
from dash import dcc, html

from cache.policies import POLICIES
from dashboard.choices import policy_label
from dashboard.figures import CONFIG
from dashboard.pages.parts import Address, help_button, of_address
from dashboard.window import DEFAULTS, PRESETS

TICK_MILLISECONDS = 60_000
SHOWS = {"hit": "Hit rate", "miss": "Miss rate", "bytes": "Bytes from the store"}
TARGET_DEFAULT = 90.0
LEAST_TARGET, MOST_TARGET = 1.0, 99.9
VIEWED = ("from", "to", "instance", "show", "target")
GIVEN = "given"  # the choice of a range that is none of the usual
HELP = (
    "Beside the cache, shadows without bytes play the same requests for every policy and many capacities. "
    "What they hit is what the cache would have hit. The circle is what the cache really hit under the present "
    "setting, the star the point that is told in full; a press on a policy's name colours its line."
)

# What is chosen
PRESET = "what-if-preset"
INSTANCE = "what-if-instance"
SHOW = "what-if-show"
TARGET = "what-if-target"
CSV = "what-if-csv"

# What is shown
NOTICE = "what-if-notice"
SENTENCE = "what-if-sentence"
SAID = "what-if-said"
CARDS = "what-if-cards"
CONFIDENCE = "what-if-confidence"
TITLE = "what-if-title"
FRAME = "what-if-frame"
GRAPH = "what-if-graph"
TELLS = "what-if-tells"
GRID = "what-if-grid"
PANEL = "what-if-panel"
REASONS = "what-if-reasons"
BODY = "what-if-body"

# What is remembered
VIEW = "what-if-view"  # what the address says
WINDOW = "what-if-window"  # the range that is shown, in seconds
CHOSEN = "what-if-chosen"  # "gdsf 104857600"
LIT = "what-if-lit"  # policies that are coloured though they are neither in force nor best
ORDER = "what-if-order"  # of the rows; it stays, so that they don't jump
ADDRESSED = "what-if-addressed"
TICK = "what-if-tick"


def layout(**address: Address) -> html.Div:
    """The page as its address asks for it; numbers come by the callbacks of what_if_callbacks."""
    view = {name: value for name, value in of_address(address, VIEWED).items() if value}
    return html.Div(
        className="what-if",
        children=[
            html.H1("What-if", className="visually-hidden"),
            _toolbar(view),
            html.Div(id=NOTICE, role="status", className="notices"),
            # Each minute has slightly other counts, so what is read aloud stands apart from what is shown.
            html.Div(id=SAID, role="status", className="visually-hidden"),
            html.P("Reading …", id=SENTENCE, className="answer"),
            html.Div(
                id=BODY,
                className="what-if-body",
                children=[
                    html.Div(id=CARDS, className="suggestions", children=[html.Div(className="card skeleton")] * 3),
                    html.Div(id=CONFIDENCE, className="confidence"),
                    html.Div(className="what-if-columns", children=[_chart(), _grid()]),
                ],
            ),
            dcc.Store(id=VIEW, data=view),
            *(dcc.Store(id=name) for name in (WINDOW, CHOSEN, ORDER, ADDRESSED)),
            dcc.Store(id=LIT, data=[]),
            dcc.Interval(id=TICK, interval=TICK_MILLISECONDS),
        ],
    )


def _toolbar(view: dict[str, str]) -> html.Div:
    presets = [{"value": value, "label": label} for value, label, _ in PRESETS]
    preset = preset_of(view)
    if preset == GIVEN:
        presets.append({"value": GIVEN, "label": "As in the link"})
    instance = view.get("instance", "all")
    instances = [{"value": "all", "label": "All instances"}]
    instances += [{"value": instance, "label": instance}] if instance != "all" else []
    return html.Div(
        className="toolbar",
        role="toolbar",
        **{"aria-label": "What the page shows"},
        children=[
            _select(PRESET, "Range", presets, preset, 172),
            _select(INSTANCE, "Instance", instances, instance, 160),
            dmc.SegmentedControl(
                id=SHOW,
                data=[{"value": value, "label": label} for value, label in SHOWS.items()],
                value=view.get("show") if view.get("show") in SHOWS else "hit",
                className="segments",
                transitionDuration=0,
                **{"aria-label": "Show"},
            ),
            html.Div(
                className="tool-target",
                children=[
                    html.Label(["Target", html.Span(" in percent", className="visually-hidden")], htmlFor=TARGET),
                    dmc.NumberInput(
                        id=TARGET, value=target_of(view)[0], min=LEAST_TARGET, max=MOST_TARGET, step=1, suffix=" %",
                        w=92, debounce=600, clampBehavior="blur", decimalScale=1, hideControls=True,
                        placeholder=f"{TARGET_DEFAULT:.0f} %",
                    ),
                ],
            ),
            html.Span(className="spring"),
            html.A("Export CSV", id=CSV, href="/export/what-if.csv", className="button", download=""),
        ],
    )  # fmt: skip


def preset_of(view: dict[str, str]) -> str:
    known = {f"now-{value}": value for value, _, _ in PRESETS}
    asked = DEFAULTS | view
    return known.get(asked["from"], GIVEN) if asked["to"] == "now" else GIVEN


def target_of(view: dict[str, str]) -> tuple[float, str]:
    """The target in percent, and what was wrong with it."""
    text = view.get("target", "")
    try:
        target = float(text) if text else TARGET_DEFAULT
    except ValueError:
        target = math.nan
    if math.isnan(target):
        return TARGET_DEFAULT, f"A target of {text[:20]!r} is no percentage; showing {TARGET_DEFAULT:.0f} %."
    if LEAST_TARGET <= round(target, 1) <= MOST_TARGET:
        return round(target, 1), ""
    told = f"A target is between {LEAST_TARGET:g} and {MOST_TARGET:g} %, not {text[:20]!r}; showing "
    return TARGET_DEFAULT, f"{told}{TARGET_DEFAULT:.0f} %."


def _select(name: str, label: str, data: list[dict], value: str, width: int) -> dmc.Select:
    return dmc.Select(
        id=name,
        data=data,
        value=value,
        allowDeselect=False,
        w=width,
        className="tool",
        attributes={"input": {"aria-label": label}},
        comboboxProps={"withinPortal": True, "position": "bottom-start"},
    )


def _chart() -> html.Section:
    return html.Section(
        className="card chart curve-card",
        **{"aria-labelledby": TITLE},
        children=[
            html.Div(
                className="chart-head",
                children=[
                    html.H2("Hit rate by capacity, % of requests", id=TITLE),
                    help_button("this chart", HELP),
                    html.Span(className="spring"),
                ],
            ),
            html.Div(
                className="legend",
                role="group",
                **{"aria-label": "Policies to colour"},
                children=[
                    html.Button(
                        [html.Span(className=f"swatch swatch-policy swatch-{name}"), policy_label(name)],
                        className="legend-button",
                        **{"aria-pressed": "false", "data-policy": name},
                    )
                    for name in POLICIES
                ],
            ),
            html.Div(
                id=FRAME,
                className="chart-frame curve-frame",
                role="img",
                tabIndex=0,
                **{"aria-label": "Loading."},
                children=dcc.Graph(id=GRAPH, config=CONFIG, responsive=True, className="curve-graph"),
            ),
            html.P(id=TELLS, className="sentence"),
            html.P(id=REASONS, className="sentence"),
        ],
    )


def _grid() -> html.Div:
    return html.Div(
        className="what-if-right",
        children=[
            html.Section(
                className="card",
                **{"aria-labelledby": "what-if-grid-title"},
                children=[
                    html.Div(
                        className="chart-head",
                        children=[
                            html.H2("The same as a table", id="what-if-grid-title"),
                            html.Span("Choose a cell to see what it means.", className="caption"),
                        ],
                    ),
                    html.Div(html.Div(className="skeleton"), id=GRID, className="rates-frame"),
                    html.P("In percent, by capacity. * best of its column. Hatched: unsure.", className="caption"),
                ],
            ),
            html.Section(html.Div(className="skeleton"), id=PANEL, className="card point"),
        ],
    )
