"""The five numbers at the top: what each is now, how it moved, and whether that is better or worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from dashboard import words
from dashboard.data import Totals
from dashboard.ranges import DAY
from dashboard.traces import Grid, Series
from dashboard.window import Window


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    NEITHER = ""


@dataclass(frozen=True)
class Change:
    """``direction`` is 1, 0 or -1; ``amount`` in words; ``than`` says what it is held against."""

    direction: int
    amount: str
    verdict: Verdict
    than: str


@dataclass(frozen=True)
class Card:
    """``fill`` is the share of the capacity that is used, for the card that draws a bar instead of a line."""

    name: str
    title: str
    value: str
    colour: str
    change: Change | None
    line: Series
    of: str = ""
    fill: float | None = None
    note: str = ""


def cards(frame: pd.DataFrame, now: Totals | None, before: Totals | None, window: Window) -> list[Card]:
    """Hit rate, requests a minute, items, cache size of capacity, p95; all of them, whether there is data or not."""
    grid = Grid(window.range)
    finished = frame[~frame["unfinished"]]
    drawn = {name: grid.series(finished, name) for name in ("hit_rate", "requests", "items", "p95_ms")}
    than = compared_words(window)

    def of(totals: Totals | None, name: str) -> float | None:
        return getattr(totals, name) if totals else None

    def both(name: str) -> tuple[float | None, float | None]:
        return of(now, name), of(before, name)

    return [
        Card("hit_rate", "Hit rate", words.rate(of(now, "hit_rate")), "hit",
             change(*both("hit_rate"), than, words.points, more_is=Verdict.BETTER), drawn["hit_rate"]),
        Card("requests", "Requests a minute", words.count(of(now, "requests_a_minute")), "hit",
             change(*both("requests_a_minute"), than), drawn["requests"]),
        Card("items", "Items", words.count(of(now, "items")), "items", change(*both("items"), than), drawn["items"]),
        _size(finished, now, window),
        Card("p95", "P95 latency", words.milliseconds(of(now, "p95_ms")), "p95",
             change(*both("p95_ms"), than, words.milliseconds, more_is=Verdict.WORSE), drawn["p95_ms"]),
    ]  # fmt: skip


def change(
    now: float | None, before: float | None, than: str, in_words=None, more_is: Verdict = Verdict.NEITHER
) -> Change | None:
    """How a number moved; counts in percent, others by ``in_words`` of the difference. None where one is missing."""
    if now is None or before is None or (in_words is None and before == 0):
        return None
    amount = words.change(now, before) if in_words is None else in_words(abs(now - before))
    nothing = amount in {"0 %", "0.0 points", "0.0 ms"}
    direction = 0 if nothing else (1 if now > before else -1)
    fewer_is = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}.get(more_is, Verdict.NEITHER)
    return Change(direction, amount, {1: more_is, 0: Verdict.NEITHER, -1: fewer_is}[direction], than)


def compared_words(window: Window) -> str:
    """10:04-11:04, or the week before."""
    then = window.compared_whole
    if then is None:
        return ""
    if then.seconds < DAY and window.compare == "previous":
        return words.span(then.start, then.end).removesuffix(" UTC")
    return f"the {window.compared_name}"


def _size(finished: pd.DataFrame, now: Totals | None, window: Window) -> Card:
    if now is None:
        return Card("size", "Cache size", words.MISSING, "size", None, [])
    if not (now.capacity_bytes or now.size_bytes):  # a cache of its own is never without: it is one that all share
        note = "not reported just now" if window.instance in ("all", "each") else "shared: told for all instances"
        return Card("size", "Cache size", words.MISSING, "size", None, [], note=note)
    if not now.capacity_bytes:
        return Card("size", "Cache size", words.size(now.size_bytes), "size", None, [], note="no limit of its own")
    fill = now.size_bytes / now.capacity_bytes
    last = finished.iloc[-1] if len(finished) else None
    reported, caches = (int(last[name]) if last is not None else 1 for name in ("reported", "caches"))
    whose = f"shared by {reported}" if caches < reported and caches == 1 else words.plural(caches, "cache")
    return Card(
        "size", "Cache size", words.size(now.size_bytes), "size", None, [], of=f"of {words.size(now.capacity_bytes)}",
        fill=fill, note=f"{words.rate(fill)} full, {whose}",
    )  # fmt: skip


def sparkline(values: Sequence[float | None], width: int = 100, height: int = 28) -> str:
    """An SVG path through the values, broken at gaps; empty where there are fewer than two."""
    there = [value for value in values if value is not None]
    if len(there) < 2:
        return ""
    low, span = min(there), (max(there) - min(there)) or 1
    path, broken = [], True
    for place, value in enumerate(values):
        if value is None:
            broken = True
            continue
        x = place * width / (len(values) - 1)
        y = 2 + (height - 4) * (1 - (value - low) / span)
        path.append(f"{'M' if broken else 'L'}{x:.1f} {y:.1f}")
        broken = False
    return "".join(path)
