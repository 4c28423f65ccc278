"""Curves of the channel, read once for all browsers and added up over the range that is asked for."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.reader import RETRY_SECONDS
from metrics.channel import Channel, ChannelUnavailable
from metrics.curves import HOUR, Curve, Setting, add_curves, alike, at_a_time, looked_at

BY_HOURS_FROM_SECONDS = 3 * HOUR
"""Longer ranges are read by whole hours, and by minutes at their ends."""
LISTS_KEPT = 12
LEAST_LEFT = 0.5
"""The share of all requests that must be left where the beginning of a range is left out."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _List:
    curves: list[Curve]
    read_at: float


class Curves:
    """Thread safe. Nothing here raises when the channel fails: what was read last stays, ``failure`` says why."""

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._channel = channel
        self._clock = clock
        self._lock = threading.RLock()
        self._lists: OrderedDict[tuple[int, int, bool], _List] = OrderedDict()
        self._retry_at = float("-inf")
        self.failure = ""

    def over(
        self, start: int, end: int, instance: str = "all", settling: bool = False, in_turn: bool = False
    ) -> Curve | None:
        """All that was counted in a range; None where there is nothing. ``settling``, ``in_turn`` as in add_curves."""
        return add_curves(self._of(start, end, instance), settling=settling, in_turn=in_turn)

    def comparable(
        self,
        start: int,
        end: int,
        instance: str,
        least_requests: int,
        settling: bool = False,
        in_turn: bool = False,
    ) -> Curve | None:
        """The same without the beginning in which not yet every setting was looked at, where enough is left."""
        told = alike(self._of(start, end, instance), least_requests, LEAST_LEFT)
        return add_curves(told, settling=settling, in_turn=in_turn)

    def looked_at(self, start: int, end: int, instance: str, setting: Setting, in_turn: bool = False) -> Curve | None:
        """Only what came once every instance looked at a setting, which may just have come into force."""
        told = looked_at(self._of(start, end, instance), setting)
        return add_curves(told, settling=True, in_turn=in_turn)

    def minutes(self, start: int, end: int) -> list[Curve]:
        """Minute by minute and instance by instance."""
        return self._read(start, end, by_hours=False)

    def instances(self, start: int, end: int) -> list[str]:
        return sorted({curve.instance for curve in self._of(start, end, "all")})

    def instances_at_a_time(self, start: int, end: int) -> int:
        return at_a_time(self._of(start, end, "all"))

    def _of(self, start: int, end: int, instance: str) -> list[Curve]:
        return of_instance(self._read(start, end, end - start > BY_HOURS_FROM_SECONDS), instance)

    def _read(self, start: int, end: int, by_hours: bool) -> list[Curve]:
        wanted = (start, end, by_hours)
        with self._lock:
            now, kept = self._clock(), self._lists.get(wanted)
            if kept and abs(now - kept.read_at) < self._channel.traits.read_seconds:
                return kept.curves
            if self.failure and now < self._retry_at:
                return self._last(wanted)
            try:
                self._lists[wanted] = _List(self._channel.curves(*wanted), now)
            except ChannelUnavailable as error:
                if not self.failure:
                    log.warning("curves can't be read: %s", error)
                self.failure, self._retry_at = str(error), now + RETRY_SECONDS
                return self._last(wanted)
            self.failure = ""
            self._lists.move_to_end(wanted)
            while len(self._lists) > LISTS_KEPT:
                self._lists.popitem(last=False)
            return self._lists[wanted].curves

    def _last(self, wanted: tuple[int, int, bool]) -> list[Curve]:
        """What was read of this range, or else of the last one as long as it."""
        if wanted in self._lists:
            return self._lists[wanted].curves
        start, end, by_hours = wanted
        like = (kept for (a, b, h), kept in reversed(self._lists.items()) if b - a == end - start and h == by_hours)
        return next((kept.curves for kept in like), [])


def of_instance(curves: list[Curve], instance: str) -> list[Curve]:
    return curves if instance in ("all", "each") else [curve for curve in curves if curve.instance == instance]
