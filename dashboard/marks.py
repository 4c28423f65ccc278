"""Changes of the configuration as they stand on every chart: a dashed line and a flag; many close together are one."""

from collections.abc import Sequence
from dataclasses import dataclass

from cache.config import Configuration
from dashboard.fleet import made_at
from dashboard.ranges import Range, iso
from dashboard.theme import Palette

MOST_FLAGS = 8
CLOSE = 0.045  # of the chart's width: nearer flags would write over each other


@dataclass(frozen=True)
class Mark:
    """One change, or several that stand too close; ``time`` in seconds is the first's."""

    time: float
    versions: tuple[int, ...]

    @property
    def flag(self) -> str:
        return f"v{self.versions[0]}" if len(self.versions) == 1 else f"{len(self.versions)} changes"


def changes(history: Sequence[Configuration], range: Range) -> list[Configuration]:
    """The documents written within the range, oldest first; the default is nobody's change."""
    return sorted(
        (document for document in history if document.version and range.start <= made_at(document) < range.end),
        key=lambda document: document.version,
    )


def merged(documents: Sequence[Configuration], range: Range) -> list[Mark]:
    """A mark for each change; beyond MOST_FLAGS, or where two are close, neighbours share one."""
    share = CLOSE if len(documents) <= MOST_FLAGS else 1 / MOST_FLAGS
    marks: list[Mark] = []
    for document in documents:
        at = made_at(document)
        if marks and at - marks[-1].time < share * range.seconds:
            marks[-1] = Mark(marks[-1].time, (*marks[-1].versions, document.version))
        else:
            marks.append(Mark(at, (document.version,)))
    return marks


def mark_shapes(marks: Sequence[Mark], colours: Palette) -> list[dict]:
    return [
        {
            "type": "line", "xref": "x", "yref": "paper", "x0": iso(mark.time), "x1": iso(mark.time), "y0": 0, "y1": 1,
            "line": {"color": colours["muted"], "width": 1, "dash": "dash"}, "name": f"change {mark.flag}",
        }
        for mark in marks
    ]  # fmt: skip


def mark_annotations(marks: Sequence[Mark], colours: Palette) -> list[dict]:
    return [
        {
            "text": mark.flag, "xref": "x", "yref": "paper", "x": iso(mark.time), "y": 1, "xanchor": "center",
            "yanchor": "bottom", "showarrow": False, "font": {"size": 12, "color": colours["muted"]},
            "name": f"change {mark.flag}",
        }
        for mark in marks
    ]  # fmt: skip
