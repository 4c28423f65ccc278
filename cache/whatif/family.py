"""The shadows of one policy: what a cache would hold at each of many capacities, decided as the ledger decides."""

from array import array
from collections.abc import Callable, Iterable, Sequence

from cache.whatif.keys import Keys
from cache.whatif.orders import Order, Shared
from cache.whatif.records import COLLAPSED, MISS
from cache.whatif.slots import SLOTS
from cache.whatif.strata import Tally, zeros

Request = tuple[int, int, int, int, int, int]
"""Key, size in bytes as the ledger counts it, payload bytes, outcome in the live cache, turn of all, stratum."""


class Family:
    """``missed`` and ``missed_bytes`` count by open slot and stratum; hits are what is left of the requests."""

    def __init__(self, make: Callable[[Shared], Order], keys: Keys) -> None:
        self.held = array("I", [0])
        self._weights = keys.weights
        self.shared = Shared(keys.sizes, keys.eligible, self.held, keys.weights)
        self.capacity_bytes = [0] * SLOTS
        self.size_bytes = [0] * SLOTS
        self.missed = [array("d") for _ in range(SLOTS)]
        self.missed_bytes = [array("d") for _ in range(SLOTS)]
        self.order = make(self.shared)
        self._flights: dict[int, int] = {}
        self._landed: dict[int, int] = {}

    def grow(self, places: int) -> None:
        self.held.extend([0] * (places - len(self.held)))
        self.order.grow(places)

    def play(self, requests: Iterable[Request]) -> list[int]:
        """Go through requests in their order; for each the slots in which it missed."""
        held, eligible, sizes, slots_of = self.held, self.shared.eligible, self.shared.sizes, self.shared.slots_of
        order, capacities, used = self.order, self.capacity_bytes, self.size_bytes
        missed, missed_bytes = self.missed, self.missed_bytes
        touch, add, evict = order.touch, order.add, order.evict
        large_bytes, weight_in = self._weights.large_bytes, self._weights.weight
        told: list[int] = []
        tell = told.append
        self._landed, self._flights = self._flights, {}
        flights = self._flights
        for key, size_bytes, payload_bytes, outcome, _, stratum in requests:
            had = held[key]
            missing = eligible[key] & ~had
            if outcome:  # no hit in the live cache
                if outcome == COLLAPSED and (waited := self._waited(key, payload_bytes, stratum)):
                    tell(waited)
                    continue
                if outcome == MISS:
                    flights[key] = missing
            if touch:
                touch(key, had)
            if missing:
                for slot in slots_of[missing]:
                    weight = size_bytes
                    if weight < large_bytes[slot]:
                        missed[slot][stratum] += 1
                        missed_bytes[slot][stratum] += payload_bytes
                    else:
                        weight = weight_in(slot, size_bytes)
                        self._count(slot, key, payload_bytes, stratum)
                    room = capacities[slot] - weight
                    if room < 0:
                        missing ^= 1 << slot
                        continue
                    while used[slot] > room:
                        victim = evict(slot)
                        gone = sizes[victim]
                        used[slot] -= gone if gone < large_bytes[slot] else weight_in(slot, gone)
                        held[victim] ^= 1 << slot
                    add(slot, key)
                    used[slot] += weight
                held[key] = had | missing
                missing = eligible[key] & ~had
            tell(missing)
        return told

    def hit(self, used: Sequence[tuple[int, int]]) -> bool:
        """Note keys and how often each was hit, in the order of their last hits.

        False, and nothing noted, where a slot misses one of them: then it matters when each hit was.
        """
        held, eligible, touch = self.held, self.shared.eligible, self.order.touch
        if any(eligible[key] & ~held[key] for key, _ in used):
            return False
        if touch:
            for key, times in used:
                touch(key, held[key], times)
        return True

    def remove(self, key: int) -> None:
        """A key left every slot it was in: replaced, deleted or purged."""
        had = self.held[key]
        if had:
            self.held[key] = 0
            for slot in self.shared.slots_of[had]:
                self.size_bytes[slot] -= self._weight(slot, key)
            self.order.remove(key, had)

    def clear(self) -> None:
        for key in range(len(self.held)):
            self.held[key] = 0
        self.size_bytes = [0] * SLOTS
        self.order.clear()

    def open(self, slot: int, capacity_bytes: int, like: int | None) -> None:
        """Begin a slot that is closed, empty or with what of another fits into it."""
        bit = 1 << slot
        if like is not None:
            self.size_bytes[slot] = self.size_bytes[like]
            for key, mask in enumerate(self.held):
                if mask >> like & 1:
                    self.held[key] = mask | bit
        self.missed[slot], self.missed_bytes[slot] = zeros(), zeros()
        self.order.open(slot, like)
        self.resize(slot, capacity_bytes)

    def resize(self, slot: int, capacity_bytes: int) -> None:
        """Give a slot another capacity, and evict what is too much for it."""
        self.capacity_bytes[slot] = capacity_bytes
        while self.size_bytes[slot] > capacity_bytes:
            victim = self.order.evict(slot)
            self.size_bytes[slot] -= self._weight(slot, victim)
            self.held[victim] ^= 1 << slot

    def close(self, slot: int) -> None:
        keep = ~(1 << slot)
        for key, mask in enumerate(self.held):
            self.held[key] = mask & keep
        for flights in (self._flights, self._landed):
            for key, mask in flights.items():
                flights[key] = mask & keep
        self.capacity_bytes[slot] = self.size_bytes[slot] = 0
        self.missed[slot], self.missed_bytes[slot] = array("d"), array("d")
        self.order.close(slot)

    def counted(self, slot: int) -> Tally:
        """Misses and their bytes by stratum, since the last time."""
        counts = Tally(self.missed[slot], self.missed_bytes[slot])
        self.missed[slot], self.missed_bytes[slot] = zeros(), zeros()
        return counts

    def thin(self, slot: int, capacity_bytes: int, level: int) -> None:
        """Let go what the slot may not hold any more, and go on with its share of the capacity and other weights."""
        held, eligible, sizes, bit = self.held, self.shared.eligible, self.shared.sizes, 1 << slot
        stay = []
        for key, mask in enumerate(held):
            if mask & bit:
                if eligible[key] & bit:
                    stay.append(sizes[key])
                else:
                    held[key] = mask ^ bit
        self.size_bytes[slot] = self._weights.total(slot, stay)
        self.order.sweep(slot)
        self.resize(slot, capacity_bytes)

    def _waited(self, key: int, payload_bytes: int, stratum: int) -> int:
        """Where the fetch that a request waited for was a miss, so was the request; 0 where it was one nowhere.

        As in the live cache such a request is no use of the entry.
        """
        missing = self._flights.get(key, self._landed.get(key, 0)) & self.shared.eligible[key]
        for slot in self.shared.slots_of[missing]:
            self._count(slot, key, payload_bytes, stratum)
        return missing

    def _admit(self, slot: int, key: int, weight: int) -> None:
        """Make room for a key that was missed, and take it in; whoever calls notes that it is held."""
        while self.size_bytes[slot] + weight > self.capacity_bytes[slot]:
            victim = self.order.evict(slot)
            self.size_bytes[slot] -= self._weight(slot, victim)
            self.held[victim] ^= 1 << slot
        self.order.add(slot, key)
        self.size_bytes[slot] += weight

    def _count(self, slot: int, key: int, payload_bytes: int, stratum: int) -> None:
        """A miss."""
        part = 0.5 ** self._weights.halvings(slot, self.shared.sizes[key])
        self.missed[slot][stratum] += part
        self.missed_bytes[slot][stratum] += part * payload_bytes

    def _weight(self, slot: int, key: int) -> int:
        return self._weights.weight(slot, self.shared.sizes[key])
