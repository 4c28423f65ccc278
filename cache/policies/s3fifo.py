"""S3-FIFO: newcomers pass through a small queue, and only those used there come into the main one.

J. Yang et al., "FIFO Queues are All You Need for Cache Eviction" (SOSP 2023), with the sizes and thresholds of the
paper: the small queue has a tenth of the bytes, a ghost queue remembers about as much as the main queue holds of what
went, and what comes back while it is remembered goes straight into the main queue.
"""

from collections.abc import Hashable, Iterator
from copy import deepcopy

SMALL_SHARE = 0.1
USES_FOR_MAIN = 2
MOST_USES = 3


class _Queue:
    """Keys in the order in which they came, and how many bytes they have."""

    def __init__(self) -> None:
        self.sizes: dict[Hashable, int] = {}
        self.size_bytes = 0

    def add(self, key: Hashable, size_bytes: int) -> None:
        self.sizes[key] = size_bytes
        self.size_bytes += size_bytes

    def remove(self, key: Hashable) -> int:
        size_bytes = self.sizes.pop(key)
        self.size_bytes -= size_bytes
        return size_bytes

    def first(self) -> Hashable:
        return next(iter(self.sizes))


class S3Fifo:
    label = "S3-FIFO"
    summary = "Tries newcomers in a small queue and keeps those that are used. Good where many images are seen once."

    def __init__(self) -> None:
        self._small, self._main, self._ghost = _Queue(), _Queue(), _Queue()
        self._uses: dict[Hashable, int] = {}

    def add(self, key: Hashable, size_bytes: int) -> None:
        self._uses[key] = 0
        if key in self._ghost.sizes:
            self._ghost.remove(key)
            self._main.add(key, size_bytes)
        else:
            self._small.add(key, size_bytes)

    def touch(self, key: Hashable) -> None:
        self._uses[key] = min(self._uses[key] + 1, MOST_USES)

    def remove(self, key: Hashable) -> None:
        del self._uses[key]
        (self._small if key in self._small.sizes else self._main).remove(key)

    def evict(self) -> Hashable:
        if not self._uses:
            raise IndexError("nothing to evict")
        most_in_main = (1 - SMALL_SHARE) * (self._small.size_bytes + self._main.size_bytes)
        while self._small.sizes and self._main.size_bytes <= most_in_main:
            key = self._small.first()
            size_bytes = self._small.remove(key)
            if self._uses[key] < USES_FOR_MAIN:
                del self._uses[key]
                self._remember(key, size_bytes, most_in_main)
                return key
            self._uses[key] = 0
            self._main.add(key, size_bytes)
        return self._evict_from_main()

    def __iter__(self) -> Iterator[Hashable]:
        # What goes first depends on sizes and on every use: only doing it tells.
        rest = deepcopy(self)
        for _ in range(len(self._uses)):
            yield rest.evict()

    def _evict_from_main(self) -> Hashable:
        while True:
            key = self._main.first()
            size_bytes = self._main.remove(key)
            if not self._uses[key]:
                del self._uses[key]
                return key
            self._uses[key] -= 1
            self._main.add(key, size_bytes)

    def _remember(self, key: Hashable, size_bytes: int, most_bytes: float) -> None:
        self._ghost.add(key, size_bytes)
        while self._ghost.size_bytes > most_bytes:
            self._ghost.remove(self._ghost.first())
