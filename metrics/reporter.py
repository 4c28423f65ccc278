"""Once a minute: roll the counts of this process, and keep them on disk for whoever carries them to the channel."""

from collections.abc import Callable
from threading import Lock
from typing import Protocol

from metrics.recorder import Recorder
from metrics.schema import GAUGES, MINUTE, REASONS, Minute
from metrics.spool import Spool

FROM_START = {"evictions": "evictions", "cache_failures": "failures", "cache_rubbish": "rubbish"}
"""Metrics by what of Usage they are told by: a minute's are what came since it began."""


class Usage(Protocol):
    """The gauges of a cache at the end of a minute; ``evictions`` and what follows count from the cache's start."""

    items: int
    size_bytes: int
    capacity_bytes: int
    evictions: int
    failures: int | None
    rubbish: int | None


class Reporter:
    """Keeps what one worker counts, minute by minute.

    A minute left open by an earlier process is continued if it still runs, else closed as it was. A clock that steps
    back goes on with the open minute, so that no minute is opened twice.
    """

    def __init__(
        self,
        instance: str,
        recorder: Recorder,
        usage: Callable[[], Usage],
        version: Callable[[], int],
        spool: Spool,
    ) -> None:
        self._instance = instance
        self._recorder = recorder
        self._usage = usage
        self._version = version
        self._spool = spool
        self._lock = Lock()
        self._minute = 0
        self._left: Minute | None = None
        self._before: dict[str, int] = {}

    def open(self, now: float) -> None:
        """Begin to count; take up the minute that an earlier process left."""
        self._minute = _minute_of(now)
        # A cache is opened with its process, and may have been given evictions to tell before this: those count, too.
        self._before = dict.fromkeys(FROM_START, 0)
        left = self._spool.take_open()
        if left is not None and left.time >= self._minute:
            self._minute, self._left = left.time, left
            self._recorder.add(dict(left.values), dict(left.latency))
            self._before = {name: -left.values.get(name, 0) for name in FROM_START}
        elif left is not None:
            self._spool.close_open(left)
        self._spool.keep_open(self._open_minute())  # from now on whoever adds up knows that this worker is at it

    def roll(self, now: float) -> None:
        """Save the open minute; close it if it is over. Called each second, so a kill loses at most that."""
        with self._lock:
            if _minute_of(now) > self._minute:
                self._close_minute()
                self._minute = _minute_of(now)
            self._spool.keep_open(self._open_minute())

    def _close_minute(self) -> None:
        # A full disk is noticed before the tap is told that the minute is over, else it would be told so each second.
        self._spool.keep_open(self._open_minute())
        usage = self._usage()
        counts, latency = self._recorder.roll(self._minute)
        try:
            self._spool.close_open(self._minute_from(counts, latency, usage))
        except OSError:
            self._recorder.add(counts, latency)  # a full disk must not lose them: the minute stays open
            raise
        self._before = _from_start(usage)

    def _open_minute(self) -> Minute:
        return self._minute_from(*self._recorder.read(), self._usage())

    def _minute_from(self, counts: dict[str, int], latency: dict[int, int], usage: Usage) -> Minute:
        values = counts | self._gauges(usage) | {"config_version": self._version()}
        values |= {name: count - self._before.get(name, 0) for name, count in _from_start(usage).items()}
        return Minute(self._instance, self._minute, values | self._kept_reasons(), latency)

    def _kept_reasons(self) -> dict[str, int]:
        """Why requests of this minute missed, as far as an earlier process kept that for us."""
        if self._left is None or self._left.time != self._minute:
            return {}
        return {name: self._left.values[name] for name in REASONS if name in self._left.values}

    def _gauges(self, usage: Usage) -> dict[str, int]:
        if self._left is not None and self._left.time == self._minute and not usage.capacity_bytes:
            # Of a shared cache: ours to tell before we began anew, and whoever tells it since left this minute out.
            return {name: self._left.values.get(name, 0) for name in GAUGES}
        return {name: getattr(usage, name) for name in GAUGES}


def _from_start(usage: Usage) -> dict[str, int]:
    counts = {name: getattr(usage, member) for name, member in FROM_START.items()}
    return {name: count for name, count in counts.items() if count is not None}


def _minute_of(now: float) -> int:
    return int(now) // MINUTE * MINUTE
