"""One point of What-if in full, and the way from it to Configuration."""

from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import words
from dashboard.cost import dollars
from dashboard.whatif.advice import cheaper, fewer_reads, named
from dashboard.whatif.outlook import Outlook
from dashboard.window import Window
from metrics.curves import Setting


def point(outlook: Outlook, setting: Setting | None, window: Window, applicable: bool) -> list[Component]:
    """One point in full, against the present one."""
    if setting is None or outlook.rate(setting) is None:
        return [html.P("Choose a cell of the table, or a point of the chart.", className="muted")]
    about = not outlook.counted(setting)
    rows = [
        ("Hit rate", *(words.rate(outlook.rate(each, by_bytes=False)) for each in (outlook.now, setting))),
        (
            "Reads of the store a minute",
            *(words.count(outlook.reads_a_minute(each)) for each in (outlook.now, setting)),
        ),
        (
            "Bytes from the store a minute",
            *(words.size(outlook.bytes_a_minute(each)) for each in (outlook.now, setting)),
        ),
        ("Cost a month, about", *(_dollars(outlook.dollars_a_month(each)) for each in (outlook.now, setting))),
    ]
    same = setting == outlook.now
    return [
        html.H2(named(setting, about) + (", in force now" if same else "")),
        html.Table(
            className="compared",
            children=[
                html.Thead(
                    html.Tr(
                        [html.Td(), html.Th(f"now ({named(outlook.now)})", scope="col"), html.Th("there", scope="col")]
                    )
                ),
                html.Tbody(
                    [html.Tr([html.Th(label, scope="row"), html.Td(now), html.Td(there)]) for label, now, there in rows]
                ),
            ],
        ),
        # Where the images lie is not known here, so whose price it is has to be said.
        html.P("Cost: the memory of all caches, and each miss as a GET at the price of S3.", className="caption"),
        html.Div(
            className="answers",
            children=[
                html.P(_point_words(outlook, setting), className="muted why-not"),
                apply_link(outlook, setting, window) if applicable and not same and outlook.possible(setting) else None,
            ],
        ),
    ]


def _point_words(outlook: Outlook, setting: Setting) -> str:
    if setting == outlook.now:
        return "This is in force."
    there, here = (outlook.rate(each, by_bytes=False) for each in (setting, outlook.now))
    told = [f"{words.gain(there, here)} ±{words.points(outlook.error_of(setting))}"]
    told = " · ".join(filter(None, [*told, fewer_reads(outlook, setting), cheaper(outlook, setting)])) + "."
    return " ".join(filter(None, (told, _not_from_here(outlook, setting))))


def _not_from_here(outlook: Outlook, setting: Setting) -> str:
    """Why it can't be applied, where that is not for want of knowledge."""
    if outlook.choices.fixed:
        return f"It can't be applied from here. {words.sentence(outlook.choices.fixed)}"
    return outlook.choices.why_not(setting[0])


def _dollars(amount: float | None) -> str:
    return words.MISSING if amount is None else dollars(amount)


def apply_link(outlook: Outlook, setting: Setting, window: Window) -> Component:
    """To Configuration, filled in and with the reason; nothing is applied by following it."""
    which = html.Span(f" {named(setting)}", className="visually-hidden")
    return dcc.Link(["Apply", which, " …"], href=_apply_address(outlook, setting, window), className="button")


def _apply_address(outlook: Outlook, setting: Setting, window: Window) -> str:
    there, here = outlook.rate(setting, by_bytes=False), outlook.rate(outlook.now, by_bytes=False)
    # What is expected of the change will be of all instances and up to then, so the reason says of what this is.
    whose = "" if window.instance == "all" else f" of {window.instance}"
    reason = (
        f"What-if: {named(setting)} would have hit {words.rate(there)} instead of {words.rate(here)} "
        f"of {words.plural(outlook.curve.live.requests, 'request')}{whose} to {words.moment(outlook.curve.end)} UTC"
    )
    asked = {"policy": setting[0], "capacity_bytes": setting[1], "reason": reason}
    return "/configuration?" + urlencode(asked | {"over": window.range.seconds // 60 * 60})
