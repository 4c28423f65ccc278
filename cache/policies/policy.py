"""What a replacement policy is: an order of keys, and which one goes next. No bytes, no lock."""

from collections.abc import Hashable, Iterator
from typing import Protocol


class Policy(Protocol):
    """An order over the keys held. Every operation but iteration is O(1) or O(log n).

    ``label`` and ``summary`` are what people choose by: a name, and one line on what the policy keeps.
    """

    label: str
    summary: str

    def add(self, key: Hashable, size_bytes: int) -> None:
        """Take in a key that is not held yet, and what it takes up: for the order alone, sums are the ledger's."""

    def touch(self, key: Hashable) -> None:
        """Note a hit on a held key."""

    def remove(self, key: Hashable) -> None:
        """Drop a held key that left for another reason than eviction."""

    def evict(self) -> Hashable:
        """Choose the next victim, drop it and return it; IndexError when nothing is held."""

    def __iter__(self) -> Iterator[Hashable]:
        """All held keys, those to be evicted first in front, so that another policy can take them over."""
