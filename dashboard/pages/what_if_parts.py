"""What the callbacks of What-if put around its chart: suggestions, how sure it all is, why requests missed."""

from dash import html
from dash.development.base_component import Component

from dashboard import words
from dashboard.pages.parts import help_button
from dashboard.pages.what_if_point import apply_link
from dashboard.whatif.advice import Advice, Suggestion, named
from dashboard.whatif.outlook import ENOUGH_OBJECTS, Outlook
from dashboard.window import Window

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


def confidence(outlook: Outlook) -> list[Component]:
    """How sure it is, in words, and the check that it makes of itself."""
    curve = outlook.curve
    since = f"{words.when(curve.begun, curve.period_seconds)} UTC{f', {outlook.cut}' if outlook.cut else ''}"
    requests = words.plural(curve.live.requests, "request")
    if curve.sampled:
        rate, objects = min(curve.sampled.values())
        error = words.points(max(outlook.error(size) for size in curve.sampled))
        told = f"Sampled: {words.count(objects)} of about {words.count(objects / rate)} images, within {error}; "
        told += f"{requests} since {since}."
    elif curve.exact:
        every = "" if curve.anew else "all "
        if curve.anew and outlook.served and outlook.served > curve.live.requests:
            every = f"{words.count(curve.live.requests)} of "
            requests = words.plural(outlook.served, "request")
        told = f"Exact: {every}{requests} since {since}. Error under {words.points(outlook.error(0))}."
    else:
        told = f"Nearly exact: {requests} since {since}, of which a part is estimated."
    parts = [html.Span(told)]
    if curve.anew:
        anew = words.when(curve.anew, curve.period_seconds)
        parts.append(html.Span(f" The shadows began anew, with nothing, at {anew} UTC."))
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
    return [_line(html.P(parts), help_button("the method", method)), *_of_an_engine(outlook)]


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


def reasons(outlook: Outlook) -> str:
    """Of 100 misses, in part estimated: 40 first requests, 37 too little room, 21 the policy, 2 other."""
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
    estimated = "" if outlook.curve.exact else ", in part estimated"
    return f"Of 100 misses{estimated}: {', '.join(large)}{f', {rest:.0f} other' if rest >= 0.5 else ''}.{end}"
