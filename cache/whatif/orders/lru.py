"""LRU for all slots in one list by recency: each slot holds its newest part, and knows only where that begins.

R. Mattson et al., "Evaluation techniques for storage hierarchies" (1970), with one difference: entries have sizes and
room is made before an entry comes in, so where a slot's part begins depends on what came before. It is therefore kept
for each slot, moved by its own evictions, and nothing is concluded from one capacity for another.
"""

from array import array

from cache.whatif.orders.order import Shared
from cache.whatif.slots import SLOTS


class LruOrder:
    def __init__(self, shared: Shared) -> None:
        self._held = shared.held
        self._slots_of = shared.slots_of
        # A ring through 0, which is no key: its newer neighbour is the oldest key, its older one the newest.
        self._newer = array("I", [0])
        self._older = array("I", [0])
        self._begin = [0] * SLOTS  # no key that the slot holds is older
        self._begins = array("I", [0])  # by key, the slots that begin there

    def grow(self, places: int) -> None:
        for key in range(len(self._newer), places):
            self._newer.append(key)
            self._older.append(key)
            self._begins.append(0)

    def touch(self, key: int, had: int, times: int = 1) -> None:
        newer, older = self._newer, self._older
        newest = older[0]
        if newest == key:
            return
        after, before = newer[key], older[key]  # _unlink, but for the call: this is of every request
        if self._begins[key]:
            self._move_begins(key, after)
        newer[before], older[after] = after, before
        newer[newest] = older[0] = key
        older[key], newer[key] = newest, 0
        if self._begins[0]:
            self._move_begins(0, key)

    def add(self, slot: int, key: int) -> None:
        pass

    def evict(self, slot: int) -> int:
        held, newer = self._held, self._newer
        key = begin = self._begin[slot]
        while not held[key] >> slot & 1:
            key = newer[key]
        after = self._begin[slot] = newer[key]
        self._begins[begin] ^= 1 << slot
        self._begins[after] |= 1 << slot
        return key

    def remove(self, key: int, had: int) -> None:
        pass

    def follow(self, key: int, successor: int) -> None:
        pass

    def clear(self) -> None:
        pass

    def open(self, slot: int, like: int | None) -> None:
        begin = self._begin[slot] = 0 if like is None else self._begin[like]
        self._begins[begin] |= 1 << slot

    def close(self, slot: int) -> None:
        self._begins[self._begin[slot]] &= ~(1 << slot)

    def sweep(self, slot: int) -> None:
        pass

    def recalls(self, key: int) -> bool:
        return False

    def forget(self, key: int) -> None:
        self._unlink(key)
        self._newer[key] = self._older[key] = key

    def places(self) -> tuple[int, int]:
        return 0, 0

    def _unlink(self, key: int) -> None:
        after, before = self._newer[key], self._older[key]
        if self._begins[key]:
            self._move_begins(key, after)
        self._newer[before], self._older[after] = after, before

    def _move_begins(self, key: int, after: int) -> None:
        moved = self._begins[key]
        self._begins[key] = 0
        self._begins[after] |= moved
        for slot in self._slots_of[moved]:
            self._begin[slot] = after
