"""FIFO for all slots: a queue each, and hits change nothing."""

from collections import deque

from cache.whatif.orders.order import Shared
from cache.whatif.slots import SLOTS


class FifoOrder:
    touch = None

    def __init__(self, shared: Shared) -> None:
        self._held = shared.held
        self._queues: list[deque[int]] = [deque() for _ in range(SLOTS)]

    def grow(self, places: int) -> None:
        pass

    def add(self, slot: int, key: int) -> None:
        self._queues[slot].append(key)

    def evict(self, slot: int) -> int:
        take, held = self._queues[slot].popleft, self._held
        key = take()
        while not held[key] >> slot & 1:
            key = take()
        return key

    def remove(self, key: int, had: int) -> None:
        pass

    def follow(self, key: int, successor: int) -> None:
        pass

    def clear(self) -> None:
        for queue in self._queues:
            queue.clear()

    def open(self, slot: int, like: int | None) -> None:
        self._queues[slot] = deque() if like is None else self._queues[like].copy()

    def close(self, slot: int) -> None:
        self._queues[slot] = deque()

    def sweep(self, slot: int) -> None:
        held = self._held
        self._queues[slot] = deque(key for key in self._queues[slot] if held[key] >> slot & 1)

    def recalls(self, key: int) -> bool:
        return False

    def forget(self, key: int) -> None:
        pass

    def places(self) -> tuple[int, int]:
        return sum(map(len, self._queues)), 0
