"""Curves as log events: one a minute, and one an hour, since a month of minutes would be a gigabyte to read."""

import logging
from collections.abc import Callable, Collection
from threading import Lock

from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_log import Event, LogStream
from metrics.curve_text import read, written
from metrics.curves import HOUR, Curve, fuller, hours_and_minutes, roll

log = logging.getLogger(__name__)

MOST_BYTES = 256_000
"""Of one event: no curve comes near it, and one that did would be refused with all that is sent beside it."""


SILENCES = 24
"""Hours in which somebody fell silent that are read minute by minute, at most: the newest."""


class CurveLog:
    """Thread safe. The minutes of the hour that runs are remembered, so that it is rolled without reading them again;
    whoever starts anew reads them once, and those of the hour before, which nobody may have rolled."""

    def __init__(self, minutes: LogStream, hours: LogStream, clock: Callable[[], float]) -> None:
        self._minutes = minutes
        self._hours = hours
        self._clock = clock
        self._lock = Lock()
        self._running: dict[str, dict[int, Curve]] = {}

    def append(self, minute: Curve) -> None:
        """Store a minute, and the hour before with the first minute of the next."""
        with self._lock:
            running = self._running.get(minute.instance)
            if running is None:
                running = self._of_instance(minute.instance, minute.start // HOUR * HOUR - HOUR, minute.start)
            self._put(self._minutes, minute)
            running = running | {minute.start: fuller(running.get(minute.start), minute)}
            hour = minute.start // HOUR * HOUR
            for over in sorted({start // HOUR * HOUR for start in running} - {hour}):
                if over < hour:
                    whole = roll([c for at, c in running.items() if over <= at < over + HOUR], minute.instance, over)
                    self._put(self._hours, whole)
            self._running[minute.instance] = {at: curve for at, curve in running.items() if at >= hour}

    def read(self, start: int, end: int, by_hours: bool) -> list[Curve]:
        if not by_hours:
            return _ordered(self._read(self._minutes, start, end))
        (first, last), edges = hours_and_minutes(start, end)
        hours = self._read(self._hours, first, last) if first < last else {}
        minutes = {of: curve for edge in edges for of, curve in self._read(self._minutes, *edge).items()}
        for hour in _not_rolled(hours, first, last):
            loose = self._read(self._minutes, hour, hour + HOUR)
            minutes |= {of: curve for of, curve in loose.items() if (hour, of[1]) not in hours}
        return [*_ordered(hours), *_ordered(minutes)]

    def _of_instance(self, instance: str, start: int, end: int) -> dict[int, Curve]:
        try:
            found = self._read(self._minutes, start, end)
        except ChannelUnavailable as error:
            log.debug("the minutes before can't be read, their hour may be rolled without them: %s", error)
            return {}
        return {at: curve for (at, name), curve in found.items() if name == instance}

    def _read(self, stream: LogStream, start: int, end: int) -> dict[tuple[int, str], Curve]:
        """By time and instance; of two that speak of the same time the fuller one."""
        found: dict[tuple[int, str], Curve] = {}
        for event in stream.read(start * 1000, end * 1000):
            curve = read(event.message)
            if curve is not None and start <= curve.start < end:
                of = curve.start, curve.instance
                found[of] = fuller(found.get(of), curve)
        return found

    def _put(self, stream: LogStream, curve: Curve) -> None:
        text = written(curve)
        if len(text.encode()) > MOST_BYTES:
            log.error("the curve of %s at %s is too long for a log event, it is lost", curve.instance, curve.start)
            return
        stream.append([Event(curve.start * 1000, text)], self._clock())


def _not_rolled(hours: Collection[tuple[int, str]], first: int, last: int) -> list[int]:
    """An hour is rolled with a minute of the next one: not so the one that is just over, nor that in which one ends."""
    silent = {at + HOUR for at, name in hours if (at + HOUR, name) not in hours} | {last - HOUR}
    return sorted(at for at in silent if first <= at < last)[-SILENCES:]


def _ordered(curves: dict[tuple[int, str], Curve]) -> list[Curve]:
    return [curves[of] for of in sorted(curves)]
