"""What others replaced or deleted is forgotten here within two seconds; and how far the cache can be trusted."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum

from cache.cache import Cache
from image_service.storage.catalog import Catalog
from image_service.storage.change import Change
from image_service.storage.errors import StoreUnavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
WINDOW_SECONDS = 30.0
CHANGES_KEPT = timedelta(hours=24)
LATE_SECONDS = 5.0
"""A poll may be late on a busy machine; after this long without one the database counts as not to be asked."""

# The first window reaches back further: the clocks of the instances that wrote the records differ.
_BEFORE_THE_START = timedelta(minutes=5)
_A_BATCH = 1000
_MOST_BATCHES = 50
"""Behind by more than this, all is forgotten at once, which is quicker; and only the last half of it is read again."""


class Trust(Enum):
    """What may be done with what the cache holds."""

    CURRENT = "current"  # as good as asking the database
    STALE = "stale"  # it may have been replaced elsewhere, and the database can't be asked
    LOST = "lost"  # for too long


class Window:
    """The records of the last half minute, which are read again and again: pure bookkeeping.

    The id of a record is given when it is written, and the record is seen when it is committed. So a smaller id may
    appear after a larger, and reading on from the largest would lose it for ever.
    """

    def __init__(self, first: Change) -> None:
        self.first = first
        self._seen = {first}
        self._newest: deque[tuple[float, Change]] = deque()

    def take(self, now: float, read: Sequence[Change]) -> list[Change]:
        """Those not seen before of all records from ``first`` on, which moves up to the newest of half a minute ago."""
        fresh = [change for change in read if change not in self._seen]
        self._seen.update(fresh)
        self._newest.append((now, read[-1]))
        while self._newest[0][0] <= now - WINDOW_SECONDS:
            _, self.first = self._newest.popleft()
        self._seen = {change for change in self._seen if change.id >= self.first.id}
        return fresh


class Changes:
    """Reads the records of changes, and has the cache forget what they name."""

    def __init__(
        self,
        catalog: Catalog,
        cache: Cache,
        stale_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._cache = cache
        self._stale_seconds = stale_seconds
        self._clock = clock
        self._window: Window | None = None
        self._asked_at = clock()
        self._problem = ""

    def trust(self) -> Trust:
        """How far the cache can be trusted just now. Asked with each request, so it only looks at a clock."""
        away = self._clock() - self._asked_at
        if not self._problem and away <= LATE_SECONDS:
            return Trust.CURRENT
        return Trust.STALE if away <= self._stale_seconds else Trust.LOST

    def poll(self, _now: float = 0.0) -> None:
        """Forget what was changed elsewhere since the last time; to be called each POLL_SECONDS."""
        asked_at = self._clock()
        try:
            self._catch_up(asked_at)
        except StoreUnavailable as error:
            if not self._problem:
                log.warning("What is cached is served on, at most %s s: %s", self._stale_seconds, error)
            self._problem = str(error)
            return
        if self._problem:
            log.info("The database of images can be asked again")
        self._problem = ""
        self._asked_at = asked_at

    def _catch_up(self, now: float) -> None:
        if self._window is None:
            self._window = Window(self._last_change())
        read = [change for batch in self._batches(self._window.first.id) for change in batch]
        # The record that the window begins with is the proof that none behind it is missing: it has been removed where
        # we were away for longer than records are kept, and is another one in a database that was restored.
        if read[:1] != [self._window.first]:
            self._window = Window(self._last_change())
            self._cache.clear()
            return
        if len(read) >= _A_BATCH * _MOST_BATCHES:
            # As far back in time as at first they would be too many again, and all be forgotten at every poll.
            self._window = Window(self._catalog.change_followed_by(_A_BATCH * _MOST_BATCHES // 2))
            self._cache.clear()
            return
        for change in self._window.take(now, read):
            if not change.own:
                self._cache.invalidate(change.key)

    def _batches(self, first: int) -> Iterator[list[Change]]:
        for _ in range(_MOST_BATCHES):
            batch = self._catalog.changes(first, _A_BATCH)
            yield batch
            if len(batch) < _A_BATCH:
                return
            first = batch[-1].id + 1

    def _last_change(self) -> Change:
        return self._catalog.last_change(datetime.now(UTC) - _BEFORE_THE_START)
