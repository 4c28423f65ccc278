"""Least frequently used: the key with the fewest hits goes first, and of those the one used the longest ago.

Each use in O(1), as K. Shah, A. Mitra and D. Matani describe it in "An O(1) algorithm for implementing the LFU cache
eviction scheme" (2010). Nothing is ever forgotten of a key that is held, so yesterday's favourites stay.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from heapq import heappop, heappush


class Lfu:
    label = "LFU"
    summary = "Keeps what was asked for most often. Never forgets, so it is risky when favourites change."

    def __init__(self) -> None:
        self._uses: dict[Hashable, int] = {}
        self._keys: dict[int, OrderedDict[Hashable, None]] = {}  # by uses
        self._counts: list[int] = []  # a heap: every count that has keys, and some that had

    def add(self, key: Hashable, size_bytes: int) -> None:
        self._place(key, 1)

    def touch(self, key: Hashable) -> None:
        uses = self._uses[key]
        self._take(key, uses)
        self._place(key, uses + 1)

    def remove(self, key: Hashable) -> None:
        self._take(key, self._uses.pop(key))

    def evict(self) -> Hashable:
        if not self._uses:
            raise IndexError("nothing to evict")
        while self._counts[0] not in self._keys:
            heappop(self._counts)
        victim = next(iter(self._keys[self._counts[0]]))
        self.remove(victim)
        return victim

    def __iter__(self) -> Iterator[Hashable]:
        for uses in sorted(self._keys):
            yield from self._keys[uses]

    def _place(self, key: Hashable, uses: int) -> None:
        self._uses[key] = uses
        if uses not in self._keys:
            self._keys[uses] = OrderedDict()
            heappush(self._counts, uses)
        self._keys[uses][key] = None

    def _take(self, key: Hashable, uses: int) -> None:
        keys = self._keys[uses]
        del keys[key]
        if not keys:
            del self._keys[uses]
