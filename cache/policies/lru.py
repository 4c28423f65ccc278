"""Least recently used: the key that nobody asked for the longest goes first."""

from collections import OrderedDict
from collections.abc import Hashable, Iterator


class Lru:
    label = "LRU"
    summary = "Keeps what was used lately; the image nobody asked for the longest goes first."

    def __init__(self) -> None:
        self._order: OrderedDict[Hashable, None] = OrderedDict()

    def add(self, key: Hashable, size_bytes: int) -> None:
        self._order[key] = None

    def touch(self, key: Hashable) -> None:
        self._order.move_to_end(key)

    def remove(self, key: Hashable) -> None:
        del self._order[key]

    def evict(self) -> Hashable:
        if not self._order:
            raise IndexError("nothing to evict")
        return self._order.popitem(last=False)[0]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._order)
