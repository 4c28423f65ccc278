"""The cache in this process's memory: a ledger, the bytes it speaks of, and the lock around both."""

from threading import Lock
from typing import Any

from cache.cache import Applied, Put, Row, Usage
from cache.generations import Generations
from cache.ledger import Ledger
from cache.policies import PLACES, POLICIES
from cache.whatif.tap import Tap

SETTLE_STEP = 64

Entry = tuple[str, int]


class MemoryCache:
    """Key -> row beside (object, width) -> body, so that a hit asks neither store nor database.

    An object never changes: a replaced image is another object, and old bytes can't be found under the new row. A row
    is held as long as any body of its object is.
    """

    engine = ""

    def __init__(self, policy: str, capacity_bytes: int, tap: Tap | None = None) -> None:
        """``tap`` is told of all that changes what is held, beside requests."""
        self._lock = Lock()
        self._tap = tap
        self._policy = policy
        self._ledger = Ledger(POLICIES[policy](), capacity_bytes)
        self._rows: dict[str, Row] = {}
        self._bodies: dict[Entry, tuple[str, Any]] = {}
        self._entries_of: dict[str, set[Entry]] = {}
        self._generations = Generations()

    def row(self, key: str) -> Any | None:
        """The row of a key some body of which is held."""
        return self._rows.get(key)

    def learn(self, key: str, generation: int, row: Row) -> bool:
        return False  # a row comes and goes with its bodies

    def get(self, object_id: str, width: int) -> Any | None:
        """The body of an object at a width (0: as sent), as a use of it."""
        entry = (object_id, width)
        with self._lock:
            held = self._bodies.get(entry)
            if held is None:
                return None
            self._ledger.touch(entry)
        return held[1]

    def peek(self, object_id: str, width: int) -> Any | None:
        """The body, without counting as a use."""
        held = self._bodies.get((object_id, width))
        return None if held is None else held[1]

    def generation(self, key: str) -> int:
        """Read before the row: a fill is kept only if the key was not invalidated since."""
        return self._generations.of(key)

    def put(self, key: str, generation: int, row: Row, width: int, body: Any, payload_bytes: int) -> Put:
        """Keep a body and its row, if it fits and neither is out of date."""
        entry = (row.object_id, width)
        with self._lock:
            if generation != self.generation(key):
                return Put.STALE
            known = self._rows.get(key)
            if known is not None and known.object_id != row.object_id:
                self._forget(key)
            evicted = self._ledger.admit(entry, payload_bytes)
            if evicted is None:
                self._drop(entry)
                return Put.TOO_LARGE
            dropped = [self._drop(victim) for victim in evicted]
            self._rows[key] = row
            self._bodies[entry] = (key, body)
            self._entries_of.setdefault(key, set()).add(entry)
        del dropped  # the memory goes back outside the lock
        return Put.STORED

    def invalidate(self, key: str) -> None:
        """Forget a key that was replaced or deleted, with all sizes of its image, and any fill that is under way."""
        with self._lock:
            self._generations.end(key)
            self._forget(key)
            if self._tap is not None:
                self._tap.invalidated(key)

    def purge(self, key: str) -> None:
        self.invalidate(key)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            keys = list(self._rows)
        for key in keys:
            with self._lock:
                self._forget(key)
        if self._tap is not None:
            self._tap.cleared()

    def reconfigure(self, policy: str, capacity_bytes: int) -> None:
        """Go on with another policy or capacity; what fits stays. After shrinking, call ``settle`` until it is done."""
        with self._lock:
            if policy != self._policy:
                self._ledger.follow(POLICIES[policy]())
                self._policy = policy
            self._ledger.resize(capacity_bytes)
            if self._tap is not None:
                self._tap.configured(PLACES[policy], capacity_bytes)

    def settle(self) -> bool:
        """One small step down to a lowered capacity; True while more are needed."""
        with self._lock:
            evicted = self._ledger.settle(SETTLE_STEP)
            if self._tap is not None:
                for victim in evicted:
                    self._tap.resized_out(self._bodies[victim][0], victim[1])
            dropped = [self._drop(victim) for victim in evicted]
        return len(dropped) == SETTLE_STEP

    def applied(self) -> Applied:
        return Applied(self._policy, self._ledger.capacity_bytes)

    def usage(self) -> Usage:
        with self._lock:
            ledger = self._ledger
            return Usage(len(ledger), ledger.size_bytes, ledger.capacity_bytes, ledger.evictions)

    def close(self) -> None:
        """Nothing is held that does not go with the process."""

    def _forget(self, key: str) -> None:
        for entry in tuple(self._entries_of.get(key, ())):
            self._ledger.remove(entry)
            self._drop(entry)

    def _drop(self, entry: Entry) -> Any:
        key, body = self._bodies.pop(entry, (None, None))
        if key is not None:
            entries = self._entries_of[key]
            entries.discard(entry)
            if not entries:
                del self._entries_of[key]
                del self._rows[key]
        return body
