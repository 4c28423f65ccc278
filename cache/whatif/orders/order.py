"""What an order is: a replacement policy over numbered keys, for all slots at once."""

from array import array
from dataclasses import dataclass, field
from typing import Protocol

from cache.whatif.slots import SlotsOf
from cache.whatif.weights import Weights


@dataclass(frozen=True)
class Shared:
    """Arrays by key, kept by others: sizes in bytes, the slots a key may be in, and those that hold it now.

    ``weights`` tell what of its size a key takes up in a slot.
    """

    sizes: array
    eligible: array
    held: array
    weights: Weights
    slots_of: SlotsOf = field(default_factory=SlotsOf)


class Order(Protocol):
    """A key that left without being evicted may stay in a slot's queue until it comes up there; ``held`` tells."""

    def grow(self, places: int) -> None:
        """Make room for keys below ``places``."""

    def touch(self, key: int, had: int, times: int = 1) -> None:
        """Requests for a key that the slots ``had`` hold; called before it is added to any other."""

    def add(self, slot: int, key: int) -> None:
        """Take a key in that the slot does not hold, after ``touch`` and the evictions that make room."""

    def evict(self, slot: int) -> int:
        """Choose a victim among those held, and drop it."""

    def remove(self, key: int, had: int) -> None:
        """A key left all slots; ``held`` is 0 by now, and the number does not come back before ``sweep``."""

    def follow(self, key: int, successor: int) -> None:
        """A key was removed whose object stays: what is remembered of it beyond its being held is the successor's."""

    def clear(self) -> None:
        """All keys left all slots."""

    def open(self, slot: int, like: int | None) -> None:
        """Begin a slot: empty, or as another one is."""

    def close(self, slot: int) -> None:
        """Forget a slot."""

    def sweep(self, slot: int) -> None:
        """Keep of a slot's queues only what is held there and may be."""

    def recalls(self, key: int) -> bool:
        """Whether a key that is not held still makes a difference."""

    def forget(self, key: int) -> None:
        """The number is given to another entry later; no slot holds or recalls it."""

    def places(self) -> tuple[int, int]:
        """How many 8-byte places, and how many packed numbers of ``PACKED_BYTES`` more, all queues take up."""
