"""Random replacement for all slots: a list each, and a hole in it is filled with the last."""

import random
from collections.abc import Callable

from cache.whatif.orders.order import Shared
from cache.whatif.slots import SLOTS


class RandomOrder:
    touch = None

    def __init__(self, shared: Shared, draw: Callable[[], float] = random.random) -> None:
        """``draw()`` gives a fraction below 1; a test passes its own."""
        self._held = shared.held
        self._draw = draw
        self._keys: list[list[int]] = [[] for _ in range(SLOTS)]

    def grow(self, places: int) -> None:
        pass

    def add(self, slot: int, key: int) -> None:
        self._keys[slot].append(key)

    def evict(self, slot: int) -> int:
        keys, held = self._keys[slot], self._held
        while True:
            place = int(self._draw() * len(keys))
            key = keys[place]
            last = keys.pop()
            if place < len(keys):
                keys[place] = last
            if held[key] >> slot & 1:
                return key

    def remove(self, key: int, had: int) -> None:
        pass

    def follow(self, key: int, successor: int) -> None:
        pass

    def clear(self) -> None:
        for keys in self._keys:
            keys.clear()

    def open(self, slot: int, like: int | None) -> None:
        self._keys[slot] = [] if like is None else self._keys[like].copy()

    def close(self, slot: int) -> None:
        self._keys[slot] = []

    def sweep(self, slot: int) -> None:
        held = self._held
        self._keys[slot] = [key for key in self._keys[slot] if held[key] >> slot & 1]

    def recalls(self, key: int) -> bool:
        return False

    def forget(self, key: int) -> None:
        pass

    def places(self) -> tuple[int, int]:
        return sum(map(len, self._keys)), 0
