"""Carries an instance's minutes to the channel; what can't be sent waits on disk."""

import logging
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from metrics.channel import ChannelUnavailable, StatisticsChannel
from metrics.parts import Parts
from metrics.schema import MINUTE, Minute
from metrics.why import Told, explained, is_explained

log = logging.getLogger(__name__)

MOST_A_SEND = 500
LONGEST_WAIT_SECONDS = 60.0
TURN_SECONDS = 0.5
LAST_TURN_SECONDS = 2.0
"""At the end longer: a process that ends while another thread of it still sends cuts that short."""
REASONS_WITHIN_SECONDS = 5.0
REASONS_AT_END_SECONDS = 0.5


class Reasons(Protocol):
    """Who knows why requests missed, a little later; None while it is not known."""

    def reasons(self, start: int, seconds: float = 0.0) -> Told | None: ...

    def reasons_before(self, start: int) -> Told | None: ...

    def reasons_so_far(self, start: int, seconds: float) -> Told | None: ...


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
                minutes = [self._with_reasons_so_far(minute) for minute in self._parts.unfinished()]
                self._channel.send(minutes)
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
            if not is_explained(minute):
                may_come = minute.time + MINUTE <= now < minute.time + MINUTE + REASONS_WITHIN_SECONDS
                told = self._whatif.reasons(minute.time, REASONS_AT_END_SECONDS if may_come and at_end else 0.0)
                if told is None and may_come and not at_end:
                    break
                with_reasons = explained(minute, told, self._whatif.reasons_before(minute.time))
                if with_reasons is not minute:
                    self._parts.amend(with_reasons)
                minute = with_reasons
            ready.append(minute)
        return ready

    def _with_reasons_so_far(self, minute: Minute) -> Minute:
        """Kept, too: whoever goes on with this minute does not know any more why these missed."""
        if self._whatif is None or is_explained(minute):
            return minute
        told = self._whatif.reasons_so_far(minute.time, REASONS_AT_END_SECONDS)
        with_reasons = explained(minute, told, self._whatif.reasons_before(minute.time))
        if with_reasons is not minute:
            self._parts.keep(with_reasons)
        return with_reasons
