"""Changes of the configuration as they stand on every chart: a dashed line and a flag; many close together are one."""

from collections.abc import Sequence
from dataclasses import dataclass

from cache.config import Configuration
from dashboard.fleet import made_at
from dashboard.ranges import Range, iso
from dashboard.theme import Palette

MOST_FLAGS = 8
LETTER = 0.03  # of the width of a chart on a phone: what a letter of a flag takes there


@dataclass(frozen=True)
class Mark:
    """One change, or several in a row that stand too close; ``time`` in seconds is the first's."""

    time: float
    versions: tuple[int, ...]

    @property
    def flag(self) -> str:
        first, last = self.versions[0], self.versions[-1]
        return f"v{first}" if first == last else f"v{first}-v{last}"


def changes(history: Sequence[Configuration], range: Range) -> list[Configuration]:
    """The documents written within the range, oldest first; the default is nobody's change."""
    return sorted(
        (document for document in history if document.version and range.start <= made_at(document) < range.end),
        key=lambda document: document.version,
    )


def merged(documents: Sequence[Configuration], range: Range) -> list[Mark]:
    """A mark for each change; beyond MOST_FLAGS, or where flags would write over each other, neighbours share one."""
    least = 0 if len(documents) <= MOST_FLAGS else range.seconds / MOST_FLAGS
    marks: list[Mark] = []
    for document in documents:
        marks.append(Mark(made_at(document), (document.version,)))
        while len(marks) > 1 and _apart(*marks[-2:], range) < max(least, _room(*marks[-2:], range)):
            last = marks.pop()
            marks[-1] = Mark(marks[-1].time, marks[-1].versions + last.versions)
    return marks


def _apart(one: Mark, other: Mark, range: Range) -> float:
    """The seconds between the middles of two flags."""
    return _middle(other, range) - _middle(one, range)


def _middle(mark: Mark, range: Range) -> float:
    half = _half(mark, range)
    return {"left": range.start + half, "right": range.end - half}.get(_side(mark, range), mark.time)


def _side(mark: Mark, range: Range) -> str:
    """Where a flag is held: at an end of the chart it stands beside its line, so as not to be cut off."""
    half = _half(mark, range)
    if mark.time + half > range.end:
        return "right"
    return "left" if mark.time - half < range.start else "center"


def _half(mark: Mark, range: Range) -> float:
    return len(mark.flag) / 2 * LETTER * range.seconds


def _room(one: Mark, other: Mark, range: Range) -> float:
    """The seconds between the middles of two flags that they need."""
    return _half(one, range) + _half(other, range)


def mark_shapes(marks: Sequence[Mark], colours: Palette) -> list[dict]:
    return [
        {
            "type": "line", "xref": "x", "yref": "paper", "x0": iso(mark.time), "x1": iso(mark.time), "y0": 0, "y1": 1,
            "line": {"color": colours["muted"], "width": 1, "dash": "dash"}, "name": f"change {mark.flag}",
        }
        for mark in marks
    ]  # fmt: skip


def mark_annotations(marks: Sequence[Mark], range: Range, colours: Palette) -> list[dict]:
    return [
        {
            "text": mark.flag, "xref": "x", "yref": "paper", "x": iso(mark.time), "y": 1,
            "xanchor": _side(mark, range),
            "yanchor": "bottom", "showarrow": False, "font": {"size": 12, "color": colours["muted"]},
            "name": f"change {mark.flag}",
        }
        for mark in marks
    ]  # fmt: skip
