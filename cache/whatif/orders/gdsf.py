"""GDSF for all slots: as LFU's order, with a place that also depends on how far the slot had aged at the last use.

A hit notes the ages of all slots at once, since only then are they known.
"""

from array import array
from heapq import heappop
from struct import Struct

from cache.whatif.orders.heap import PRIORITY_SHIFT, HeapOrder
from cache.whatif.orders.order import Shared

# Of numbers that are not negative the bits are in the order of the numbers.
_pack_float, _unpack_float = Struct("<d").pack, Struct("<d").unpack
_pack_bits, _unpack_bits = Struct("<Q").pack, Struct("<Q").unpack


class GdsfOrder(HeapOrder):
    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._sizes = shared.sizes
        self._ages = array("d")  # by slot, up to the highest that was ever open
        self._ages_at_use = array("d")  # the same by key, one after the other

    def grow(self, places: int) -> None:
        more = places - len(self._uses)
        self._ages_at_use.extend([0.0] * (more * len(self._ages)))
        super().grow(places)

    def touch(self, key: int, had: int, times: int = 1) -> None:
        self._turn = self._turns[key] = self._turn + 1  # as in every heap, but for the call
        self._uses[key] += times
        ages = self._ages
        width = len(ages)
        self._ages_at_use[key * width : key * width + width] = ages

    def evict(self, slot: int) -> int:
        key = self.lowest(slot)
        (self._ages[slot],) = _unpack_float(_pack_bits(heappop(self._heaps[slot]) >> PRIORITY_SHIFT))
        return key

    def open(self, slot: int, like: int | None) -> None:
        super().open(slot, like)
        self._widen(slot + 1 - len(self._ages))
        self._ages[slot] = 0.0 if like is None else self._ages[like]
        if like is not None:
            width = len(self._ages)
            self._ages_at_use[slot::width] = self._ages_at_use[like::width]

    def _first_priority(self, slot: int, key: int) -> int:
        return _unpack_bits(_pack_float(self._ages[slot] + 1 / self._sizes[key]))[0]

    def _priority(self, slot: int, key: int) -> int:
        # The last use was a hit in this slot, which had aged then as far as was noted before that request.
        uses = self._uses[key] - self._uses_before[slot][key]
        age = self._ages_at_use[key * len(self._ages) + slot]
        return _unpack_bits(_pack_float(age + uses / self._sizes[key]))[0]

    def _widen(self, more: int) -> None:
        if more <= 0:
            return
        old, width = self._ages_at_use, len(self._ages) + more
        wider = array("d", bytes(8 * width * len(self._uses)))
        for slot in range(len(self._ages)):
            wider[slot::width] = old[slot :: len(self._ages)]
        self._ages.extend([0.0] * more)
        self._ages_at_use = wider
