"""The charts of the page Statistics, each once: what it shows, how it is drawn, what a reader calls it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dashboard import words


class Kind(StrEnum):
    """How the lines of a chart are drawn."""

    LINES = "lines"
    STACKED = "stacked"  # on top of each other, the first at the bottom: bars, or areas where there are many
    UNDER = "under"  # the first as an area under the second's dashed steps


class Unit(StrEnum):
    """What the numbers of a chart are; hover.js formats by these names, too."""

    RATE = "rate"
    COUNT = "count"
    SIZE = "size"
    MILLISECONDS = "milliseconds"


FORMATS: dict[Unit, Callable[[float | None], str]] = {
    Unit.RATE: words.rate,
    Unit.COUNT: words.count,
    Unit.SIZE: words.size,
    Unit.MILLISECONDS: words.milliseconds,
}


@dataclass(frozen=True)
class Line:
    """One column of the frame. ``colour`` is a token; ``mark`` is what stands at the line's right end."""

    column: str
    label: str
    mark: str
    colour: str
    width: float = 2
    dash: str = "solid"
    of: tuple[str, ...] = ()  # counts that the hover box puts in brackets: (hits of requests)


@dataclass(frozen=True)
class Chart:
    """``compared`` is the column that is drawn once more for the window before, dotted."""

    name: str
    title: str
    unit: Unit
    kind: Kind
    lines: tuple[Line, ...]
    compared: str
    help: str
    lead: bool = False  # the first: it also lists the changes and names the gaps
    wide: bool = False
    per_period: bool = False  # counts of a period: the title says of which

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(line.column for line in self.lines)


CHARTS: tuple[Chart, ...] = (
    Chart(
        "rates",
        "Hit and miss rate, % of requests",
        Unit.RATE,
        Kind.LINES,
        (
            Line("hit_rate", "Hit rate", "hit", "hit", of=("hits", "requests")),
            Line("miss_rate", "Miss rate", "miss", "miss", width=1.5, of=("misses",)),
        ),
        compared="hit_rate",
        help="Hit: answered from the cache. Miss: had to be fetched. Rates are of all GETs of images that exist.",
        lead=True,
        wide=True,
    ),
    Chart(
        "requests",
        "Requests",
        Unit.COUNT,
        Kind.STACKED,
        (Line("hits", "Hits", "hits", "hit"), Line("misses", "Misses", "misses", "miss")),
        compared="requests",
        help="GETs of images that exist: hits below, misses on top.",
        per_period=True,
    ),
    Chart(
        "size",
        "Cache size and capacity",
        Unit.SIZE,
        Kind.UNDER,
        (
            Line("size_bytes", "Cache size", "size", "size"),
            Line("capacity_bytes", "Capacity", "capacity", "capacity", dash="dash"),
        ),
        compared="size_bytes",
        help="What the cached items take up, under what they may take up. 1 MB is 1,048,576 bytes.",
    ),
    Chart(
        "reasons",
        "Why requests missed",
        Unit.COUNT,
        Kind.STACKED,
        (
            Line("miss_cold", "First requests", "first", "cold"),
            Line("miss_capacity", "Too little room", "no room", "no-room"),
            Line("miss_policy", "The policy", "policy", "other-policy"),
            Line("miss_changed", "Changed", "changed", "changed"),
            Line("miss_collapsed", "Waited", "waited", "collapsed"),
            Line("miss_too_large", "Too large", "too large", "too-large"),
        ),
        compared="misses",
        help="First requests (cold misses): nobody asked before; no cache helps. Too little room (capacity misses): a "
        "larger cache had held it. The policy: another order of eviction had kept it. Changed: replaced, cleared or "
        "resized. Waited: another request was fetching it. Too large: bigger than the cache.",
        per_period=True,
        wide=True,
    ),
    Chart(
        "items",
        "Items",
        Unit.COUNT,
        Kind.LINES,
        (Line("items", "Items", "items", "items"),),
        compared="items",
        help="Item: one cached picture or size of it.",
    ),
    Chart(
        "evictions",
        "Evictions",
        Unit.COUNT,
        Kind.LINES,
        (Line("evictions", "Evictions", "evictions", "evictions"),),
        compared="evictions",
        help="Eviction: removed to make room.",
        per_period=True,
    ),
    Chart(
        "latency",
        "Latency, ms",
        Unit.MILLISECONDS,
        Kind.LINES,
        (
            Line("p50_ms", "p50", "p50", "p50", width=1.5, dash="dot"),
            Line("p95_ms", "p95", "p95", "p95"),
            Line("p99_ms", "p99", "p99", "p99", width=1.5, dash="dash"),
        ),
        compared="p95_ms",
        help="P95: 95 of 100 answers were faster; p50 and p99 likewise.",
        wide=True,
    ),
)
BY_NAME: dict[str, Chart] = {chart.name: chart for chart in CHARTS}
