"""An outlook becomes a figure: a line a policy over capacity, where we are, and where no cache gets. No Dash."""

import math
from collections.abc import Collection, Sequence
from typing import Any

from cache.config import MIB
from cache.policies import POLICIES
from dashboard import words
from dashboard.caches import capacity_title
from dashboard.choices import policy_label
from dashboard.cost import dollars
from dashboard.theme import FONT, Palette, transparent
from dashboard.whatif.labels import labelled_left, labels, shown_rate, shown_sizes
from dashboard.whatif.outlook import Outlook
from metrics.curves import Setting

SYMBOLS: dict[str, tuple[str, str]] = {
    "lru": ("circle", "solid"), "random": ("x", "dot"), "fifo": ("square", "dash"), "lfu": ("triangle-up", "dashdot"),
    "sieve": ("diamond", "longdash"), "s3fifo": ("star", "solid"), "gdsf": ("cross", "solid"),
}  # fmt: skip
"""How a policy is drawn beside its colour."""
STRONG, FAINT = 3, 1.25
TICKS_MB = tuple(2**power for power in range(-4, 21))


def curve_figure(
    outlook: Outlook,
    colours: Palette,
    *,
    show: str = "hit",
    best: Setting | None = None,
    lit: Collection[str] = (),
    chosen: Setting | None = None,
) -> dict[str, Any]:
    """``show`` is hit, miss or bytes; ``best`` and the policy in force are strong, the ``lit`` coloured besides."""
    strong = [policy for policy in (outlook.now[0], best[0] if best else None) if policy in outlook.policies]
    others = [policy for policy in POLICIES if policy in outlook.policies and policy not in strong]
    order = sorted(others, key=lambda policy: policy in lit) + strong[::-1]
    traces = [
        trace
        for policy in order
        for trace in _line(outlook, policy, show, colours, policy in strong, policy in strong or policy in lit)
    ]
    traces += [*_here(outlook, show, colours), *_chosen(outlook, chosen or best, show, colours)]
    return {"data": traces, "layout": _layout(outlook, show, colours, best, order)}


def title(show: str) -> str:
    return {
        "hit": "Hit rate by capacity, % of requests",
        "miss": "Miss rate by capacity, % of requests",
        "bytes": "Bytes from the store by capacity, % of bytes served",
    }[show]


def sentence(outlook: Outlook, show: str, best: Setting | None) -> str:
    """What the figure shows, for those who listen."""
    here = words.rate(shown_rate(show, outlook.here))
    sizes = shown_sizes(outlook)
    span = f"{words.size(sizes[0])} to {words.size(sizes[-1])}{an_instance(outlook)}"
    told = f"{len(outlook.policies)} policies from {span}."
    told += f" Now {policy_label(outlook.now[0])} at {words.size(outlook.now[1])}: {here}."
    if best:
        there = words.rate(shown_rate(show, outlook.rate(best)))
        told += f" {policy_label(best[0])} at {words.size(best[1])}: {there}."
    return told


def an_instance(outlook: Outlook) -> str:
    return "" if outlook.choices.engine else " an instance"


def hover(outlook: Outlook, setting: Setting) -> str:
    """What is told of a point: hits, reads of the store, bytes, cost."""
    requests, size = (outlook.rate(setting, by_bytes=each) for each in (False, True))
    count = outlook.curve.points.get(setting)
    hits = f" ({words.count(count.hits)} of {words.count(count.requests)})" if outlook.counted(setting) else ""
    cost = outlook.dollars_a_month(setting)
    lines = [
        f"<b>{policy_label(setting[0])}, {'' if outlook.counted(setting) else 'about '}{words.size(setting[1])}</b>",
        f"Hit rate {words.rate(requests)}{hits}",
        f"Bytes from the store {words.rate(1 - size)}",
        f"{words.count(outlook.reads_a_minute(setting))} reads of the store a minute",
        f"about {dollars(cost)} a month",
    ]
    return "<br>".join(
        lines + ([f"unsure: ±{words.points(outlook.error_of(setting))}"] if outlook.weak(setting) else [])
    )


def _line(outlook: Outlook, policy: str, show: str, colours: Palette, strong: bool, coloured: bool) -> list[dict]:
    sizes = [size for size in outlook.sizes(policy) if size in shown_sizes(outlook)]
    rates = [shown_rate(show, outlook.rate((policy, size))) for size in sizes]
    symbol, dash = SYMBOLS.get(policy, ("circle", "solid"))
    colour = colours[policy] if coloured else colours["input-border"]
    x = [size / MIB for size in sizes]
    told = {
        "type": "scatter", "mode": "lines+markers", "name": policy_label(policy), "x": x,
        "y": [round(rate * 100, 3) for rate in rates], "meta": {"role": "policy", "policy": policy},
        "line": {"color": colour, "width": STRONG if strong else FAINT, "dash": dash if coloured else "solid"},
        # Not larger with its edge left out: of two that the pointer is on, plotly takes the smaller, else the last.
        "marker": {"symbol": symbol, "size": 6, "color": colour,
                   "line": {"color": colour, "width": 2 if strong else 0}},
        "text": [hover(outlook, (policy, size)) for size in sizes], "hovertemplate": "%{text}<extra></extra>",
        "customdata": [f"{policy} {size}" for size in sizes], "showlegend": False, "connectgaps": False,
        "hoverlabel": {"bgcolor": colours["card"], "bordercolor": colours["input-border"],
                       "font": {"color": colours["ink"], "family": FONT, "size": 12}, "align": "left"},
    }  # fmt: skip
    if not strong:
        return [told]
    # Only the two that are compared show how sure they are: seven bands would be a fog.
    errors = [outlook.error(size, policy) for size in sizes]
    up = [min(1, rate + error) * 100 for rate, error in zip(rates, errors, strict=True)]
    down = [max(0, rate - error) * 100 for rate, error in zip(rates, errors, strict=True)]
    band = {
        "type": "scatter", "mode": "lines", "x": x + x[::-1], "y": up + down[::-1], "fill": "toself",
        "fillcolor": transparent(colours[policy], 0.14), "line": {"width": 0}, "hoverinfo": "skip",
        "showlegend": False, "meta": {"role": "band", "policy": policy},
    }  # fmt: skip
    return [band, told]


