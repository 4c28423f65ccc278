"""One read of the channel for all browsers and exports: what is new is fetched once, the rest is remembered."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from cache.config import DEFAULT, Configuration
from dashboard.data import Totals, statistics, totals
from dashboard.fleet import Fleet, fleet
from dashboard.ranges import DAY, Range
from dashboard.table import NAMES, Table
from metrics.channel import Announcement, Channel, ChannelUnavailable, ConfigurationRefused
from metrics.schema import MINUTE, Minute

FRESH_SECONDS = 1
"""What was worked out serves everybody for so long; how long a read does is for the channel to say."""
LATE_SECONDS = 3600
"""Minutes that come later than this are seen with the next whole read of their day."""
MOST_DAYS = 28
"""In one read, where the channel has only long periods left."""
OLDEST_SECONDS = 460 * DAY
MAX_ROWS = 500_000
"""About 130 MB; beyond it the days not asked for the longest are forgotten."""
RETRY_SECONDS = 10
FRAMES_KEPT = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """The channel can't be read since ``since``; it is tried again at ``retry_at``. Times in seconds since 1970."""

    message: str
    since: float
    retry_at: float


@dataclass(frozen=True)
class _Day:
    table: Table
    read_at: float
    whole_read_at: float


class Reader:
    """Thread safe. Nothing here raises when the channel fails: the last good data stays, and ``failure`` says why."""

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._channel = channel
        self._clock = clock
        self._lock = threading.RLock()
        self._days: OrderedDict[int, _Day] = OrderedDict()
        self._frames: OrderedDict[tuple, pd.DataFrame] = OrderedDict()
        self._worked_at = float("-inf")
        self._heard_at = float("-inf")
        self._read_at = float("-inf")
        self._newest: Configuration = DEFAULT
        self._has_read = False
        self._unreadable = ""
        self._history: list[Configuration] = [DEFAULT]
        self._announcements: list[Announcement] = []
        self._fleet: Fleet | None = None
        self._failure: Failure | None = None

    def now(self) -> float:
        return self._clock()

    @property
    def failure(self) -> Failure | None:
        """Why the last read failed; None if it did not."""
        return self._failure

    @property
    def has_read(self) -> bool:
        """Whether the channel has ever told the configuration; before that it is only supposed to be the default."""
        return self._has_read

    def retry(self) -> None:
        """Read the channel now: rather than at ``retry_at``, or because something has just been written to it."""
        with self._lock:
            self._worked_at = self._heard_at = self._read_at = float("-inf")
            if self._failure:
                self._failure = replace(self._failure, retry_at=float("-inf"))
            self._refresh()

    def minutes(self, start: int, end: int) -> Table:
        """Every report with start <= time < end of a minute that is over."""
        with self._lock:
            self._refresh()
            now = self.now()
            start, end = max(start, int(now) - OLDEST_SECONDS), min(end, int(now) // MINUTE * MINUTE)
            days = [self._day(day, end) for day in range(start // DAY * DAY, end, DAY)]
            self._forget()
            return Table.joined(days).between(start, end)

    def bounded(self, range: Range) -> Range:
        """What of a range any channel can hold: nothing older than its hours, nothing after now."""
        now, period = self.now(), range.period_seconds
        start = max(range.start, int(now - OLDEST_SECONDS) // period * period)
        return Range(start, max(start, min(range.end, -int(-now // period) * period)), period)

    def statistics(self, range: Range, instance: str = "all") -> pd.DataFrame:
        """dashboard.data.statistics of what the channel holds."""
        with self._lock:
            self._refresh()
            wanted = (range, instance)
            if wanted not in self._frames:
                minutes = self.minutes(range.start, range.end)
                self._frames[wanted] = statistics(
                    minutes, range, instance, now=self.now(), stopped=self.fleet().stopped
                )
                if len(self._frames) > FRAMES_KEPT:
                    self._frames.popitem(last=False)
            return self._frames[wanted].copy(deep=False)

    def totals(self, range: Range, instance: str = "all") -> Totals | None:
        """dashboard.data.totals of what the channel holds."""
        minutes = self.minutes(range.start, range.end)
        return totals(minutes, range, instance, now=self.now(), stopped=self.fleet().stopped)

    def newest(self) -> Configuration:
        with self._lock:
            self._refresh()
            return self._newest

    def history(self) -> list[Configuration]:
        """Every document that can be read, newest first, ending with the default."""
        with self._lock:
            self._refresh()
            return list(self._history)

    def fleet(self) -> Fleet:
        with self._lock:
            self._refresh()
            if self._fleet is None:
                now = self.now()
                last = _last_minutes(self.minutes(int(now) - DAY, int(now)))
                lag_seconds = self._channel.traits.lag_seconds
                self._fleet = fleet(self._newest, self._announcements, last, now, self._unreadable, lag_seconds)
            return self._fleet

    def instances(self, range: Range) -> list[str]:
        """The names that can be asked for: heard in the range, or alive."""
        alive = (instance.name for instance in self.fleet().alive)
        return sorted({*self.minutes(range.start, range.end).last_heard(), *alive})

    def _refresh(self) -> None:
        now = self.now()
        if abs(now - self._worked_at) < FRESH_SECONDS:
            return
        self._worked_at = now
        self._frames.clear()
        self._fleet = None
        failing, traits = self._failure, self._channel.traits
        if failing and now < failing.retry_at:
            return
        if failing or abs(now - self._heard_at) >= traits.word_seconds:
            if not self._ask(self._read_configuration):
                return
            self._heard_at = now
        if failing or abs(now - self._read_at) >= traits.read_seconds:
            if not self._ask(self._read_recent):
                return
            self._read_at = now
        if failing:
            log.info("the channel answers again")
            self._failure = None

    def _read_configuration(self) -> None:
        try:
            newest, unreadable = self._channel.newest(), ""
        except ConfigurationRefused as refused:
            newest, unreadable = None, f"v{refused.version} holds what this manager does not know: {refused}"
        if newest is None or newest != self._newest or len(self._history) == 1:
            self._history = self._channel.history() or [DEFAULT]
        self._newest = newest or self._history[0]
        self._unreadable = unreadable
        self._announcements = self._channel.announcements()
        self._has_read = True

    def _read_recent(self) -> None:
        now = self.now()
        for day in range(int(now - LATE_SECONDS) // DAY * DAY, int(now) + 1, DAY):
            self._read_day(day)

    def _day(self, day: int, end: int) -> Table:
        """The day's table; ``end`` is how far will be asked for next."""
        kept = self._days.get(day)
        now, traits = self.now(), self._channel.traits
        recent = day + DAY > now - LATE_SECONDS
        if kept is None or (not recent and now - kept.whole_read_at > traits.past_read_seconds):
            coarse = (min(end, int(max(0, now - traits.coarse_after_seconds))) - day) // DAY
            self._ask(lambda: self._read_whole(day, min(MOST_DAYS, max(1, coarse))))
        if day not in self._days:
            return Table.of([])
        self._days.move_to_end(day)
        return self._days[day].table

    def _read_day(self, day: int) -> None:
        now = self.now()
        kept = self._days.get(day)
        if kept is None or now - kept.whole_read_at > self._channel.traits.whole_read_seconds:
            self._read_whole(day, 1)
            return
        since = max(day, int(kept.read_at) - LATE_SECONDS)
        new = Table.of(self._channel.minutes(since, day + DAY))
        self._days[day] = _Day(Table.joined([kept.table.between(day, since), new]), now, kept.whole_read_at)

    def _read_whole(self, first: int, days: int) -> None:
        now = self.now()
        table = Table.of(self._channel.minutes(first, first + days * DAY))
        for day in range(first, first + days * DAY, DAY):
            self._days[day] = _Day(table.between(day, day + DAY), now, now)

    def _forget(self) -> None:
        rows = sum(len(day.table) for day in self._days.values())
        while rows > MAX_ROWS and len(self._days) > 1:
            _, oldest = self._days.popitem(last=False)
            rows -= len(oldest.table)

    def _ask(self, read: Callable[[], None]) -> bool:
        """Whether the channel answered; if not, ``failure`` says why, and since when."""
        now = self.now()
        if self._failure and now < self._failure.retry_at:
            return False
        try:
            read()
        except ChannelUnavailable as error:
            since = self._failure.since if self._failure else now
            if not self._failure:
                log.warning("the channel is not answering: %s", error)
            self._failure = Failure(str(error), since, now + RETRY_SECONDS)
            return False
        return True


def _last_minutes(table: Table) -> dict[str, Minute]:
    """The last report of each instance, without its histogram."""
    last = {int(code): row for row, code in enumerate(table.instance)}
    return {
        table.names[code]: Minute(
            table.names[code],
            int(table.time[row]),
            dict(zip(NAMES, table.values[row].tolist(), strict=True)),
            {},
            int(table.period_seconds[row]),
        )
        for code, row in last.items()
    }
