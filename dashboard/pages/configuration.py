"""Configuration: what is in force, and what happens if I change it? What stands on the page."""

import dash_mantine_components as dmc
from dash import dcc, html

from cache.policies import POLICIES
from dashboard.caches import AN_INSTANCE
from dashboard.forms import MAX_AUTHOR, MAX_REASON, NAMELESS, STEPS_MB
from dashboard.login import name_given
from dashboard.pages.parts import Address, help_button, of_address
from dashboard.scaling.modes import FIELDS, MODES, SUFFIX, Field
from dashboard.words import size
from metrics.schema import WORDS

FOLLOW_MILLISECONDS = 2000
ADDRESSED = ("policy", "capacity_bytes", "reason", "over")
SLIDER_MARKS_MB = (1, 8, 50, 300, 1536, 8192)

# What is shown
IN_FORCE = "configuration-in-force"
NOTICES = "configuration-notices"
TROUBLE = "configuration-trouble"
PANEL = "configuration-panel"
WHY_NOT = "configuration-why-not"
IN_ALL = "configuration-in-all"
LATEST = "configuration-latest"
HISTORY = "configuration-history"
HELD = "configuration-held"


# What is typed and pressed
POLICY = "configuration-policy"
CAPACITY = "configuration-capacity"
SLIDER = "configuration-slider"
AUTHOR = "configuration-author"
REASON = "configuration-reason"
MODE = "configuration-mode"
DRY_RUN = "configuration-dry-run"
SCALE = "configuration-scale"
DISCARD = "configuration-discard"
APPLY = "configuration-apply"
CLEAR = "configuration-clear"
OLDER = "configuration-older"

# What is remembered
ADDRESS = "configuration-address"  # the draft in the link
BASE = "configuration-base"  # the document that the form started from
CONFLICT = "configuration-conflict"  # the version that was saved meanwhile, if Apply ran into one
TO_FILL = "configuration-to-fill"  # what was pressed that fills the form in, until it is done
TO_SAVE = "configuration-to-save"  # what was pressed last that saves, or answers a question about it
PENDING = "configuration-pending"  # what waits for the answer to a question
SAVED = "configuration-saved"  # what was saved last from here
SEEN = "configuration-seen"  # what is shown of the channel, so that the same is not drawn again
TICK = "configuration-tick"
TURN = "configuration-turn"  # the tick that is asked at: not while an answer is on its way


def layout(**address: Address) -> html.Div:
    """The page with the draft that its address holds; what is in force comes by the callbacks."""
    return html.Div(
        className="configuration",
        children=[
            html.Div(
                className="configuration-head",
                children=[html.H1("Configuration"), html.P("Reading …", id=IN_FORCE, className="in-force")],
            ),
            html.Div(id=NOTICES, role="status", className="notices"),
            html.Div(id=TROUBLE, role="alert", className="notices"),
            html.Div(
                className="configuration-columns",
                children=[
                    _form(),
                    html.Div(
                        className="configuration-right",
                        children=[
                            html.Section([html.Div(id=PANEL), _apply_bar()], className="card what-changes"),
                            html.Div(id=LATEST, role="status"),
                            _clear(),
                        ],
                    ),
                ],
            ),
            _history(),
            question("shrink", "Shrink the cache?"),
            question("clear", "Clear the cache?"),
            dcc.Store(id=ADDRESS, data=of_address(address, ADDRESSED)),
            *(dcc.Store(id=name) for name in (BASE, CONFLICT, PENDING, SAVED, SEEN, TO_FILL, TO_SAVE, TURN)),
            dcc.Interval(id=TICK, interval=FOLLOW_MILLISECONDS),
        ],
    )


def of_field(name: str) -> str:
    """The id of a field of auto-scaling."""
    return f"configuration-scale-{name}"


def of_choice(group: str, name: str) -> str:
    """The id of one radio card of a group, POLICY or MODE."""
    return f"{group}-{name}"


def of_question(which: str, part: str) -> str:
    """The id of a part of a question: the dialog, its words, and the two answers keep and go."""
    return f"configuration-{which}-{part}"


def question(which: str, title: str) -> dmc.Modal:
    """A second question, asked only where something is lost; the answers name what they do."""
    return dmc.Modal(
        id=of_question(which, "dialog"),
        title=title,
        centered=True,
        keepMounted=True,
        withCloseButton=False,
        transitionProps={"duration": 0},
        children=[
            html.P(id=of_question(which, "words")),
            html.P("They stay stored and will be fetched again.", id=of_question(which, "lost"), className="muted"),
            html.Div(
                className="answers",
                children=[
                    html.Button(
                        "Keep", id=of_question(which, "keep"), className="button", **{"data-autofocus": "true"}
                    ),
                    html.Button("Go", id=of_question(which, "go"), className="button primary"),
                ],
            ),
        ],
    )


