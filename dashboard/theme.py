"""One look for Mantine, Plotly and the grid, taken from the colours of assets/tokens.css."""

import re
from functools import cache
from pathlib import Path
from typing import Any

ASSETS = Path(__file__).resolve().parent.parent / "assets"
SCHEMES = ("light", "dark")
Palette = dict[str, str]

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, Cantarell, "Helvetica Neue", Arial, sans-serif'
)

# Shades of the accent: Mantine fills with 8 in light and 3 in dark, see --accent in tokens.css.
MANTINE: dict[str, Any] = {
    "primaryColor": "accent",
    "primaryShade": {"light": 8, "dark": 3},
    "colors": {
        "accent": [
            "#e8f2fb", "#c9e1f5", "#9ad0f5", "#6cb8f0", "#3f9ae0",
            "#1f7fc8", "#0f70b8", "#0565a8", "#005a9e", "#004a82",
        ]
    },
    "autoContrast": True,
    "luminanceThreshold": 0.35,
    "defaultRadius": "md",
    "fontFamily": FONT,
    "fontFamilyMonospace": 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace',
    "focusRing": "auto",
    "cursorType": "pointer",
}  # fmt: skip

_COLOUR = re.compile(r"--([\w-]+): light-dark\((#\w+|rgb\([^)]*\)), (#\w+|rgb\([^)]*\))\);")
_RGB_FRACTION = re.compile(r"rgb\((\d+) (\d+) (\d+) / (\d+)%\)")


@cache
def palette(scheme: str) -> Palette:
    """Every colour of tokens.css by its name without the dashes, as Plotly reads it."""
    tokens = (ASSETS / "tokens.css").read_text(encoding="utf-8")
    index = SCHEMES.index(scheme)
    return {name: _as_plotly_reads(both[index]) for name, *both in _COLOUR.findall(tokens)}


def transparent(colour: str, share: float) -> str:
    """A #rrggbb colour, so much of it: rgba(0, 114, 178, 0.06)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {share})"


def _as_plotly_reads(colour: str) -> str:
    if found := _RGB_FRACTION.fullmatch(colour):
        red, green, blue, percent = map(int, found.groups())
        return f"rgba({red}, {green}, {blue}, {percent / 100})"
    return colour
