"""LFU for all slots: of those with the fewest uses since they came goes the one whose last use is the longest ago."""

from cache.whatif.orders.heap import HeapOrder


class LfuOrder(HeapOrder):
    def _first_priority(self, slot: int, key: int) -> int:
        return 1

    def _priority(self, slot: int, key: int) -> int:
        return self._uses[key] - self._uses_before[slot][key]
