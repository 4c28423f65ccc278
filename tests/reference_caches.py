"""What a cache would do, in the fewest lines that can be read in full: the yardstick of the differential tests."""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cache.ledger import ENTRY_OVERHEAD_BYTES


@dataclass
class Reference:
    """Sizes by key in the order of use; ``evict`` picks the victim. Payload and overhead count, as in the ledger."""

    capacity_bytes: int
    evict: Callable[[OrderedDict[str, int]], str]
    held: OrderedDict[str, int] = field(default_factory=OrderedDict)
    evictions: int = 0

    @property
    def size_bytes(self) -> int:
        return sum(self.held.values())

    def ask(self, key: str, payload_bytes: int) -> bool:
        """Whether it is a hit; a miss is taken in."""
        if key in self.held:
            self.held.move_to_end(key)
            return True
        size = self.size_bytes
        while size + payload_bytes + ENTRY_OVERHEAD_BYTES > self.capacity_bytes:
            size -= self.held.pop(self.evict(self.held))
            self.evictions += 1
        self.held[key] = payload_bytes + ENTRY_OVERHEAD_BYTES
        return False


def lru(capacity_bytes: int) -> Reference:
    return Reference(capacity_bytes, lambda held: next(iter(held)))


def random_replacement(capacity_bytes: int, seed: int) -> Reference:
    draw = random.Random(seed)
    return Reference(capacity_bytes, lambda held: draw.choice(list(held)))


def hits(cache: Reference, requests: Iterable[str], sizes: Mapping[str, int]) -> int:
    return sum(cache.ask(key, sizes[key]) for key in requests)
