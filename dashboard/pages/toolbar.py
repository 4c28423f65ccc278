"""The row of controls over the statistics: range, instance, comparison, refresh, links."""

import re
from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import html

from dashboard import cost
from dashboard.pages.parts import opening
from dashboard.window import DEFAULTS, PRESETS

EARLIER = "statistics-earlier"
LATER = "statistics-later"
WIDER = "statistics-wider"
PRESET = "statistics-preset"
INSTANCE = "statistics-instance"
COMPARE = "statistics-compare"
REFRESH = "statistics-refresh"
PERIOD = "statistics-period"
FIELDS = "statistics-fields"
FROM = "statistics-from"
TO = "statistics-to"
SHOW = "statistics-show"
CUSTOM = "custom"
CHIP = "statistics-chip"
CHIP_TEXT = "statistics-chip-text"
LIVE = "statistics-live"
MORE = "statistics-more"
COPY = "statistics-copy"
COPIED = "statistics-copied"
CSV = "statistics-csv"
KEYS = "statistics-keys"
KEYS_ON = "statistics-keys-on"
OPEN_KEYS = "statistics-open-keys"

COMPARE_WORDS = {
    "off": "No comparison", "previous": "vs time before", "day": "vs day before", "week": "vs week before",
}  # fmt: skip
REFRESH_WORDS = {"10s": "10 s", "1m": "1 min", "off": "off"}
SHORTCUTS = (
    ("t", "Choose the range"),
    ("r", "Refresh now"),
    ("[ and ]", "Earlier and later by half the range"),
    ("← and →", "The same, while a chart has the focus"),
    ("/", "Go to the instance"),
    ("?", "This list"),
)


def toolbar(view: Mapping[str, str]) -> html.Div:
    asked = DEFAULTS | dict(view)
    return html.Div(
        className="toolbar",
        role="toolbar",
        **{"aria-label": "What the page shows"},
        children=[
            html.Div(
                className="tool-group",
                children=[
                    _button(EARLIER, "‹", "Earlier by half the range"),
                    _select(PRESET, "Range", _presets(), _preset(asked), 172),
                    _button(LATER, "›", "Later by half the range"),
                    _button(WIDER, "−", "Twice the range"),
                    html.Span(id=PERIOD, className="caption period-words"),
                    html.Button("Options", id=MORE, className="button narrow-only", **{"aria-expanded": "false"}),
                ],
            ),
            _select(INSTANCE, "Instance", _instances(asked["instance"]), asked["instance"], 160),
            _select(COMPARE, "Compare with", _options(COMPARE_WORDS), asked["compare"], 184),
            html.Span(className="spring"),
            _select(REFRESH, "Refresh", _options(REFRESH_WORDS), asked["refresh"], 156, "Refresh "),
            opening(
                "Copy link",
                "",
                [
                    html.Button("This moment, with fixed times", id={"copy": "moment"}, className="item"),
                    html.Button("Live link, moves with the clock", id={"copy": "live"}, className="item"),
                ],
                "button",
                COPY,
            ),
            html.A("Export CSV", id=CSV, href="/export/statistics.csv", className="button", download=""),
            _button(OPEN_KEYS, "?", "Keyboard shortcuts"),
            _fields(asked),
            html.Div(
                id=CHIP,
                className="chip",
                hidden=True,
                children=[html.Span(id=CHIP_TEXT), html.Button("Back to live", id=LIVE, className="link-button")],
            ),
            html.Div(id=COPIED, className="visually-hidden", role="status"),
            cost.note(),
            _keys(),
        ],
    )


def _button(name: str, sign: str, words: str) -> html.Button:
    return html.Button(sign, id=name, className="icon-button", title=words, **{"aria-label": words})


def _select(name: str, label: str, data: list[dict], value: str, width: int, prefix: str = "") -> dmc.Select:
    shown = [{"value": each["value"], "label": prefix + each["label"]} for each in data]
    return dmc.Select(
        id=name,
        data=shown,
        value=value if any(each["value"] == value for each in data) else shown[0]["value"],
        allowDeselect=False,
        w=width,
        className=f"tool tool-{name}",
        attributes={"input": {"aria-label": label}},
        comboboxProps={"withinPortal": True, "width": max(width, 200), "position": "bottom-start"},
    )


def _options(words: Mapping[str, str]) -> list[dict]:
    return [{"value": value, "label": label} for value, label in words.items()]


def _instances(asked: str) -> list[dict]:
    """What is known before anything is read; the callback that describes the window adds the others."""
    named = [{"value": asked, "label": asked}] if asked not in ("all", "each") else []
    return [{"value": "all", "label": "All instances"}, *named]


def _presets() -> list[dict]:
    return [{"value": value, "label": label} for value, label, _ in PRESETS] + [{"value": CUSTOM, "label": "Custom"}]


def _preset(asked: Mapping[str, str]) -> str:
    known = {f"now-{value}": value for value, _, _ in PRESETS}
    return known.get(asked["from"], CUSTOM) if asked["to"] == "now" else CUSTOM


def _fields(asked: Mapping[str, str]) -> html.Div:
    return html.Div(
        id=FIELDS,
        className="fields",
        hidden=_preset(asked) != CUSTOM,
        children=[
            _field(FROM, "From (UTC)", asked["from"], "2026-11-23 12:04 or now-3h"),
            _field(TO, "To (UTC)", asked["to"], "2026-11-23 15:04 or now"),
            html.Button("Show", id=SHOW, className="button primary"),
        ],
    )


def _field(name: str, label: str, value: str, example: str) -> dmc.TextInput:
    return dmc.TextInput(id=name, label=label, value=_typed(value), placeholder=example)


def _typed(time: str) -> str:
    """2026-11-23 12:04 for 2026-11-23T12:04:00Z; as 2-address.js writes it."""
    return re.sub(r"(:00)?Z$", "", time.replace("T", " ")) if re.match(r"\d{4}-", time) else time


def _keys() -> dmc.Modal:
    return dmc.Modal(
        id=KEYS,
        title="Keyboard shortcuts",
        keepMounted=True,
        closeButtonProps={"aria-label": "Close"},
        children=[
            dmc.Switch(
                id=KEYS_ON, label="Single-key shortcuts", checked=True, persistence=True, persistence_type="local"
            ),
            html.Dl(
                className="shortcuts",
                children=[part for key, does in SHORTCUTS for part in (html.Dt(html.Kbd(key)), html.Dd(does))],
            ),
        ],
    )
