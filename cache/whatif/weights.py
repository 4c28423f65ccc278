"""How an entry counts in a sample: large ones are looked at more often than others, and weigh so much less.

A cache as much smaller as its sample can't hold what is larger than its share, and one that just fits in is a matter of
luck. So from a part of the share on, an entry is looked at twice as often for each doubling of its size, with a half of
it each time: probability proportional to size, M. Hansen and W. Hurwitz (Annals of Mathematical Statistics, 1943). What
large ones take up, and miss, is right in the mean as before, and no single one counts for much.
"""

from collections.abc import Iterable

from cache.whatif.slots import SLOTS

PARTS = 64
"""No entry weighs more than such a part of a slot, unless it does so in the cache itself."""
NONE_SO_LARGE = 1 << 62


class Weights:
    """By slot its level, and from how many bytes on an entry is large; whoever sets ``level`` calls ``fit`` next."""

    def __init__(self) -> None:
        self.least_level = 0
        self.level = [0] * SLOTS
        self.large_bytes = [NONE_SO_LARGE] * SLOTS
        self._whole_bits = [0] * SLOTS

    def fit(self, slot: int, capacity_bytes: int) -> None:
        """See from which size on an entry is large."""
        level = self.level[slot]
        self._whole_bits[slot] = max(1, ((capacity_bytes >> level) // PARTS).bit_length() - 1)
        self.large_bytes[slot] = 1 << self._whole_bits[slot] if level > self.least_level else NONE_SO_LARGE

    def copy(self, slot: int, like: int) -> None:
        for each in (self.level, self.large_bytes, self._whole_bits):
            each[slot] = each[like]

    def halvings(self, slot: int, size_bytes: int) -> int:
        """How often an entry's weight is halved in a slot, which looks at it at as many levels below its own."""
        if size_bytes < self.large_bytes[slot]:
            return 0
        return min(size_bytes.bit_length() - self._whole_bits[slot], self.level[slot] - self.least_level)

    def weight(self, slot: int, size_bytes: int) -> int:
        """What it takes up there."""
        return size_bytes if size_bytes < self.large_bytes[slot] else size_bytes >> self.halvings(slot, size_bytes)

    def total(self, slot: int, sizes: Iterable[int]) -> int:
        """What entries of these sizes take up there together."""
        large_bytes, weight = self.large_bytes[slot], self.weight
        return sum([size if size < large_bytes else weight(slot, size) for size in sizes])

    def least(self, slot: int, size_bytes: int) -> int:
        """From which level on entries of a size are looked at."""
        return self.level[slot] - self.halvings(slot, size_bytes)
