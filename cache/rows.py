"""The rows of keys, in this process, for a cache whose bodies are elsewhere and outlive them."""

from threading import Lock

from cache.cache import Row
from cache.generations import Generations

MOST_ROWS = 65_536
"""About a kilobyte each; the row of a key behind these is read from the catalog again."""


class Rows:
    """Kept out of what instances share, where an invalidation that did not get through would leave an old row.

    Here each process hears of every change by itself. Bodies may lie anywhere: their objects never change.
    """

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._lock = Lock()
        self._most = most
        self._rows: dict[str, Row] = {}
        self._generations = Generations()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str) -> Row | None:
        return self._rows.get(key)

    def generation(self, key: str) -> int:
        return self._generations.of(key)

    def learn(self, key: str, generation: int, row: Row) -> bool:
        """Keep a row, unless its key was invalidated since ``generation``; of too many the one learned first goes."""
        with self._lock:
            if generation != self._generations.of(key):
                return False
            self._rows[key] = row
            if len(self._rows) > self._most:
                del self._rows[next(iter(self._rows))]
        return True

    def invalidate(self, key: str) -> Row | None:
        """Forget a row, and any that is being read; what was known."""
        with self._lock:
            self._generations.end(key)
            return self._rows.pop(key, None)

    def clear(self) -> None:
        with self._lock:
            self._rows.clear()
