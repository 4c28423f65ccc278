"""Carries an instance's minutes to the channel; what can't be sent waits on disk."""

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Protocol

from cache.whatif.reasons import REASONS, apportioned
from metrics.channel import ChannelUnavailable, StatisticsChannel
from metrics.parts import Parts
from metrics.schema import MINUTE, Minute

log = logging.getLogger(__name__)

MOST_A_SEND = 500
LONGEST_WAIT_SECONDS = 60.0
TURN_SECONDS = 0.5
LAST_TURN_SECONDS = 2.0
"""At the end longer: a process that ends while another thread of it still sends cuts that short."""
REASONS_WITHIN_SECONDS = 5.0
REASONS_AT_END_SECONDS = 0.5
OF_REASON = tuple(f"miss_{name}" for name in REASONS)
"""The metrics of REASONS, in its order."""


class Reasons(Protocol):
    """Who knows why requests missed, a little later; None while it is not known."""

    def reasons(self, start: int, seconds: float = 0.0) -> dict[str, int] | None: ...

    def reasons_so_far(self, start: int, seconds: float) -> dict[str, int] | None: ...


class Carrier:
    """Sends the sums of what the workers counted; one worker at a time does."""

    def __init__(self, parts: Parts, channel: StatisticsChannel, whatif: Reasons | None = None) -> None:
        self._parts = parts
        self._channel = channel
        self._whatif = whatif
        self._sending = Lock()
        self._wait_seconds = 0.0
        self._not_before = 0.0
        self.problem = ""

    def send(self, now: float) -> None:
        """Send what waits, oldest first; after a failure, wait twice as long as the last time, a minute at most."""
        if now >= self._not_before:
            self._alone(self._send_waiting, now, TURN_SECONDS)

    def flush(self, now: float) -> None:
        """Send what waits, the open minute too: whoever stops may never come back."""
        self._not_before = 0.0
        self._alone(self._send_all, now, LAST_TURN_SECONDS)

    def _alone(self, job: Callable[[float], None], now: float, seconds: float) -> None:
        """Two who send at once would send the same; whoever finds another at it does not wait for long."""
        if self._sending.acquire(timeout=seconds):
            try:
                job(now)
            finally:
                self._sending.release()

    def _send_waiting(self, now: float, at_end: bool = False) -> None:
        try:
            while minutes := self._with_reasons(self._parts.waiting(MOST_A_SEND, now, at_end), now, at_end):
                self._channel.send(minutes)
                self._parts.sent(minutes, now)
        except ChannelUnavailable as error:
            self._parts.sent(error.delivered, now)
            if not self.problem:
                log.warning("statistics wait on disk: %s", error)
            self.problem = str(error)
            self._wait_seconds = min(LONGEST_WAIT_SECONDS, self._wait_seconds * 2 or 1.0)
            self._not_before = now + self._wait_seconds
            return
        self.problem = ""
        self._wait_seconds = 0.0

    def _send_all(self, now: float) -> None:
        self._send_waiting(now, at_end=True)
        if not self.problem:
            try:
                self._channel.send([self._with_reasons_so_far(minute) for minute in self._parts.unfinished()])
            except ChannelUnavailable as error:
                log.warning("the open minute waits on disk: %s", error)

    def _with_reasons(self, minutes: list[Minute], now: float, at_end: bool) -> list[Minute]:
        """Those to be sent now: the newest waits a little until it is known why its requests missed.

        At the end it is we who wait, and not for long: it must not stay behind.
        """
        if self._whatif is None:
            return minutes
        ready = []
        for minute in minutes:
            if not _is_explained(minute):
                may_come = minute.time + MINUTE <= now < minute.time + MINUTE + REASONS_WITHIN_SECONDS
                told = self._whatif.reasons(minute.time, REASONS_AT_END_SECONDS if may_come and at_end else 0.0)
                if told is None and may_come and not at_end:
                    break
                explained = with_reasons(minute, told)
                if explained is not minute:
                    self._parts.amend(explained)
                minute = explained
            ready.append(minute)
        return ready

    def _with_reasons_so_far(self, minute: Minute) -> Minute:
        if self._whatif is None:
            return minute
        return with_reasons(minute, self._whatif.reasons_so_far(minute.time, REASONS_AT_END_SECONDS))


def _is_explained(minute: Minute) -> bool:
    return set(OF_REASON) <= minute.values.keys() and sum(minute.values[name] for name in OF_REASON) == (
        minute.values.get("misses", 0)
    )


def with_reasons(minute: Minute, told: dict[str, int] | None) -> Minute:
    """A minute and why its requests missed, in parts that add up to its misses; as it is where that is not known.

    What is told adds up by itself, except of a minute in which the service or the replay began anew.
    """
    misses = minute.values.get("misses", 0)
    if told is None or (misses and not sum(told.values())):
        return minute
    parts = apportioned(misses, [told[name] for name in REASONS])
    return replace(minute, values={**minute.values, **dict(zip(OF_REASON, parts, strict=True))})