def _form() -> html.Section:
    """Nothing can be chosen until it is known what is in force: that would be written over."""
    return html.Section(
        className="card form",
        **{"aria-labelledby": "configuration-edit-title"},
        children=[
            html.H2("Edit", id="configuration-edit-title"),
            dmc.RadioGroup(
                id=POLICY,
                label="Policy",
                className="field",
                children=html.Div([_policy(name) for name in POLICIES], className="policies"),
            ),
            html.Div(
                className="field",
                children=[
                    html.Div(
                        className="field-row",
                        children=[
                            dmc.TextInput(
                                id=CAPACITY,
                                label=AN_INSTANCE,
                                rightSection="MB",
                                className="capacity",
                                attributes={"input": {"inputMode": "decimal", "maxLength": 40}},
                                disabled=True,
                            ),
                            help_button("the capacity", WORDS["capacity"]),
                            html.Span(id=IN_ALL, className="muted in-all"),
                        ],
                    ),
                    dmc.Slider(
                        id=SLIDER,
                        min=0,
                        max=len(STEPS_MB) - 1,
                        value=0,
                        disabled=True,
                        label={"function": "capacityOfStep", "options": {"steps": STEPS_MB}},
                        marks=[{"value": STEPS_MB.index(step), "label": size(step << 20)} for step in SLIDER_MARKS_MB],
                        thumbLabel="Capacity, in steps",
                        className="slider",
                    ),
                ],
            ),
            _scaling(),
            html.Div(
                className="field two",
                children=[
                    dmc.TextInput(
                        id=AUTHOR,
                        label="Your name",
                        **_signed(),
                        placeholder=NAMELESS,
                        persistence=True,
                        persistence_type="local",
                        autoComplete="name",
                        attributes={"input": {"maxLength": MAX_AUTHOR}},
                    ),
                    dmc.TextInput(
                        id=REASON,
                        label="Reason",
                        placeholder="Why, for those who come later",
                        attributes={"input": {"maxLength": MAX_REASON}},
                    ),
                ],
            ),
        ],
    )


def _scaling() -> html.Div:
    """The mode, and below it the fields that matter to it; the others are hidden by the mode's name as a class."""
    return html.Div(
        className="field",
        children=[
            dmc.RadioGroup(
                id=MODE,
                label="Auto-scaling",
                className="modes-group",
                children=html.Div(
                    [_choice(MODE, name, mode.label, mode.summary) for name, mode in MODES.items()],
                    className="policies",
                ),
            ),
            html.Div(
                id=SCALE,
                className="scale scale-manual",
                children=[
                    *(_field(field) for field in FIELDS),
                    dmc.Switch(
                        id=DRY_RUN,
                        label="Dry run: only say what it would do",
                        checked=False,
                        className="scale-dry",
                    ),
                ],
            ),
        ],
    )


def _field(field: Field) -> html.Div:
    return html.Div(
        dmc.TextInput(
            id=of_field(field.name),
            label=field.label,
            rightSection=SUFFIX[field.kind],
            rightSectionWidth=56 if field.kind == "times" else 40,
            debounce=True,
            attributes={"input": {"inputMode": "decimal", "maxLength": 40}},
        ),
        className=" ".join(["scale-field", *(f"for-{mode}" for mode in field.modes)]),
    )


def _signed() -> dict[str, str]:
    # Not an empty value: it would displace the name that this browser remembers.
    return {"value": name_given()} if name_given() else {}


def _policy(name: str) -> dmc.RadioCard:
    return _choice(POLICY, name, POLICIES[name].label, POLICIES[name].summary)


def _choice(group: str, value: str, label: str, summary: str) -> dmc.RadioCard:
    return dmc.RadioCard(
        id=of_choice(group, value),
        value=value,
        className="policy",
        disabled=True,
        children=[
            dmc.RadioIndicator(),
            html.Span(
                [
                    html.Span(label, className="policy-label"),
                    html.Span(summary, className="policy-summary"),
                ],
                className="policy-words",
            ),
        ],
    )


def _clear() -> html.Section:
    return html.Section(
        className="card clear",
        **{"aria-labelledby": "configuration-clear-title"},
        children=[
            html.Div([html.H2("Cached now", id="configuration-clear-title"), html.P(id=HELD, className="muted")]),
            html.Button("Clear cache …", id=CLEAR, className="button", disabled=True, **{"aria-describedby": HELD}),
        ],
    )


def _apply_bar() -> html.Div:
    return html.Div(
        className="apply-bar",
        children=[
            html.P(id=WHY_NOT, className="muted why-not"),
            html.Button("Discard", id=DISCARD, className="button", disabled=True),
            html.Button("Apply", id=APPLY, className="button primary", disabled=True, **{"aria-describedby": WHY_NOT}),
        ],
    )


def _history() -> html.Section:
    return html.Section(
        className="card",
        **{"aria-labelledby": "configuration-history-title"},
        children=[
            html.Div(
                [
                    html.H2("History", id="configuration-history-title"),
                    html.Span("newest first, UTC", className="caption"),
                ],
                className="history-head",
            ),
            html.Ol(id=HISTORY, className="history", reversed=True),
            html.Button("Show older", id=OLDER, className="link-button", hidden=True),
        ],
    )
