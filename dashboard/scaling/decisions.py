"""The decisions of the auto-scaler, read once for all browsers."""

import logging
import threading
import time
from collections.abc import Callable

from dashboard.reader import RETRY_SECONDS
from metrics.channel import Channel, ChannelUnavailable
from metrics.decisions import Decision

KEPT_READS = 8

log = logging.getLogger(__name__)


class Decisions:
    """Thread safe. Nothing here raises when the channel fails: what was read last stays, ``failure`` says why."""

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._channel = channel
        self._clock = clock
        self._lock = threading.Lock()
        self._reads: dict[int, tuple[float, int, list[Decision]]] = {}
        self._retry_at = float("-inf")
        self.failure = ""

    def over(self, start: int, end: int) -> list[Decision]:
        """The decisions with start <= time < end, the oldest first."""
        return [decision for decision in self._since(start, end) if start <= decision.time < end]

    def _since(self, start: int, end: int) -> list[Decision]:
        # Ranges move on with the time; those of one length share a read.
        length = end - start
        with self._lock:
            now = self._clock()
            read_at, _, kept = self._reads.get(length, (float("-inf"), 0, []))
            if now - read_at < self._channel.traits.word_seconds or (self.failure and now < self._retry_at):
                return kept
            try:
                found = self._channel.decisions(start, max(end, int(now) + 1))
            except ChannelUnavailable as error:
                if not self.failure:
                    log.warning("decisions can't be read: %s", error)
                self.failure, self._retry_at = str(error), now + RETRY_SECONDS
                return kept
            self.failure = ""
            self._reads[length] = (now, start, found)
            while len(self._reads) > KEPT_READS:
                self._reads.pop(next(iter(self._reads)))
            return found
