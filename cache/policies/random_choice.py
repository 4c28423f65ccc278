"""Random replacement: any key may go, each with the same chance. The baseline to beat."""

import random
from collections.abc import Callable, Hashable, Iterator


class RandomChoice:
    label = "Random"
    summary = "Lets any image go, each with the same chance. A baseline: a policy that loses to it is wrong."

    def __init__(self, below: Callable[[int], int] = random.randrange) -> None:
        """``below(n)`` draws an index from 0 to n - 1; a test passes its own."""
        self._below = below
        self._keys: list[Hashable] = []
        self._index: dict[Hashable, int] = {}

    def add(self, key: Hashable, size_bytes: int) -> None:
        self._index[key] = len(self._keys)
        self._keys.append(key)

    def touch(self, key: Hashable) -> None:
        """A hit changes nothing."""

    def remove(self, key: Hashable) -> None:
        # The last key moves into the hole: a list has no cheaper way to lose one from its middle.
        hole = self._index.pop(key)
        last = self._keys.pop()
        if hole < len(self._keys):
            self._keys[hole] = last
            self._index[last] = hole

    def evict(self) -> Hashable:
        if not self._keys:
            raise IndexError("nothing to evict")
        victim = self._keys[self._below(len(self._keys))]
        self.remove(victim)
        return victim

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._keys)
