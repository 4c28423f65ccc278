"""Stretches of time as people write them: `now-1h`, a date in UTC, and the periods they are divided into."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from metrics.schema import MINUTE

HOUR = 3600
DAY = 86_400
LATEST = 253_402_300_799  # the last second of the year 9999, which is as far as datetime goes

# (the longest range in seconds, its period): at most about 1,500 periods each
PERIODS: tuple[tuple[int, int], ...] = (
    (DAY, MINUTE),
    (5 * DAY, 300),
    (15 * DAY, 900),
    (31 * DAY, 1800),
    (62 * DAY, HOUR),
    (124 * DAY, 2 * HOUR),
    (248 * DAY, 4 * HOUR),
    (372 * DAY, 6 * HOUR),
    (744 * DAY, 12 * HOUR),
)

_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_RELATIVE = re.compile(r"now(?:\s*-\s*(\d{1,9})\s*([smhdw]))?", re.ASCII)
_ABSOLUTE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


@dataclass(frozen=True)
class Range:
    """start <= time < end in seconds since 1970, UTC, divided into periods that start at multiples of the period."""

    start: int
    end: int
    period_seconds: int

    @classmethod
    def floored(cls, start: float, end: float, period_seconds: int) -> "Range":
        """Both ends moved back to the start of their period: what the exports understand by from and to."""
        return cls(_floor(start, period_seconds), _floor(end, period_seconds), period_seconds)

    @classmethod
    def covering(cls, start: float, end: float, period_seconds: int) -> "Range":
        """The whole periods that hold start..end: with the one still running, which charts show as unfinished."""
        return cls(_floor(start, period_seconds), -_floor(-end, period_seconds), period_seconds)

    @property
    def seconds(self) -> int:
        return self.end - self.start

    def before(self, seconds: int | None = None) -> "Range":
        """The range of the same length just before, or so many seconds earlier."""
        earlier = self.seconds if seconds is None else seconds
        return replace(self, start=self.start - earlier, end=self.end - earlier)


def default_period(seconds: float) -> int:
    """The period in seconds that a range of such a length is shown by."""
    return next((period for longest, period in PERIODS if seconds <= longest), DAY)


def parse_time(text: str, now: float) -> int:
    """Seconds since 1970 of `now`, `now-15m` (s, m, h, d, w), or a date and time in ISO-8601, UTC unless it says.

    Raises ValueError, in words.
    """
    text = text.strip()
    if relative := _RELATIVE.fullmatch(text):
        back = int(relative[1]) * _UNITS[relative[2]] if relative[1] else 0
        return max(0, int(now) - back)
    if _ABSOLUTE.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a time: {error}.") from None
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        if 0 <= seconds <= LATEST:
            return seconds
    raise ValueError(f"{text!r} is not a time. Write 2026-11-23T20:21:00Z, 2026-11-23 20:21 (UTC), now or now-1h.")


def utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def iso(seconds: float) -> str:
    """2026-11-23T20:21:00Z."""
    return utc(int(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _floor(seconds: float, period_seconds: int) -> int:
    return int(seconds // period_seconds) * period_seconds
