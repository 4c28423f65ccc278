"""The cache in a Redis that instances share: bodies there, on the engine's own eviction, and rows in each process.

An entry is ``hitrate:<object id>:<width>``. An object never changes, so no entry can be out of date, whatever the
network did to an invalidation: that only frees memory. What can't be had in time is a miss.
"""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

from cache.cache import Applied, Put, Row, Rubbish, Usage
from cache.policies import PLACES
from cache.redis_info import facts
from cache.redis_lease import KEYS, Lease
from cache.redis_line import FULL, OF_ANOTHER_TYPE, EngineRefused, EngineSilent, Line
from cache.redis_records import RedisRecords
from cache.redis_settings import A_SCAN, PREFIX, Settings, all_keys
from cache.redis_url import read_url
from cache.rows import Rows
from cache.whatif.tap import Tap

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.01
"""What was seen so lately is not asked for again."""


class Packing(Protocol):
    """How bodies become bytes, and bodies again."""

    widths: tuple[int, ...]
    """All the widths that an object may have entries of."""

    def pack(self, object_id: str, width: int, body: Any) -> bytes: ...

    def unpack(self, object_id: str, width: int, data: bytes) -> Any:
        """Raises Rubbish."""


class RedisCache:
    engine = "Redis"

    def __init__(
        self,
        url: str,
        packing: Packing,
        find: Callable[[str], Row | None] = lambda key: None,
        tap: Tap | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``url`` may say ``manage=1`` and ``timeout_milliseconds``; ``find`` reads a row from the catalog.

        ``tap`` is told of all that changes what is held, beside requests, whether or not it is for us to tell others.
        """
        options = read_url(url)
        self._line = Line(options.url, options.timeout_milliseconds / 1000)
        self._settings = Settings(self._line, options.database, options.manage)
        self._lease = Lease(self._line)
        self._database = options.database
        self._packing = packing
        self._find = find
        self._rows = Rows()
        self._tap = tap
        self._clock = clock
        self._in_force: tuple[str, int] | None = None
        self._looking = Lock()
        self._looked_at = float("-inf")
        self._counting = Lock()
        self._failures = 0
        self._rubbish = 0
        self._trouble = ""

    # --- a request ---------------------------------------------------------------------------------------------------

    def row(self, key: str) -> Any | None:
        return self._rows.get(key)

    def learn(self, key: str, generation: int, row: Row) -> bool:
        return self._rows.learn(key, generation, row)

    def generation(self, key: str) -> int:
        return self._rows.generation(key)

    def get(self, object_id: str, width: int) -> Any | None:
        name = entry_name(object_id, width)
        try:
            data = self._line.ask("GET", name)
            return None if data is None else self._packing.unpack(object_id, width, data)
        except EngineSilent:
            self._count(failures=1)
        except Rubbish as rubbish:
            self._throw_away(name, rubbish)
        except EngineRefused as refused:
            if str(refused).startswith(OF_ANOTHER_TYPE):
                self._throw_away(name, refused)
            else:
                self._refused(refused)
        return None

    def peek(self, object_id: str, width: int) -> None:
        """Redis has no read that is no use."""

    def put(self, key: str, generation: int, row: Row, width: int, body: Any, payload_bytes: int) -> Put:
        if not self._rows.learn(key, generation, row):
            return Put.STALE
        data = self._packing.pack(row.object_id, width, body)
        if self._settings.facts is not None and len(data) > self._settings.capacity_bytes:
            return Put.TOO_LARGE
        try:
            self._line.ask("SET", entry_name(row.object_id, width), data)
        except EngineSilent:
            self._count(failures=1)
            return Put.FAILED
        except EngineRefused as refused:
            self._refused(refused)
            return Put.FAILED
        self._trouble = ""
        return Put.STORED

    # --- what changes what is held -----------------------------------------------------------------------------------

    def invalidate(self, key: str) -> None:
        row = self._rows.invalidate(key)
        if row is not None:
            self._free(row)

    def purge(self, key: str) -> None:
        row = self._rows.invalidate(key) or self._find(key)
        if row is not None:
            self._free(row)
        if self._tap is not None and self._lease.held:
            self._tap.invalidated(key)

    def clear(self) -> None:
        self._rows.clear()
        batch: list[bytes] = []
        try:
            for name in all_keys(self._line):
                if name.startswith(PREFIX) and name not in KEYS:
                    batch.append(name)
                if len(batch) == A_SCAN:
                    self._line.look("UNLINK", *batch)
                    batch = []
            if batch:
                self._line.look("UNLINK", *batch)
        except (EngineSilent, EngineRefused) as error:
            log.warning("Redis could not be cleared: %s", error)
        if self._tap is not None and self._lease.held:
            self._tap.cleared()

    def _free(self, row: Row) -> None:
        try:
            self._line.ask("UNLINK", *(entry_name(row.object_id, width) for width in self._packing.widths))
        except (EngineSilent, EngineRefused):
            self._count(failures=1)  # nobody asks for them any more, so they will be evicted

    def _refused(self, refused: EngineRefused) -> None:
        self._count(failures=1)
        told = str(refused)
        self._trouble = "it is full and evicts nothing" if told.startswith(FULL) else f"it refuses: {told[:80]}"

    def _throw_away(self, name: str, wrong: Exception) -> None:
        self._count(rubbish=1)
        log.debug("%s is rubbish: %s", name, wrong)
        try:
            self._line.ask("UNLINK", name)
        except (EngineSilent, EngineRefused):
            self._count(failures=1)

    # --- settings and gauges -----------------------------------------------------------------------------------------

    def reconfigure(self, policy: str, capacity_bytes: int) -> None:
        self._settings.want(policy, capacity_bytes)
        self._look(0.0)

    def settle(self) -> bool:
        """Redis evicts by itself."""
        return False

    def applied(self) -> Applied:
        return self._settings.applied(self._line.problem if self._line.silent else self._trouble)

    def usage(self) -> Usage:
        """Gauges and evictions are zeros in all processes but the one that has the lease."""
        self._look(LOOK_SECONDS)
        with self._counting:
            failures, rubbish = self._failures, self._rubbish
        seen, lease = self._settings.facts, self._lease
        if not lease.reports or seen is None or self._line.silent:
            return Usage(0, 0, 0, lease.evictions, failures, rubbish)
        capacity_bytes = self._settings.capacity_bytes
        return Usage(lease.entries, seen.size_bytes, capacity_bytes, lease.evictions, failures, rubbish)

    def watch(self, _now: float = 0.0) -> None:
        """See how Redis is, and that its settings are as they should be; to be called each second."""
        self._look(0.0)

    def ping(self) -> None:
        """Raises EngineSilent or EngineRefused where it can't be used."""
        self._line.look("PING")
        if self._trouble:
            raise EngineRefused(self._trouble)

    def records(self) -> RedisRecords:
        """The requests of all who share it, for the one who has the lease."""
        return RedisRecords(self._line, self._line.listener(), self._replays, self._database)

    def close(self) -> None:
        self._line.close()

    def _replays(self) -> bool:
        """Whoever reports it also says what others would do, where the setting in force is one that has a shadow."""
        return self._lease.held and self._in_force is not None

    def _tell_tap(self) -> None:
        seen = self._settings.facts
        in_force = (seen.our_policy, self._settings.capacity_bytes) if seen.our_policy in PLACES else None
        if in_force is not None and in_force != self._in_force and self._tap is not None:
            self._tap.configured(PLACES[seen.our_policy], in_force[1])
        self._in_force = in_force

    def _look(self, at_most_old_seconds: float) -> None:
        with self._looking:
            if time.monotonic() - self._looked_at < at_most_old_seconds:
                return
            try:
                self._settings.facts = facts(self._line.look("INFO"))
                self._lease.take(self._settings.facts.evicted, self._settings.facts.version, self._clock())
                if self._lease.held and self._settings.apply():
                    self._settings.facts = facts(self._line.look("INFO"))
                self._tell_tap()
            except EngineSilent as silent:
                log.debug("Redis: %s", silent)
            except EngineRefused as refused:
                log.warning("Redis does not say how it is: %s", refused)
            self._looked_at = time.monotonic()

    def _count(self, failures: int = 0, rubbish: int = 0) -> None:
        with self._counting:
            self._failures += failures
            self._rubbish += rubbish


def entry_name(object_id: str, width: int) -> str:
    return f"hitrate:{object_id}:{width}"
