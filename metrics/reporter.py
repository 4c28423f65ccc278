"""Once a minute: roll the counts, keep them on disk, send them; what can't be sent waits."""

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Protocol

from cache.whatif.reasons import REASONS, apportioned
from metrics.channel import ChannelUnavailable, StatisticsChannel
from metrics.recorder import Recorder
from metrics.schema import MINUTE, Minute
from metrics.spool import Spool

log = logging.getLogger(__name__)

MOST_A_SEND = 500
LONGEST_WAIT_SECONDS = 60.0
TURN_SECONDS = 0.5
REASONS_WITHIN_SECONDS = 5.0
REASONS_AT_END_SECONDS = 0.5
OF_REASON = tuple(f"miss_{name}" for name in REASONS)
"""The metrics of REASONS, in its order."""
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


class Reasons(Protocol):
    """Who knows why requests missed, a little later; None while it is not known."""

    def reasons(self, start: int) -> dict[str, int] | None: ...

    def reasons_so_far(self, start: int, seconds: float) -> dict[str, int] | None: ...


class Reporter:
    """Carries an instance's minutes to the channel.

    A minute left open by an earlier process is continued if it still runs, else closed as it was. A clock that steps
    back goes on with the open minute, so that no minute is opened twice.
    """

    def __init__(
        self,
        instance: str,
        recorder: Recorder,
        usage: Callable[[], Usage],
        version: Callable[[], int],
        channel: StatisticsChannel,
        spool: Spool,
        whatif: Reasons | None = None,
    ) -> None:
        self._instance = instance
        self._recorder = recorder
        self._usage = usage
        self._version = version
        self._channel = channel
        self._spool = spool
        self._whatif = whatif
        self._lock = Lock()
        self._sending = Lock()
        self._minute = 0
        self._before: dict[str, int] = {}
        self._wait_seconds = 0.0
        self._not_before = 0.0
        self.problem = ""

    def open(self, now: float) -> None:
        """Begin to count; take up the minute that an earlier process left."""
        self._minute = _minute_of(now)
        self._before = _from_start(self._usage())
        left = self._spool.take_open()
        if left is None:
            return
        if left.time >= self._minute:
            self._minute = left.time
            self._recorder.add(dict(left.values), dict(left.latency))
            self._before = {name: count - left.values.get(name, 0) for name, count in self._before.items()}
        else:
            self._spool.close_open(left)

    def roll(self, now: float) -> None:
        """Save the open minute; close it if it is over. Called each second, so a kill loses at most that."""
        with self._lock:
            if _minute_of(now) > self._minute:
                self._close_minute()
                self._minute = _minute_of(now)
            self._spool.keep_open(self._open_minute())

    def send(self, now: float) -> None:
        """Send what waits, oldest first; after a failure, wait twice as long as the last time, a minute at most."""
        if now >= self._not_before:
            self._alone(self._send_waiting, now)

    def _alone(self, job: Callable[[float], None], now: float) -> None:
        """Two who send at once would send the same; whoever finds another at it does not wait for long."""
        if self._sending.acquire(timeout=TURN_SECONDS):
            try:
                job(now)
            finally:
                self._sending.release()

    def _send_waiting(self, now: float) -> None:
        try:
            while minutes := self._with_reasons(self._spool.waiting(MOST_A_SEND), now):
                self._channel.send(minutes)
                self._spool.sent(minutes)
        except ChannelUnavailable as error:
            self._spool.sent(error.delivered)
            if not self.problem:
                log.warning("statistics wait on disk: %s", error)
            self.problem = str(error)
            self._wait_seconds = min(LONGEST_WAIT_SECONDS, self._wait_seconds * 2 or 1.0)
            self._not_before = now + self._wait_seconds
            return
        self.problem = ""
        self._wait_seconds = 0.0

    def flush(self, now: float) -> None:
        """Save the open minute and send what waits, the open minute too: whoever stops may never come back."""
        self.roll(now)
        self._not_before = 0.0
        self._alone(self._send_all, now)

    def _send_all(self, now: float) -> None:
        self._send_waiting(now)
        if not self.problem:
            try:
                self._channel.send([self._open_minute_with_reasons()])
            except ChannelUnavailable as error:
                log.warning("the open minute waits on disk: %s", error)

    def _close_minute(self) -> None:
        usage = self._usage()
        counts, latency = self._recorder.roll(self._minute)
        try:
            self._spool.close_open(self._minute_from(counts, latency, usage))
        except OSError:
            self._recorder.add(counts, latency)  # a full disk must not lose them: the minute stays open
            raise
        self._before = _from_start(usage)

    def _with_reasons(self, minutes: list[Minute], now: float) -> list[Minute]:
        """Those to be sent now: the newest waits a little until it is known why its requests missed."""
        if self._whatif is None:
            return minutes
        ready = []
        for minute in minutes:
            if not set(OF_REASON) <= minute.values.keys():
                told = self._whatif.reasons(minute.time)
                if told is None and minute.time + MINUTE <= now < minute.time + MINUTE + REASONS_WITHIN_SECONDS:
                    break
                explained = with_reasons(minute, told)
                if explained is not minute:
                    self._spool.amend(explained)
                minute = explained
            ready.append(minute)
        return ready

    def _open_minute_with_reasons(self) -> Minute:
        minute = replace(self._open_minute(), open=True)
        if self._whatif is None:
            return minute
        return with_reasons(minute, self._whatif.reasons_so_far(minute.time, REASONS_AT_END_SECONDS))

    def _open_minute(self) -> Minute:
        return self._minute_from(*self._recorder.read(), self._usage())

    def _minute_from(self, counts: dict[str, int], latency: dict[int, int], usage: Usage) -> Minute:
        values = counts | {
            "items": usage.items,
            "size_bytes": usage.size_bytes,
            "capacity_bytes": usage.capacity_bytes,
            "config_version": self._version(),
        }
        values |= {name: count - self._before.get(name, 0) for name, count in _from_start(usage).items()}
        return Minute(self._instance, self._minute, values, latency)


def with_reasons(minute: Minute, told: dict[str, int] | None) -> Minute:
    """A minute and why its requests missed, in parts that add up to its misses; as it is where that is not known.

    What is told adds up by itself, except of a minute in which the service or the replay began anew.
    """
    misses = minute.values.get("misses", 0)
    if told is None or (misses and not sum(told.values())):
        return minute
    parts = apportioned(misses, [told[name] for name in REASONS])
    return replace(minute, values={**minute.values, **dict(zip(OF_REASON, parts, strict=True))})


def _from_start(usage: Usage) -> dict[str, int]:
    counts = {name: getattr(usage, member) for name, member in FROM_START.items()}
    return {name: count for name, count in counts.items() if count is not None}


def _minute_of(now: float) -> int:
    return int(now) // MINUTE * MINUTE
