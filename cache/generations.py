"""A number a key that grows with each invalidation, so that a fill which began before one is known for what it is."""

from array import array

# An invalidation and a fill of two keys that share a slot only cost a fill that is not kept; 512 KiB in all.
SLOTS = 1 << 16


class Generations:
    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * SLOTS))

    def of(self, key: str) -> int:
        return self._slots[hash(key) % SLOTS]

    def end(self, key: str) -> None:
        """What was read of this key until now is out of date. Not for two threads at once."""
        self._slots[hash(key) % SLOTS] += 1
