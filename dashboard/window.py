"""What the page shows, as its address says it: which stretch of time, whose numbers, compared with what."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from dashboard.ranges import DAY, HOUR, Range, default_period, iso, parse_time
from metrics.schema import MINUTE

# (value, what it is called, its seconds): `now-` and the value is the range's start
PRESETS: tuple[tuple[str, str, int], ...] = (
    ("15m", "Last 15 minutes", 15 * MINUTE),
    ("1h", "Last hour", HOUR),
    ("3h", "Last 3 hours", 3 * HOUR),
    ("6h", "Last 6 hours", 6 * HOUR),
    ("24h", "Last 24 hours", DAY),
    ("7d", "Last 7 days", 7 * DAY),
    ("30d", "Last 30 days", 30 * DAY),
)
COMPARISONS: dict[str, int | None] = {"off": 0, "previous": None, "day": DAY, "week": 7 * DAY}
REFRESHES: dict[str, int] = {"10s": 10, "1m": 60, "off": 0}
DEFAULTS: dict[str, str] = {
    "from": "now-1h", "to": "now", "period": "", "instance": "all", "compare": "previous", "hide": "", "refresh": "1m",
}  # fmt: skip
"""Every name an address may hold and what it means where it is left out."""

MOST_PERIODS = 1500
LONGEST_SECONDS = 460 * DAY
_NAMES = {15 * MINUTE: "15 minutes", HOUR: "hour", DAY: "day", 7 * DAY: "week"}


@dataclass(frozen=True)
class Window:
    """``live`` ends now and moves on; ``compared`` is the stretch it is held against, None for none."""

    range: Range
    live: bool
    instance: str
    compare: str
    hidden: frozenset[str] = field(default=frozenset())

    @property
    def whole_seconds(self) -> int:
        """Its length without the period that is still running."""
        return self.range.seconds - (self.range.period_seconds if self.live else 0)

    @property
    def shift_seconds(self) -> int:
        """How much earlier the compared stretch is; 0 for none."""
        seconds = COMPARISONS[self.compare]
        return self.whole_seconds if seconds is None else seconds

    @property
    def compared(self) -> Range | None:
        return self.range.before(self.shift_seconds) if self.shift_seconds else None

    @property
    def compared_whole(self) -> Range | None:
        """The compared stretch as long as what is over of this one: for sums."""
        return replace(self.compared, end=self.compared.start + self.whole_seconds) if self.compared else None

    @property
    def name(self) -> str:
        """hour, day, 3 hours, 40 minutes."""
        seconds = self.whole_seconds
        if seconds in _NAMES:
            return _NAMES[seconds]
        for unit_seconds, unit in ((DAY, "days"), (HOUR, "hours"), (MINUTE, "minutes")):
            if seconds >= unit_seconds and seconds % unit_seconds == 0:
                return f"{seconds // unit_seconds} {unit}"
        return "stretch"

    @property
    def within(self) -> str:
        """in this hour, in these 40 minutes."""
        return f"in {'these' if self.name[0].isdigit() else 'this'} {self.name}"

    @property
    def compared_name(self) -> str:
        """hour before, 3 hours before; a day before, a week before."""
        return {"day": "same time a day before", "week": "same time a week before"}.get(
            self.compare, f"{self.name} before"
        )

    def csv_address(self) -> str:
        """The very same numbers as a file: absolute times, whatever the page's own address says."""
        query = {"from": iso(self.range.start), "to": iso(self.range.end), "period": self.range.period_seconds}
        return "/export/statistics.csv?" + urlencode(query | {"instance": self.instance})

    def as_json(self) -> dict:
        return {
            "start": self.range.start, "end": self.range.end, "period": self.range.period_seconds, "live": self.live,
            "instance": self.instance, "compare": self.compare, "hidden": sorted(self.hidden),
        }  # fmt: skip

    @classmethod
    def from_json(cls, given: Mapping) -> "Window":
        stretch = Range(given["start"], given["end"], given["period"])
        return cls(stretch, given["live"], given["instance"], given["compare"], frozenset(given["hidden"]))


def read_window(address: Mapping[str, str], now: float) -> tuple[Window, list[str]]:
    """The window an address asks for, and in words what could not be read and was left at its default."""
    asked = DEFAULTS | {name: value for name, value in address.items() if name in DEFAULTS and value}
    problems: list[str] = []
    start, end = _times(asked, now, problems)
    live = asked["to"].strip() == "now" and (start, end) == (parse_time(asked["from"], now), int(now))
    period = _period(asked["period"], end - start, problems)
    compare = _one_of(COMPARISONS, "compare", asked["compare"], problems)
    _one_of(REFRESHES, "refresh", asked["refresh"], problems)
    hidden = frozenset(re.findall(r"\w+", asked["hide"]))
    stretch = Range.covering(start, end, period)
    if live and asked["from"].strip().startswith("now"):  # of a whole number of periods, and the running one
        whole = -(-(end - start) // period) * period
        stretch = replace(stretch, start=stretch.end - period - whole)
    return Window(stretch, live, asked["instance"], compare, hidden), problems


def _times(asked: dict[str, str], now: float, problems: list[str]) -> tuple[int, int]:
    try:
        start, end = (parse_time(asked[name], now) for name in ("from", "to"))
        if end - start < MINUTE:
            raise ValueError(f"{asked['from']} to {asked['to']} is not a minute long.")
        if end - start > LONGEST_SECONDS:
            raise ValueError("Statistics are kept for 455 days.")
    except ValueError as refused:
        problems.append(f"{refused} Showing the last hour.")
        asked |= {"from": DEFAULTS["from"], "to": DEFAULTS["to"]}
        return int(now) - HOUR, int(now)
    return start, end


def _period(text: str, seconds: int, problems: list[str]) -> int:
    least = default_period(seconds)
    if not text:
        return least
    period = int(text) if re.fullmatch(r"\d{1,7}", text, re.ASCII) else 0
    if period == 0 or period % MINUTE or seconds / period > MOST_PERIODS:
        problems.append(f"A period of {text!r} does not fit here; showing every {least // MINUTE} min.")
        return least
    return period


def _one_of(known: Mapping[str, object], name: str, value: str, problems: list[str]) -> str:
    if value in known:
        return value
    problems.append(f"{name} {value!r} is not one of {', '.join(known)}.")
    return DEFAULTS[name]
