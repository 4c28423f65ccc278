"""A log stream: events are appended to it, and read from its beginning or from where the last reading ended."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_client import Client, NotThere, Refused
from metrics.cloudwatch_limits import untimely

MOST_EVENTS = 10_000
MOST_BYTES = 1_000_000
BYTES_AN_EVENT = 26  # which CloudWatch adds to each
MOST_SPAN_MS = 86_400_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """``time_ms`` is what its writer says, in milliseconds since 1970."""

    time_ms: int
    message: str


class LogStream:
    """One stream of one group. Both are made when something is first appended; what is not there reads as empty."""

    def __init__(self, client: Client, group: str, name: str) -> None:
        self._client = client
        self._names = {"logGroupName": group, "logStreamName": name}
        self._group = group

    def append(self, events: Iterable[Event], now: float) -> int:
        """Store events; returns how many were refused for their time."""
        events = list(events)
        timely = [event for event in events if not untimely(event.time_ms / 1000, now)]
        refused = len(events) - len(timely)
        for batch in _batches(sorted(timely, key=lambda event: event.time_ms)):
            refused += self._put(batch)
        return refused

    def read(self, start_ms: int = 0, end_ms: int | None = None) -> Iterator[Event]:
        """The events with start_ms <= time_ms < end_ms, by time; the same event may come twice."""
        span = {"startTime": start_ms} | ({} if end_ms is None else {"endTime": end_ms})
        token: dict[str, str] = {}
        while True:
            try:
                page = self._client.ask("get_log_events", **self._names, **span, startFromHead=True, **token)
            except NotThere:
                return
            except Refused as error:
                raise ChannelUnavailable(f"the log can't be read: {error}") from error
            for event in page["events"]:
                if end_ms is None or event["timestamp"] < end_ms:
                    yield Event(event["timestamp"], event["message"])
            # Only a token that repeats is the end: a page may be empty and have more behind it.
            if page["nextForwardToken"] == token.get("nextToken"):
                return
            token = {"nextToken": page["nextForwardToken"]}

    def _put(self, batch: Sequence[Event]) -> int:
        events = [{"timestamp": event.time_ms, "message": event.message} for event in batch]
        size = sum(_bytes(event) for event in batch)

        def put() -> dict:
            return self._client.ask("put_log_events", **self._names, logEvents=events, log_bytes=size)

        try:
            try:
                answer = put()
            except NotThere:
                self._make()
                answer = put()
        except NotThere as error:
            raise ChannelUnavailable(f"there is no log group {self._group} and it can't be made") from error
        except Refused as error:
            log.error("%s events for the log %s are lost: %s", len(batch), self._names, error)
            return len(batch)
        return _refused(answer.get("rejectedLogEventsInfo") or {}, len(batch))

    def _make(self) -> None:
        """Group and stream. Whoever may not make them may still write to them."""
        for operation, names in (
            ("create_log_group", {"logGroupName": self._group}),
            ("create_log_stream", self._names),
        ):
            try:
                self._client.ask(operation, **names)
            except (ChannelUnavailable, Refused, NotThere) as error:
                log.debug("%s: %s", operation, error)


class Tail:
    """A stream that is read again and again: each time what came since, and a while before that once more.

    Events become visible late and their writers' clocks differ; whoever reads must take the same event twice.
    """

    def __init__(self, stream: LogStream, margin_seconds: int, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._margin_seconds = margin_seconds
        self._clock = clock
        self._next_ms = 0

    def read(self, start_ms: int = 0) -> list[Event]:
        """What may be new; at the first time all since ``start_ms``."""
        now = self._clock()
        events = list(self._stream.read(max(start_ms, self._next_ms)))
        self._next_ms = max(0, int((now - self._margin_seconds) * 1000))
        return events


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = 0
    for event in events:
        too_much = size + _bytes(event) > MOST_BYTES or len(batch) >= MOST_EVENTS
        if batch and (too_much or event.time_ms - batch[0].time_ms >= MOST_SPAN_MS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += _bytes(event)
    if batch:
        yield batch


def _bytes(event: Event) -> int:
    return len(event.message.encode()) + BYTES_AN_EVENT


def _refused(info: dict[str, int], events: int) -> int:
    """By AWS's indexes: what is too old ends before one, what is too new begins at another."""
    old = max(info.get("tooOldLogEventEndIndex", 0), info.get("expiredLogEventEndIndex", 0))
    return min(events, old) + max(0, events - info.get("tooNewLogEventStartIndex", events))
