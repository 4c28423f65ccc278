"""Decisions as log events, one each."""

from collections.abc import Callable

from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_log import Event, LogStream
from metrics.decisions import Decision, once_each, read, written


class DecisionLog:
    """Appends through one client and reads through another, as all of the channel does."""

    def __init__(self, written_to: LogStream, read_from: LogStream, clock: Callable[[], float]) -> None:
        self._written_to = written_to
        self._read_from = read_from
        self._clock = clock

    def append(self, decision: Decision) -> None:
        if self._written_to.append([Event(int(decision.time * 1000), written(decision))], self._clock()):
            raise ChannelUnavailable("the decision was refused")

    def read(self, start: int, end: int) -> list[Decision]:
        found = once_each(read(event.message) for event in self._read_from.read(start * 1000, end * 1000))
        return [decision for decision in found if start <= decision.time < end]
