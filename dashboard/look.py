"""One look at the channel: all that a page draws of one window, read once and shared by its charts."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from cache.config import Configuration
from dashboard.cards import Card, cards
from dashboard.data import Totals
from dashboard.marks import changes
from dashboard.reader import Reader
from dashboard.window import Window

LOOKS_KEPT = 8


@dataclass(frozen=True, eq=False)
class Look:
    """``compared`` and ``before`` are the frame and the totals of the window it is held against."""

    window: Window
    frame: pd.DataFrame
    now: Totals | None
    compared: pd.DataFrame | None
    before: Totals | None
    documents: Sequence[Configuration]

    @cached_property
    def cards(self) -> list[Card]:
        return cards(self.frame, self.now, self.before, self.window)


class Looks:
    """The last looks; those of one second are the same, so that all parts of a page and all browsers share them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Window, int], Look] = OrderedDict()

    def at(self, window: Window) -> Look:
        wanted = (window, int(self._reader.now()))
        with self._lock:
            if wanted not in self._kept:
                self._kept[wanted] = look_at(self._reader, window)
                if len(self._kept) > LOOKS_KEPT:
                    self._kept.popitem(last=False)
            return self._kept[wanted]


def look_at(reader: Reader, window: Window) -> Look:
    instance = "all" if window.instance == "each" else window.instance
    return Look(
        window,
        reader.statistics(window.range, instance),
        reader.totals(window.range, instance),
        reader.statistics(window.compared, instance) if window.compared else None,
        reader.totals(window.compared_whole, instance) if window.compared_whole else None,
        changes(reader.history(), window.range),
    )
