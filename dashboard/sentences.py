"""What each chart says, in a sentence: for those who listen, and for those who only glance."""

from collections.abc import Sequence
from itertools import groupby

import pandas as pd

from cache.config import Configuration
from dashboard import words
from dashboard.cards import Change, Verdict, change
from dashboard.charts import FORMATS, Chart
from dashboard.data import Totals
from dashboard.fleet import made_at
from dashboard.ranges import DAY
from dashboard.traces import Grid
from dashboard.window import Window
from metrics.schema import OF_ENGINE, REASONS

UP_AND_DOWN = {1: "up", -1: "down", 0: "unchanged"}
MOST_GAPS_TOLD = 2
ESTIMATED = "These shares are in part estimated, as What-if could not look at every request."


def sentences(
    chart: Chart,
    frame: pd.DataFrame,
    now: Totals | None,
    before: Totals | None,
    window: Window,
    documents: Sequence[Configuration],
    estimated: bool = False,
) -> tuple[str, str]:
    """The value over the range, how it moved, its extreme; and, the same for every chart, gaps and changes.

    ``estimated`` says that why requests missed was told of a part of them only.
    """
    if now is None:
        return "No data.", ""
    around = " ".join(filter(None, (_gaps(frame, window), _changes(documents, window))))
    if chart.name in _MISSED and now.requests == 0:
        return f"Alive, but no requests {window.within}, so there is no {_MISSED[chart.name]}.", around
    told = _TELL[chart.name](frame, now, before, window)
    return f"{told} {ESTIMATED}" if estimated and now.misses else told, around


def _rates(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    moved = change(now.hit_rate, before and before.hit_rate, "", words.points, Verdict.BETTER)
    told = f"Hit rate {words.rate(now.hit_rate)}{_moved(moved, window)}{_extreme(frame, 'hit_rate', 'lowest', window)}."
    return " ".join(filter(None, (told, failures(frame))))


def failures(frame: pd.DataFrame) -> str:
    """What a shared cache left unanswered or gave back spoilt; nothing where it did neither."""
    unanswered, spoilt = (int(frame[name].sum()) for name in OF_ENGINE)
    told = []
    if unanswered:
        told.append(f"The shared cache gave no answer {words.plural(unanswered, 'time')}.")
    if spoilt:
        were = words.plural(spoilt, "entry was", "entries were")
        told.append(f"{were} not as stored and counted as {'a miss' if spoilt == 1 else 'misses'}.")
    return " ".join(told)


def _requests(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    moved = change(now.requests_a_minute, before and before.requests_a_minute, "")
    value = f"{words.count(now.requests_a_minute)} requests a minute"
    return f"{value}{_moved(moved, window)}{_extreme(frame, 'requests', 'most', window)}."


def _size(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    if not now.capacity_bytes:
        return f"{words.size(now.size_bytes)}, no limit of its own." if now.size_bytes else "No capacity reported."
    full = words.rate(now.size_bytes / now.capacity_bytes)
    return f"{words.size(now.size_bytes)} of {words.size(now.capacity_bytes)}, {full} full."


def _items(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    moved = change(now.items, before and before.items, "")
    return f"{words.plural(now.items, 'item')}{_moved(moved, window)}."


def _evictions(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    if not now.evictions:
        return f"No evictions {window.within}."
    moved = change(now.evictions, before and before.evictions, "")
    value = f"{words.plural(now.evictions, 'eviction')} {window.within}"
    return f"{value}{_moved(moved, window)}{_extreme(frame, 'evictions', 'most', window)}."


def _latency(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    moved = change(now.p95_ms, before and before.p95_ms, "", words.milliseconds, Verdict.WORSE)
    return f"P95 {words.milliseconds(now.p95_ms)}{_moved(moved, window)}{_extreme(frame, 'p95_ms', 'highest', window)}."


def _reasons(frame: pd.DataFrame, now: Totals, before: Totals | None, window: Window) -> str:
    counts = {name: int(frame[name].sum()) for name in REASONS}
    known = sum(counts.values())
    if not now.misses:
        return f"No misses {window.within}."
    if not known:
        return "Why they missed was not counted."
    told = sorted(counts.items(), key=lambda each: -each[1])[:2]
    shares = " and ".join(f"{words.rate(misses / known)} {_WHY[name]}" for name, misses in told if misses)
    cold = counts["miss_cold"] / known
    end = " More memory will not help with first requests." if cold >= 0.5 else ""
    return f"Of {words.count(known)} misses {shares}.{end}"


_WHY = {
    "miss_cold": "are first requests",
    "miss_capacity": "had too little room",
    "miss_policy": "some other policy still had",
    "miss_changed": "met changed images",
    "miss_collapsed": "waited for another's fetch",
    "miss_too_large": "were larger than the cache",
}
_TELL = {
    "reasons": _reasons, "rates": _rates, "requests": _requests, "size": _size,
    "items": _items, "evictions": _evictions, "latency": _latency,
}  # fmt: skip
_MISSED = {"rates": "rate", "latency": "latency"}
_UNIT = {"hit_rate": "rate", "requests": "count", "evictions": "count", "p95_ms": "milliseconds"}


def _moved(moved: Change | None, window: Window) -> str:
    if moved is None:
        return ""
    if moved.direction == 0:
        return f", unchanged on the {window.compared_name}"
    return f", {UP_AND_DOWN[moved.direction]} {moved.amount} on the {window.compared_name}"


def _extreme(frame: pd.DataFrame, column: str, which: str, window: Window) -> str:
    """Of finished periods only: the running one has not counted everything yet."""
    finished = frame.loc[~frame["unfinished"], ["time", column]].dropna()
    if len(finished) < 2:
        return ""
    at = finished[column].idxmin() if which == "lowest" else finished[column].idxmax()
    value = FORMATS[_UNIT[column]](finished.loc[at, column])
    return f"; {which} {value} at {words.when(finished.loc[at, 'time'].timestamp(), window.range.seconds)}"


def _gaps(frame: pd.DataFrame, window: Window) -> str:
    gaps = missing(frame, window)
    if not gaps:
        return ""
    if len(gaps) > MOST_GAPS_TOLD:
        seconds = sum(end - start for start, end in gaps)
        return f"No data in {len(gaps)} stretches, {words.duration(seconds)} in all."
    return f"No data {' and '.join(_stretch(start, end, window) for start, end in gaps)}."


def missing(frame: pd.DataFrame, window: Window) -> list[tuple[int, int]]:
    """The stretches (start, end) nobody reported, without the end of a live window that is still to come."""
    grid = Grid(window.range)
    there = set(grid.places(frame))
    upto = max(there, default=0) + 1 if window.live else len(grid)
    period = window.range.period_seconds
    runs = groupby(range(upto), key=lambda place: place in there)
    gaps = [list(places) for is_there, places in runs if not is_there]
    return [(window.range.start + run[0] * period, window.range.start + (run[-1] + 1) * period) for run in gaps]


def _changes(documents: Sequence[Configuration], window: Window) -> str:
    if not documents:
        return ""
    if len(documents) > 1:
        return f"{len(documents)} changes of the configuration."
    return f"1 change: v{documents[0].version} at {words.when(made_at(documents[0]), window.range.seconds)}."


def _stretch(start: int, end: int, window: Window) -> str:
    if window.range.seconds > DAY:
        same_day = words.moment(start)[:6] == words.moment(end)[:6]
        return f"{words.moment(start)}-{words.clock(end)}" if same_day else words.span(start, end).removesuffix(" UTC")
    return f"{words.clock(start)}-{words.clock(end)}"
