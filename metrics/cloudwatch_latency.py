"""Histograms as log events: a metric gives percentiles of itself, but those of several can't be merged."""

import json
from collections.abc import Mapping, Sequence

from metrics.cloudwatch_log import Event, LogStream
from metrics.schema import LATENCY_VALUES_MS, Minute

Histograms = Mapping[tuple[str, int], Mapping[int, int]]
"""By instance and minute."""


class LatencyLog:
    """One event a minute of an instance that had answers."""

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream

    def append(self, minutes: Sequence[Minute], now: float) -> int:
        """Store the histograms; returns how many were refused."""
        events = [Event(minute.time * 1000, _written(minute)) for minute in minutes if minute.latency]
        return self._stream.append(events, now) if events else 0

    def read(self, start: int, end: int) -> Histograms:
        """Of a minute that was sent twice the fuller one: it is the other's continuation, or the same."""
        found: dict[tuple[str, int], Mapping[int, int]] = {}
        for event in self._stream.read(start * 1000, end * 1000):
            for of, histogram in _read(event.message):
                if start <= of[1] < end and sum(histogram.values()) > sum(found.get(of, {}).values()):
                    found[of] = histogram
        return found


def _written(minute: Minute) -> str:
    latency = {str(bucket): answers for bucket, answers in sorted(minute.latency.items())}
    return json.dumps({"instance": minute.instance, "minute": minute.time, "latency": latency}, separators=(",", ":"))


def _read(text: str) -> list[tuple[tuple[str, int], dict[int, int]]]:
    """None or one: whatever else stands in the stream is not ours."""
    try:
        said = json.loads(text)
        histogram = {int(bucket): answers for bucket, answers in said["latency"].items()}
        of = said["instance"], said["minute"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []
    whole = all(isinstance(answers, int) and answers >= 0 for answers in histogram.values())
    known = all(0 <= bucket < len(LATENCY_VALUES_MS) for bucket in histogram)
    return [(of, histogram)] if whole and known and isinstance(of[0], str) and type(of[1]) is int else []
