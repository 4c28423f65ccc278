"""First in, first out: the key that came first goes first, used or not."""

from collections.abc import Hashable, Iterator


class Fifo:
    label = "FIFO"
    summary = "Lets go what came first, used or not. Simple, and blind to favourites."

    def __init__(self) -> None:
        self._order: dict[Hashable, None] = {}  # a dict keeps the order of insertion

    def add(self, key: Hashable, size_bytes: int) -> None:
        self._order[key] = None

    def touch(self, key: Hashable) -> None:
        """A hit changes nothing."""

    def remove(self, key: Hashable) -> None:
        del self._order[key]

    def evict(self) -> Hashable:
        if not self._order:
            raise IndexError("nothing to evict")
        key = next(iter(self._order))
        del self._order[key]
        return key

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._order)
