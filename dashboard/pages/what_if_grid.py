"""The table of What-if: a row a policy, a column a capacity, and a cell for each point."""

from collections.abc import Sequence
from functools import partial

from dash import html
from dash.development.base_component import Component

from dashboard import words
from dashboard.choices import policy_label
from dashboard.pages.parts import help_button
from dashboard.whatif.advice import besides, named
from dashboard.whatif.figure import an_instance
from dashboard.whatif.labels import shown_rate
from dashboard.whatif.outlook import Outlook, columns
from metrics.curves import Setting

_CAPTION = {"hit": "Hit rate, %", "miss": "Miss rate, %", "bytes": "Bytes from the store, %"}


def rates(outlook: Outlook, show: str, best: Setting | None, chosen: Setting | None, order: Sequence[str]) -> Component:
    """The grid: a row a policy, a column a capacity."""
    now = [] if outlook.here is None else [outlook.now[1]]
    sizes = columns([*outlook.capacities, *now], outlook.now[1])
    top = {size: _best_in(outlook, size) for size in sizes}
    known = [(policy, size) for policy in order for size in sizes if outlook.rate((policy, size)) is not None]
    tab_stop = next((each for each in (chosen, outlook.now, *known) if each in known), None)
    cell = partial(_cell, outlook, show=show, chosen=chosen, tab_stop=tab_stop)
    units = words.sizes(sizes)
    head = [_column(size, *units[place], size == outlook.now[1]) for place, size in enumerate(sizes)]
    return html.Table(
        className="rates",
        children=[
            html.Caption(
                f"{_CAPTION[show]}, by policy and capacity{an_instance(outlook)}. Arrow keys move from cell to cell.",
                className="visually-hidden",
            ),
            html.Thead(html.Tr([html.Td(), *head])),
            html.Tbody(
                [
                    html.Tr(
                        [
                            html.Th([policy_label(policy), _besides(policy, outlook)], scope="row"),
                            *(cell((policy, size), best=top[size] == policy) for size in sizes),
                        ]
                    )
                    for policy in order
                ]
            ),
        ],
    )


def _column(size: int, number: str, unit: str, now: bool) -> Component:
    """On a phone there is no room for each to have its unit; who listens hears it."""
    unsaid = "" if unit else html.Span(words.size(size).removeprefix(number), className="visually-hidden")
    return html.Th([f"{number} {unit}".strip(), unsaid], scope="col", className="now" if now else "")


def row_order(outlook: Outlook, before: Sequence[str]) -> list[str]:
    """Best first by the column in force; as it was, where the same rows were there before."""
    by_rate = sorted(outlook.policies, key=lambda policy: -(outlook.rate((policy, outlook.now[1])) or 0))
    return list(before) if set(before) == set(by_rate) else by_rate


def _best_in(outlook: Outlook, size: int) -> str | None:
    """None where two are as good."""
    known = {policy: outlook.rate((policy, size)) for policy in outlook.policies}
    there = sorted((rate, policy) for policy, rate in known.items() if rate is not None)
    if len(there) > 1 and there[-1][0] - there[-2][0] < 0.0005:
        return None
    return there[-1][1] if there else None


def _besides(policy: str, outlook: Outlook) -> Component | None:
    told = besides(policy, outlook.choices) or outlook.choices.why_not(policy)
    return help_button(policy_label(policy), told) if told else None


def _cell(
    outlook: Outlook, setting: Setting, *, show: str, best: bool, chosen: Setting | None, tab_stop: Setting | None
) -> Component:
    hit_rate = outlook.rate(setting)
    if hit_rate is None:
        return html.Td(html.Span([words.MISSING, html.Span("no data", className="visually-hidden")]))
    number = words.rate(shown_rate(show, hit_rate)).removesuffix(" %")
    sampled, now = outlook.weak(setting), setting == outlook.now
    weak = sampled or outlook.too_early
    error = f"±{words.points(outlook.error_of(setting))}" if sampled else ""
    marks = [
        name for name, is_so in (("best", best), ("now", now), ("weak", weak), ("chosen", setting == chosen)) if is_so
    ]
    where = named(setting, not outlook.counted(setting))
    said = [", best" * best, ", now" * now, ", unsure" * weak, f", {error}" * sampled]
    label = f"{where}: {number} %{''.join(said)}"
    return html.Td(
        html.Button(
            [number, html.Sup("*") if best else None, html.Small(error.split()[0]) if error else None],
            className=" ".join(["rate-cell", *marks]),
            style={"--share": f"{hit_rate:.0%}"},
            tabIndex=0 if setting == tab_stop else -1,
            **{
                "data-point": f"{setting[0]} {setting[1]}",
                "aria-label": label,
                "aria-pressed": str(setting == chosen).lower(),
            },
        )
    )
