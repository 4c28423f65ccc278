"""What the lines of a curve are called, at the end where they are further apart; and which of it is shown. No Dash."""

from collections.abc import Mapping

from dashboard.choices import policy_label
from dashboard.theme import Palette
from dashboard.whatif.outlook import ABOVE, BELOW, Outlook
from metrics.curves import Setting

GAP = 0.053
"""The least distance of two labels, as a share of the height."""


def shown_rate(show: str, hit_rate: float | None) -> float | None:
    """What stands on the axis for a hit rate."""
    if hit_rate is None:
        return None
    return hit_rate if show == "hit" else 1 - hit_rate


def shown_sizes(outlook: Outlook) -> list[int]:
    """The capacities around the one in force, ascending."""
    sizes, now = outlook.capacities, outlook.now[1]
    return [size for size in sizes if now / BELOW <= size <= now * ABOVE] or sizes


def labels(outlook: Outlook, show: str, colours: Palette, best: Setting | None, order: list[str]) -> list[dict]:
    """What each line is called, at the end where they are further apart, moved where two would meet."""
    left = labelled_left(outlook, order)
    end = shown_sizes(outlook)[0 if left else -1]
    ends = {policy: shown_rate(show, outlook.rate((policy, end)) or 0.0) / 1.04 for policy in order}
    strong = {outlook.now[0], best[0] if best else outlook.now[0]}
    return [
        {
            "text": _label(policy, outlook, best), "xref": "paper", "yref": "paper", "x": 0 if left else 1, "y": height,
            "xshift": -6 if left else 6, "xanchor": "right" if left else "left", "yanchor": "middle",
            "showarrow": False, "name": f"end {policy}",
            "font": {"size": 12, "color": colours["ink"] if policy in strong else colours["muted"]},
        }
        for policy, height in apart(ends, GAP).items()
    ]  # fmt: skip


def labelled_left(outlook: Outlook, order: list[str]) -> bool:
    """Large caches all do the same, so it is mostly the small ones that lines are told apart by."""

    def spread(end: int) -> float:
        rates = [outlook.rate((policy, shown_sizes(outlook)[end])) or 0.0 for policy in order]
        return max(rates, default=0) - min(rates, default=0)

    return spread(0) > spread(-1)


def apart(heights: Mapping[str, float], gap: float) -> dict[str, float]:
    """Heights from 0 to 1, each as near to its own as can be with so much between any two."""
    groups = [[[name], height] for name, height in sorted(heights.items(), key=lambda each: each[1])]
    place = 0
    while place + 1 < len(groups):
        (below, low), (above, high) = groups[place], groups[place + 1]
        if high - low >= gap * (len(below) + len(above)) / 2 - 1e-9:
            place += 1
            continue
        # Two that meet become one, around the middle of all its own.
        names = below + above
        groups[place : place + 2] = [[names, sum(heights[name] for name in names) / len(names)]]
        place = max(0, place - 1)
    found = {}
    for names, middle in groups:
        half = gap * (len(names) - 1) / 2
        middle = min(max(middle, half), 1 - half)
        found |= {name: middle - half + gap * number for number, name in enumerate(names)}
    return found


def _label(policy: str, outlook: Outlook, best: Setting | None) -> str:
    if policy == outlook.now[0]:
        return f"<b>{policy_label(policy)}</b> (now)"
    return f"<b>{policy_label(policy)}</b> (best)" if best and policy == best[0] else policy_label(policy)
