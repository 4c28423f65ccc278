"""SIEVE for all slots: a hit is one bit for each, and the hand of a slot parts its queue in two.

``ahead`` is what the hand comes to next up to the newest, ``behind`` what it left standing in this round.
"""

from array import array
from collections import deque

from cache.whatif.orders.order import Shared
from cache.whatif.slots import SLOTS


class SieveOrder:
    def __init__(self, shared: Shared) -> None:
        self._held = shared.held
        self._slots_of = shared.slots_of
        self._visited = array("I", [0])
        self._ahead: list[deque[int]] = [deque() for _ in range(SLOTS)]
        self._behind: list[deque[int]] = [deque() for _ in range(SLOTS)]

    def grow(self, places: int) -> None:
        self._visited.extend([0] * (places - len(self._visited)))

    def touch(self, key: int, had: int, times: int = 1) -> None:
        self._visited[key] |= had

    def add(self, slot: int, key: int) -> None:
        self._ahead[slot].append(key)

    def evict(self, slot: int) -> int:
        while not (key := self.step(slot)):
            pass
        return key

    def step(self, slot: int) -> int:
        """Move the hand over one key: the key if it goes, 0 where it was used."""
        held, visited, ahead, bit = self._held, self._visited, self._ahead[slot], 1 << slot
        key = ahead.popleft()
        gone = key if held[key] & bit else 0
        if gone and visited[key] & bit:
            visited[key] ^= bit
            self._behind[slot].append(key)
            gone = 0
        if not ahead or not held[ahead[0]] & bit:
            self._seek(slot)
        return gone

    def remove(self, key: int, had: int) -> None:
        self._visited[key] &= ~had
        for slot in self._slots_of[had]:
            self._seek(slot)

    def follow(self, key: int, successor: int) -> None:
        pass

    def clear(self) -> None:
        self._visited = array("I", bytes(4 * len(self._visited)))
        for slot in range(SLOTS):
            self.close(slot)

    def open(self, slot: int, like: int | None) -> None:
        self.close(slot)
        if like is not None:
            self._ahead[slot], self._behind[slot] = self._ahead[like].copy(), self._behind[like].copy()
        bit, visited = 1 << slot, self._visited
        for key, mask in enumerate(visited):
            like_it = like is not None and mask >> like & 1
            visited[key] = mask | bit if like_it else mask & ~bit

    def close(self, slot: int) -> None:
        self._ahead[slot], self._behind[slot] = deque(), deque()

    def sweep(self, slot: int) -> None:
        held = self._held
        for part in (self._ahead, self._behind):
            part[slot] = deque(key for key in part[slot] if held[key] >> slot & 1)
        self._seek(slot)

    def recalls(self, key: int) -> bool:
        return False

    def forget(self, key: int) -> None:
        self._visited[key] = 0

    def places(self) -> tuple[int, int]:
        return sum(map(len, self._ahead)) + sum(map(len, self._behind)), 0

    def _seek(self, slot: int) -> None:
        """Put the hand on a key that is held; behind the newest comes the oldest, before anything that is added."""
        held = self._held
        for _ in range(2):
            ahead = self._ahead[slot]
            while ahead:
                if held[ahead[0]] >> slot & 1:
                    return
                ahead.popleft()
            self._ahead[slot], self._behind[slot] = self._behind[slot], ahead
