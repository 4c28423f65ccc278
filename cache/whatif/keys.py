"""Entries by a small number each, shared by all shadows: a shadow then holds no more than these numbers."""

from array import array

from cache.whatif.records import MAX_LEVEL, level_of
from cache.whatif.weights import Weights

FRESH, SEEN, CHANGED, RESIZED, GONE, FREE = range(6)
"""Of an entry: never asked for; asked for; since it was last asked for, removed; or evicted as capacity was lowered.
Of a number: of no entry any more; to be given."""


class Keys:
    """Number 0 is nobody's. ``eligible`` are the slots in which an entry is looked at, by its level and size.

    ``at_level`` counts the entries by level.
    """

    def __init__(self) -> None:
        self.number: dict[int, int] = {}
        self.hashes = array("Q", [0])
        self.versions = array("q", [0])
        self.sizes = array("Q", [0])
        self.eligible = array("I", [0])
        self.state = bytearray([FREE])
        self.free: list[int] = []
        self.at_level = [0] * (MAX_LEVEL + 1)
        self.weights = Weights()

    def __len__(self) -> int:
        return len(self.number)

    @property
    def places(self) -> int:
        """How many numbers there are, given or free."""
        return len(self.hashes)

    def add(self, entry: int, version: int, size_bytes: int, eligible: int) -> int:
        """Give an entry a number; every array by number is to be ``places`` long afterwards."""
        if self.free:
            key = self.free.pop()
            self.hashes[key], self.versions[key], self.sizes[key] = entry, version, size_bytes
            self.eligible[key], self.state[key] = eligible, FRESH
        else:
            key = self.places
            self.hashes.append(entry)
            self.versions.append(version)
            self.sizes.append(size_bytes)
            self.eligible.append(eligible)
            self.state.append(FRESH)
        self.number[entry] = key
        self.at_level[level_of(entry)] += 1
        return key

    def retire(self, key: int) -> None:
        """Take an entry's number away; it is given to another once no shadow has it any more."""
        entry = self.hashes[key]
        del self.number[entry]
        self.at_level[level_of(entry)] -= 1
        self.state[key] = GONE

    def release(self, key: int) -> None:
        """No shadow has this number any more."""
        if self.state[key] != GONE:
            self.retire(key)
        self.state[key] = FREE
        self.eligible[key] = 0
        self.free.append(key)
