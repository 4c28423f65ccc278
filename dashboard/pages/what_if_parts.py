"""What the callbacks of What-if put on the page: suggestions, confidence, the grid, one point in full."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import words
from dashboard.choices import policy_label
from dashboard.cost import dollars
from dashboard.pages.parts import help_button
from dashboard.whatif.advice import Advice, Suggestion, besides, cheaper, fewer_reads, named
from dashboard.whatif.figure import an_instance
from dashboard.whatif.labels import shown_rate
from dashboard.whatif.outlook import ENOUGH_OBJECTS, Outlook, columns
from dashboard.window import Window
from metrics.curves import Setting

REASON_WORDS = {
    "cold": "first requests",
    "capacity": "too little room",
    "policy": "the policy",
    "changed": "changed images",
    "collapsed": "waiting for another's fetch",
    "too_large": "too large",
}


def suggestions(advice: Advice, outlook: Outlook, window: Window) -> list[Component]:
    return [_suggestion(each, outlook, window) for each in advice.suggestions]


def _suggestion(given: Suggestion, outlook: Outlook, window: Window) -> Component:
    setting = given.setting
    return html.Section(
        className="card suggestion" if setting else "card suggestion nothing",
        children=[
            html.H2(given.title, className="number-title"),
            html.Div(
                className="suggestion-row",
                children=[
                    html.Span(named(setting, given.about), className="suggestion-name") if setting else None,
                    html.Span(given.value, className="value") if not given.value.startswith("about") else None,
                ],
            ),
            html.P(" · ".join(told for told in given.told if told), className="muted"),
            apply_link(outlook, setting, window) if setting and outlook.possible(setting) else None,
        ],
    )


def apply_link(outlook: Outlook, setting: Setting, window: Window) -> Component:
    """To Configuration, filled in and with the reason; nothing is applied by following it."""
    which = html.Span(f" {named(setting)}", className="visually-hidden")
    return dcc.Link(["Apply", which, " …"], href=apply_address(outlook, setting, window), className="button")


def apply_address(outlook: Outlook, setting: Setting, window: Window) -> str:
    there, here = outlook.rate(setting, by_bytes=False), outlook.rate(outlook.now, by_bytes=False)
    reason = (
        f"What-if: {named(setting)} would have hit {words.rate(there)} instead of {words.rate(here)} "
        f"of {words.plural(outlook.curve.live.requests, 'request')} to {words.clock(outlook.curve.end)} UTC"
    )
    asked = {"policy": setting[0], "capacity_bytes": setting[1], "reason": reason}
    return "/configuration?" + urlencode(asked | {"over": window.range.seconds // 60 * 60})


def confidence(outlook: Outlook) -> list[Component]:
    """How sure it is, in words, and the check that it makes of itself."""
    curve = outlook.curve
    since = f"{words.clock(curve.begun)} UTC{f', {outlook.cut}' if outlook.cut else ''}"
    requests = words.plural(curve.live.requests, "request")
    if curve.sampled:
        rate, objects = min(curve.sampled.values())
        error = words.points(max(outlook.error(size) for size in curve.sampled))
        told = f"Sampled: {words.count(objects)} of about {words.count(objects / rate)} images, within {error}; "
        told += f"{requests} since {since}."
    elif curve.exact:
        every = "" if curve.anew else "all "
        told = f"Exact: {every}{requests} since {since}. Error under {words.points(outlook.error(0))}."
    else:
        told = f"Nearly exact: {requests} since {since}, of which a part is estimated."
    parts = [html.Span(told)]
    if curve.anew:
        parts.append(html.Span(f" The shadows began anew, with nothing, at {words.clock(curve.anew)} UTC."))
    if curve.shed:
        parts.append(html.Span(f" {words.plural(curve.shed, 'request')} were too many to follow and are estimated."))
    really, shadow = curve.checked
    if not really.requests:
        parts.append(html.Span(" The cache still settles after the last change; its check waits for that."))
    else:
        whose = "its shadow" if outlook.really is not None else "the shadows of what was in force"
        live, played = words.rate(really.hit_rate), words.rate(shadow.hit_rate)
        parts.append(html.Span(f" Check: the cache hit {live} of requests, {whose} {played}."))
    parts.append(html.Span(f" The shadows take {words.size(curve.memory_bytes)}."))
    method = (
        "Every request is played to a shadow of each policy and capacity: a cache without bytes, by the same code. "
        f"Where there are too many images, a part of them chosen by hash stands for all, at least {ENOUGH_OBJECTS:,}."
    )
    return [_line(html.P(parts), help_button("how it is counted", method)), *_of_an_engine(outlook)]


def _line(*parts: Component) -> Component:
    return html.Div([*parts], className="confidence-line")


def _of_an_engine(outlook: Outlook) -> list[Component]:
    """What is different where an engine evicts, and not the code that the shadows run."""
    engine = outlook.choices.engine
    if not engine:
        return []
    told = (
        f"All instances share one cache, so this is of all their requests. {engine} gives up the least lately used of "
        "five entries that it draws, so its LRU may be a point or so off the line."
    )
    method = (
        f"{engine} looks at five entries drawn at random (maxmemory-samples) and a small pool of earlier candidates, "
        "where the shadow knows the very oldest of all. Its LFU counts roughly and forgets with time, which the "
        "shadow's never does. What else is drawn is for comparison: only a cache in each process, memory:, can do it."
    )
    return [_line(html.P(told), help_button(f"different with {engine}", method))]


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


_CAPTION = {"hit": "Hit rate, %", "miss": "Miss rate, %", "bytes": "Bytes from the store, %"}


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


def reasons(outlook: Outlook) -> str:
    """Of 100 misses: 40 first requests, 37 too little room, 21 the policy, 2 other."""
    counts = {reason: misses for reason, misses in outlook.curve.reasons.items() if misses}
    total = sum(counts.values())
    if not total:
        return ""
    shares = {reason: misses * 100 / total for reason, misses in counts.items()}
    told = [(REASON_WORDS.get(reason, reason), share) for reason, share in sorted(shares.items(), key=lambda s: -s[1])]
    large = [f"{share:.0f} {word}" for word, share in told if share >= 1.5]
    rest = sum(share for _, share in told if share < 1.5)
    end = ""
    if shares.get("cold", 0) >= 50:
        end = f" {shares['cold']:.0f} % of misses are first requests: more memory will not help those."
    return f"Of 100 misses: {', '.join(large)}{f', {rest:.0f} other' if rest >= 0.5 else ''}.{end}"
