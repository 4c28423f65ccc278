"""The colours of assets/tokens.css: every pair that carries meaning can be told apart, in light and in dark."""

import re
from pathlib import Path

import pytest

from cache.policies import POLICIES

TOKENS = (Path(__file__).resolve().parent.parent / "assets" / "tokens.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\);", TOKENS))
TEXT, LINE = 4.5, 3.0  # WCAG 2: text, and whatever else must be seen
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "muted", "accent", "worse", "better") for ground in ("card", "page")),
    *((kind, f"{kind}-ground", TEXT) for kind in ("info", "warning", "error", "nav-active")),
    *(("on-accent", ground, TEXT) for ground in ("accent", "worse")),
    *(
        (line, "card", LINE)
        for line in ("input-border", "hit", "miss", "size", "capacity", "items", "evictions", "p50", "p95", "p99")
    ),
    *((policy, "card", LINE) for policy in POLICIES),
    *((reason, "card", LINE) for reason in ("cold", "no-room", "other-policy", "changed", "collapsed", "too-large")),
]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("colour", "ground", "least"), PAIRS)
def test_contrast_is_enough(colour: str, ground: str, least: float, scheme: int) -> None:
    one, other = (_luminance(COLOURS[name].split(", ")[scheme]) for name in (colour, ground))
    assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= least


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
