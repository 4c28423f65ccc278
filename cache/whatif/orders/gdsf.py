"""GDSF for all slots: as LFU's order, with a place that also depends on how far the slot had aged at the last use.

A hit notes the ages of all slots at once, since only then are they known.
"""

from array import array
from heapq import heapify, heappop, heappush, heapreplace
from struct import Struct

from cache.whatif.orders.lfu import KEY_BITS, KEY_MASK, TURN_MASK, USES_SHIFT
from cache.whatif.orders.order import Shared
from cache.whatif.slots import SLOTS

_AS_FLOAT = Struct("<d")
_AS_BITS = Struct("<Q")


def _in_bits(priority: float) -> int:
    """Not negative, so the bits of two priorities are in the order of the priorities."""
    return _AS_BITS.unpack(_AS_FLOAT.pack(priority))[0]


def _out_of_bits(bits: int) -> float:
    return _AS_FLOAT.unpack(_AS_BITS.pack(bits))[0]


class GdsfOrder:
    def __init__(self, shared: Shared) -> None:
        self._held = shared.held
        self._sizes = shared.sizes
        self._turn = 0
        self._turns = array("Q", [0])
        self._uses = array("I", [0])
        self._uses_before = [array("I") for _ in range(SLOTS)]
        self._ages = array("d")  # by slot, up to the highest that was ever open
        self._ages_at_use = array("d")  # the same by key, one after the other
        self._heaps: list[list[int]] = [[] for _ in range(SLOTS)]
        self._open: set[int] = set()

    def grow(self, places: int) -> None:
        more = places - len(self._uses)
        self._turns.extend([0] * more)
        self._uses.extend([0] * more)
        self._ages_at_use.extend([0.0] * (more * len(self._ages)))
        for slot in self._open:
            self._uses_before[slot].extend([0] * more)

    def touch(self, key: int, had: int) -> None:
        self._turn += 1
        self._turns[key] = self._turn
        self._uses[key] += 1
        ages = self._ages
        at = key * len(ages)
        self._ages_at_use[at : at + len(ages)] = ages

    def add(self, slot: int, key: int) -> None:
        self._uses_before[slot][key] = self._uses[key] - 1
        priority = _in_bits(self._ages[slot] + 1 / self._sizes[key])
        heappush(self._heaps[slot], priority << USES_SHIFT | self._turn << KEY_BITS | key)

    def evict(self, slot: int) -> int:
        heap, held, turns = self._heaps[slot], self._held, self._turns
        while True:
            key = heap[0] & KEY_MASK
            if not held[key] >> slot & 1:
                heappop(heap)
            elif heap[0] >> KEY_BITS & TURN_MASK == turns[key]:
                self._ages[slot] = _out_of_bits(heappop(heap) >> USES_SHIFT)
                return key
            else:
                uses = self._uses[key] - self._uses_before[slot][key]
                # The last use was a hit in this slot, which had aged then as far as was noted before that request.
                priority = _in_bits(self._ages_at_use[key * len(self._ages) + slot] + uses / self._sizes[key])
                heapreplace(heap, priority << USES_SHIFT | turns[key] << KEY_BITS | key)

    def remove(self, key: int, had: int) -> None:
        pass

    def follow(self, key: int, successor: int) -> None:
        pass

    def clear(self) -> None:
        for heap in self._heaps:
            heap.clear()

    def open(self, slot: int, like: int | None) -> None:
        self._open.add(slot)
        self._heaps[slot] = [] if like is None else self._heaps[like].copy()
        empty = array("I", bytes(4 * len(self._uses)))
        self._uses_before[slot] = empty if like is None else self._uses_before[like][:]
        self._widen(slot + 1 - len(self._ages))
        self._ages[slot] = 0.0 if like is None else self._ages[like]
        if like is not None:
            width = len(self._ages)
            self._ages_at_use[slot::width] = self._ages_at_use[like::width]

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

    def _widen(self, more: int) -> None:
        if more <= 0:
            return
        old, width = self._ages_at_use, len(self._ages) + more
        wider = array("d", bytes(8 * width * len(self._uses)))
        for slot in range(len(self._ages)):
            wider[slot::width] = old[slot :: len(self._ages)]
        self._ages.extend([0.0] * more)
        self._ages_at_use = wider