def _here(outlook: Outlook, show: str, colours: Palette) -> list[dict]:
    really = shown_rate(show, outlook.really if outlook.really is not None else outlook.here)
    if really is None or not outlook.now[1]:
        return []
    told = f"<b>We are here</b><br>{policy_label(outlook.now[0])}, {words.size(outlook.now[1])}"
    if outlook.really is not None:
        told += f", really {words.rate(shown_rate(show, outlook.really))}"
    return [_ring(outlook.now[1], really, colours["ink"], "here", told, colours)]


def _chosen(outlook: Outlook, chosen: Setting | None, show: str, colours: Palette) -> list[dict]:
    there = shown_rate(show, outlook.rate(chosen)) if chosen else None
    if there is None or chosen == outlook.now:
        return []
    return [_ring(chosen[1], there, colours["accent"], "chosen", hover(outlook, chosen), colours)]


def _ring(size: float, rate: float, colour: str, role: str, told: str, colours: Palette) -> dict:
    return {
        "type": "scatter", "mode": "markers", "x": [size / MIB], "y": [rate * 100], "meta": {"role": role},
        "marker": {"symbol": "circle-open" if role == "here" else "star-open", "size": 18, "color": colour,
                   "line": {"width": 2.5, "color": colour}},
        "text": [told], "hovertemplate": "%{text}<extra></extra>", "showlegend": False,
        "hoverlabel": {"bgcolor": colours["card"], "bordercolor": colours["input-border"],
                       "font": {"color": colours["ink"], "family": FONT, "size": 12}, "align": "left"},
    }  # fmt: skip


def _layout(outlook: Outlook, show: str, colours: Palette, best: Setting | None, order: list[str]) -> dict[str, Any]:
    sizes = shown_sizes(outlook)
    low, high = math.log10(sizes[0] / MIB), math.log10(sizes[-1] / MIB)
    room = (high - low) * 0.03 or 0.1
    ticks = [tick for tick in TICKS_MB if 10 ** (low - room) <= tick <= 10 ** (high + room)]
    told, font = _tick_words(ticks), {"size": 12, "color": colours["muted"]}
    below = 56 if any("<br>" in each for each in told) else 40
    left = labelled_left(outlook, order)
    return {
        "margin": {"l": 104 if left else 40, "r": 40 if left else 104, "t": 12, "b": below},
        "paper_bgcolor": "rgba(0, 0, 0, 0)", "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"family": FONT} | font, "hovermode": "closest",
        "hoverdistance": 24, "dragmode": False, "showlegend": False, "autosize": True, "uirevision": "kept",
        "xaxis": {
            "type": "log", "range": [low - room, high + room], "tickvals": ticks, "fixedrange": True,
            "ticktext": told, "showgrid": False, "zeroline": False,
            "linecolor": colours["input-border"], "ticks": "outside", "ticklen": 4, "tickangle": 0,
            "tickcolor": colours["input-border"],
            "title": {"text": f"{capacity_title(outlook.choices.engine)}, each step doubles", "font": font,
                      "standoff": 4},
        },
        "yaxis": {
            "range": [0, 104], "tickvals": [0, 25, 50, 75, 100], "fixedrange": True, "gridcolor": colours["grid"],
            "zeroline": False, "showline": False, "ticks": "", "side": "right" if left else "left",
            "ticklabelstandoff": 4,
        },
        "shapes": [*_ceiling(outlook, show, colours), _now_line(outlook, colours)],
        "annotations": [*labels(outlook, show, colours, best, order), *_ceiling_words(outlook, show, colours)],
    }  # fmt: skip


def _tick_words(ticks_mb: Sequence[float]) -> list[str]:
    """Units below the numbers where there are several: on a phone 512 KB has no room beside 1 MB."""
    told = words.sizes([tick * MIB for tick in ticks_mb])
    between = "<br>" if sum(unit != "" for _, unit in told) > 1 else " "
    return [f"{number}{between if unit else ''}{unit}" for number, unit in told]


def _now_line(outlook: Outlook, colours: Palette) -> dict:
    at = outlook.now[1] / MIB
    return {
        "type": "line", "visible": at > 0, "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "layer": "below",
        "name": "now", "line": {"color": colours["muted"], "width": 1, "dash": "dot"},
    }  # fmt: skip


def _ceiling(outlook: Outlook, show: str, colours: Palette) -> list[dict]:
    rate = shown_rate(show, outlook.ceiling)
    if rate is None:
        return []
    pen = {"color": colours["capacity"], "width": 1.5, "dash": "dash"}
    return [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": rate * 100, "y1": rate * 100, "line": pen,
             "name": "ceiling"}]  # fmt: skip


def _ceiling_words(outlook: Outlook, show: str, colours: Palette) -> list[dict]:
    rate = shown_rate(show, outlook.ceiling)
    if rate is None:
        return []
    return [
        {
            "text": f"{'ceiling' if show == 'hit' else 'floor'} {words.rate(rate)}, by first requests",
            "xref": "paper", "x": 0.01, "y": rate * 100, "xanchor": "left", "yanchor": "bottom", "showarrow": False,
            "font": {"size": 12, "color": colours["muted"]}, "name": "ceiling",
        }
    ]  # fmt: skip
