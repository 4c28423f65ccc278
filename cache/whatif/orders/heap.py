"""What LFU and GDSF have in common: a heap for each slot, brought up to date as its keys come up.

A hit counts once for all slots. A key that is used moves up only, so what a heap has of it is at most its true place:
what comes up and is true is the victim, what comes up and is not goes back to where it belongs. A place is a priority,
then the turn of the last use, then the key.
"""

from abc import abstractmethod
from array import array
from heapq import heapify, heappop, heappush, heapreplace

from cache.whatif.orders.order import Order, Shared
from cache.whatif.slots import SLOTS

KEY_BITS = 28
TURN_BITS = 44
KEY_MASK = (1 << KEY_BITS) - 1
TURN_MASK = (1 << TURN_BITS) - 1
PRIORITY_SHIFT = KEY_BITS + TURN_BITS


class HeapOrder(Order):
    """``remove`` and ``follow`` do nothing: places go as they come up, and uses count from when a key comes in."""

    def __init__(self, shared: Shared) -> None:
        self._held = shared.held
        self._turn = 0
        self._turns = array("Q", [0])  # of the last use
        self._uses = array("I", [0])  # since the number was given
        self._uses_before = [array("I") for _ in range(SLOTS)]  # it came into the slot; only of open slots
        self._heaps: list[list[int]] = [[] for _ in range(SLOTS)]
        self._open: set[int] = set()

    @abstractmethod
    def _first_priority(self, slot: int, key: int) -> int:
        """Of a key that comes in; not negative."""

    @abstractmethod
    def _priority(self, slot: int, key: int) -> int:
        """Of a key that is held, after its last use; never below what it was."""

    def uses(self, slot: int, key: int) -> int:
        """Of a key that the slot holds, since it came."""
        return self._uses[key] - self._uses_before[slot][key]

    def grow(self, places: int) -> None:
        more = places - len(self._uses)
        self._turns.extend([0] * more)
        self._uses.extend([0] * more)
        for slot in self._open:
            self._uses_before[slot].extend([0] * more)

    def touch(self, key: int, had: int, times: int = 1) -> None:
        self._turn = self._turns[key] = self._turn + 1
        self._uses[key] += times

    def add(self, slot: int, key: int) -> None:
        self._uses_before[slot][key] = self._uses[key] - 1
        place = self._first_priority(slot, key) << PRIORITY_SHIFT | self._turns[key] << KEY_BITS | key
        heappush(self._heaps[slot], place)

    def evict(self, slot: int) -> int:
        key = self.lowest(slot)
        heappop(self._heaps[slot])
        return key

    def lowest(self, slot: int) -> int:
        """The key that ``evict`` would choose, then the heap's first; 0 where there is none."""
        heap, held, turns = self._heaps[slot], self._held, self._turns
        while heap:
            key = heap[0] & KEY_MASK
            if not held[key] >> slot & 1:
                heappop(heap)
            elif heap[0] >> KEY_BITS & TURN_MASK == turns[key]:
                return key
            else:
                heapreplace(heap, self._priority(slot, key) << PRIORITY_SHIFT | turns[key] << KEY_BITS | key)
        return 0

    def clear(self) -> None:
        for heap in self._heaps:
            heap.clear()

    def open(self, slot: int, like: int | None) -> None:
        self._open.add(slot)
        self._heaps[slot] = [] if like is None else self._heaps[like].copy()
        empty = array("I", bytes(4 * len(self._uses)))
        self._uses_before[slot] = empty if like is None else self._uses_before[like][:]

    def close(self, slot: int) -> None:
        self._open.discard(slot)
        self._heaps[slot], self._uses_before[slot] = [], array("I")

    def sweep(self, slot: int) -> None:
        held = self._held
        self._heaps[slot] = [place for place in self._heaps[slot] if held[place & KEY_MASK] >> slot & 1]
        heapify(self._heaps[slot])

    def recalls(self, key: int) -> bool:
        return False

    def forget(self, key: int) -> None:
        self._uses[key] = 0

    def places(self) -> tuple[int, int]:
        heaped = sum(map(len, self._heaps))
        return heaped, heaped

    def _place(self, key: int, priority: int) -> int:
        return priority << PRIORITY_SHIFT | self._turns[key] << KEY_BITS | key

    def _push(self, slot: int, key: int, priority: int) -> None:
        heappush(self._heaps[slot], self._place(key, priority))
