"""Configuration as log events, one a document: metric points average, blur and tear; log events do not."""

import logging
import time
from collections.abc import Callable
from threading import RLock

from pydantic import ValidationError

from cache.config import DEFAULT, Configuration
from metrics.chain import Draft, in_force
from metrics.channel import ChannelUnavailable, ConfigurationRefused, VersionConflict
from metrics.cloudwatch_limits import LATEST_SECONDS, MARGIN_SECONDS
from metrics.cloudwatch_log import Event, LogStream, Tail

log = logging.getLogger(__name__)

MARGIN = 3 * 3600
"""A writer's clock may be two hours ahead, at most, and what others then write must not be overlooked."""
AT_FIRST_SECONDS = 35 * 86_400
"""Who only wants the newest reads no further back: it is appended again each day."""
AGAIN_SECONDS = 86_400
WAITS_SECONDS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""How long a document may take until its writer can read it."""
SETTLE_SECONDS = 1.0
"""And how long another's may take that was written in the same moment."""


class ConfigurationLog:
    """Reads and appends the documents of one stream. Thread safe."""

    def __init__(self, stream: LogStream, clock: Callable[[], float], pause: Callable[[float], None] = time.sleep):
        self._stream = stream
        self._clock = clock
        self._pause = pause
        self._lock = RLock()
        self._tail: Tail | None = None
        self._whole = False
        self._written_ms: dict[Draft, int] = {}

    def newest(self) -> Configuration:
        valid = self._valid()
        return _understood(valid[-1]) if valid else DEFAULT

    def history(self, after: int = -1) -> list[Configuration]:
        valid = self._valid()
        if not valid or valid[0].version > after + 1:
            valid = self._valid(whole=True)
        documents = [_or_none(draft) for draft in reversed(valid) if draft.version > after]
        return [document for document in documents if document] + ([DEFAULT] if after < 0 else [])

    def publish(self, document: Configuration) -> None:
        """Append, then read back: who else wrote that version is only known afterwards."""
        valid = self._valid()
        newest = valid[-1].version if valid else DEFAULT.version
        if (document.parent, document.version) != (newest, newest + 1):
            raise VersionConflict(self.newest())
        self._append(document.model_dump_json())
        self._wait_for(document)
        self._pause(SETTLE_SECONDS)
        if not any(draft.id == document.id for draft in self._valid()):
            raise VersionConflict(self.newest())

    def keep(self) -> None:
        """Append the newest again each day, so that retention never loses it."""
        valid = self._valid()
        if valid and self._written_ms[valid[-1]] < (self._clock() - AGAIN_SECONDS) * 1000:
            self._append(valid[-1].text)

    def _valid(self, whole: bool = False) -> tuple[Draft, ...]:
        with self._lock:
            if self._tail is None or (whole and not self._whole):
                self._begin(whole)
            else:
                self._take(self._tail.read())
            return in_force(self._written_ms)

    def _begin(self, whole: bool) -> None:
        tail = Tail(self._stream, MARGIN, self._clock)
        self._take(tail.read(0 if whole else int((self._clock() - AT_FIRST_SECONDS) * 1000)))
        self._tail, self._whole = tail, whole
        if not whole and not self._written_ms:
            self._begin(whole=True)  # nobody appended it again for long

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if draft := Draft.read(event.message):
                self._written_ms[draft] = max(event.time_ms, self._written_ms.get(draft, 0))

    def _append(self, text: str) -> None:
        now = self._clock()
        with self._lock:
            latest = max(self._written_ms.values(), default=0)
        # After what is there already, so that whoever reads on from there sees it.
        time_ms = min(max(int(now * 1000), latest + 1), int((now + LATEST_SECONDS - MARGIN_SECONDS) * 1000))
        if self._stream.append([Event(time_ms, text)], now):
            raise ChannelUnavailable("the document was refused")

    def _wait_for(self, document: Configuration) -> None:
        for seconds in WAITS_SECONDS:
            self._pause(seconds)
            self._valid()
            with self._lock:
                if any(draft.id == document.id for draft in self._written_ms):
                    return
        raise ChannelUnavailable(f"version {document.version} was written, but can't be read back yet")


def _understood(draft: Draft) -> Configuration:
    try:
        return Configuration.model_validate_json(draft.text)
    except ValidationError as refused:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in refused.errors())
        raise ConfigurationRefused(draft.version, problems) from refused


def _or_none(draft: Draft) -> Configuration | None:
    try:
        return _understood(draft)
    except ConfigurationRefused:
        return None  # written by a later program; the follower reports it, a history can't show it
