"""How many entries are looked at: all while the memory lasts, then for the fullest capacities one in 2, 4, 8 ...

Spatial sampling as in C. Waldspurger et al., "Efficient MRC Construction with SHARDS" (FAST 2015), of fixed size: an
entry is looked at always or never, by its hash. Unlike there each capacity has a level of its own, since small ones
hold little and would be hurt most; and it shrinks with the share of bytes, not of entries, that are looked at, since a
few large entries make these differ.
"""

from collections.abc import Callable

from cache.whatif.family import Family
from cache.whatif.keys import FREE, GONE, Keys
from cache.whatif.records import MAX_LEVEL, level_of
from cache.whatif.seen import Seen
from cache.whatif.slots import SLOTS

BASE_BYTES = 14 << 20
"""The interpreter and its modules."""
PLACE_BYTES = 130
"""A number's place in the arrays that all shadows share."""
NAME_BYTES = 160
"""An entry by its hash in a dict."""
SLOT_BYTES = 18
"""What an open slot has in arrays for each number."""
PACKED_BYTES = 44
SEEN_PART = 32
"""The part of the memory for remembering that an entry was asked for, where nothing else of it is."""
FIT_EVERY = 2048
SPREAD = 3
"""By how much the levels of the capacities may differ."""
TURNS = 8
"""New bytes are halved where they are so many times the largest capacity, so that those of late count for more."""
ROOM = 0.85
"""How full it may be after fitting, so that it is not called for again at once."""


class Sampling:
    """The open slots, their levels, and the level at which it is remembered that an entry was seen."""

    def __init__(self, keys: Keys, families: dict[str, Family], budget_bytes: int) -> None:
        self._keys = keys
        self._families = families
        self._budget_bytes = budget_bytes
        self.least_level = 0
        self._until_fit = FIT_EVERY
        self.slot_of: dict[int, int] = {}
        self.level = [0] * SLOTS
        self.seen_level = 0
        self.seen: Seen | None = None  # while every entry is remembered there is no need
        self._new_bytes = [0.0] * (MAX_LEVEL + 1)
        self.before_change: Callable[[], None] = lambda: None  # what was counted so far is at the old levels

    @property
    def exact(self) -> bool:
        return self.seen_level == 0 and not any(self.level[slot] for slot in self.slot_of.values())

    def eligible(self, level: int) -> int:
        """The slots in which an entry of this level is looked at."""
        return sum(1 << slot for slot in self.slot_of.values() if self.level[slot] <= level)

    def objects(self, slot: int) -> int:
        """How many of the entries known are looked at in a slot."""
        return sum(self._keys.at_level[self.level[slot] :])

    def new(self, entry: int, level: int, size_bytes: int) -> float:
        """For how many new entries this one stands, of which nothing is remembered; 0 where it was asked for before."""
        new = 1.0
        if self.seen is not None:
            stands_for = self.seen.add(entry)
            if level < self.seen_level:
                new = stands_for
        self._new_bytes[level] += new * size_bytes
        return new

    def share_bytes(self, slot: int, capacity_bytes: int) -> int:
        """What a capacity shrinks to, as the bytes of new entries do."""
        level, least = self.level[slot], self.least_level
        told_of = sum(self._new_bytes[least:])
        if level == least or not told_of:
            return capacity_bytes >> level
        return int(capacity_bytes * sum(self._new_bytes[level:]) / told_of) >> least

    # --- slots -----------------------------------------------------------------------------------------------------

    def open(self, capacity_bytes: int, like_bytes: int | None) -> None:
        """Begin a slot, empty or as another one is."""
        slot = min(set(range(SLOTS)) - set(self.slot_of.values()))
        like = None if like_bytes is None else self.slot_of[like_bytes]
        self.level[slot] = self.least_level if like is None else self.level[like]
        self.slot_of[capacity_bytes] = slot
        bit, level, eligible = 1 << slot, self.level[slot], self._keys.eligible
        for entry, key in self._keys.number.items():
            if level_of(entry) >= level:
                eligible[key] |= bit
        for family in self._families.values():
            family.open(slot, self.share_bytes(slot, capacity_bytes), like)

    def close(self, capacity_bytes: int) -> None:
        slot = self.slot_of.pop(capacity_bytes)
        keep, eligible = ~(1 << slot), self._keys.eligible
        for key, mask in enumerate(eligible):
            eligible[key] = mask & keep
        for family in self._families.values():
            family.close(slot)

    # --- levels ----------------------------------------------------------------------------------------------------

    def at_least(self, level: int) -> None:
        """The tap leaves out all below this level from now on."""
        if level <= self.least_level:
            return
        self.least_level = level
        self.before_change()
        self._remember_less(max(self.seen_level, level))
        for capacity_bytes in self.slot_of:
            self._raise(capacity_bytes, level)

    def fit(self, requests: int) -> None:
        """See to it, now and then, that the memory is kept to."""
        self._until_fit -= requests
        if self._until_fit > 0:
            return
        self._until_fit = FIT_EVERY
        self._follow_shares()
        if self.memory_bytes() <= self._budget_bytes:
            return
        self.before_change()
        wanted = BASE_BYTES + ROOM * max(0, self._budget_bytes - BASE_BYTES)
        self._collect()
        while self.memory_bytes() > wanted and self._raise_fullest():
            self._collect()

    def memory_bytes(self) -> int:
        """What all of it takes up, estimated."""
        keys = self._keys
        given = keys.places - len(keys.free)
        places, packed = map(sum, zip(*(family.order.places() for family in self._families.values()), strict=True))
        each = PLACE_BYTES + SLOT_BYTES * len(self.slot_of)
        seen = 0 if self.seen is None else len(self.seen)
        return BASE_BYTES + seen + given * each + len(keys) * NAME_BYTES + 8 * places + PACKED_BYTES * packed

    def _follow_shares(self) -> None:
        """Give every capacity that is sampled its share anew."""
        if sum(self._new_bytes) > TURNS * max(self.slot_of, default=0):
            self._new_bytes = [each / 2 for each in self._new_bytes]
        for capacity_bytes, slot in self.slot_of.items():
            if self.level[slot]:
                share_bytes = self.share_bytes(slot, capacity_bytes)
                for family in self._families.values():
                    family.resize(slot, share_bytes)

    def _remember_less(self, level: int) -> None:
        """Only that an entry was asked for is kept of those below a level."""
        if level and self.seen is None:
            self.seen = Seen(self._budget_bytes // SEEN_PART)
            for entry in self._keys.number:
                self.seen.add(entry)
        self.seen_level = level

    def _raise_fullest(self) -> bool:
        """Look at half as many entries where the most are held; False where nothing is left to be halved."""
        held = self._held_by_slot()
        least = min(self.level[slot] for slot in self.slot_of.values())
        near = [capacity for capacity, slot in self.slot_of.items() if self.level[slot] < least + SPREAD]
        fullest = max(near, key=lambda capacity_bytes: (held[self.slot_of[capacity_bytes]], capacity_bytes))
        idle = self._idle()
        for_the_fullest = held[self.slot_of[fullest]] * (8 + PACKED_BYTES / 3)
        if self.seen_level < MAX_LEVEL and idle * (PLACE_BYTES + NAME_BYTES) > for_the_fullest:
            self._remember_less(self.seen_level + 1)
            return True
        slot = self.slot_of[fullest]
        if not held[slot] or self.level[slot] == MAX_LEVEL:
            return False
        self._raise(fullest, self.level[slot] + 1)
        return True

    def _raise(self, capacity_bytes: int, level: int) -> None:
        slot = self.slot_of[capacity_bytes]
        if level <= self.level[slot]:
            return
        self.level[slot] = level
        keep, eligible = ~(1 << slot), self._keys.eligible
        for key, entry in enumerate(self._keys.hashes):
            if level_of(entry) < level:
                eligible[key] &= keep
        for family in self._families.values():
            family.thin(slot, self.share_bytes(slot, capacity_bytes), level)

    def _collect(self) -> None:
        """Free the numbers that no shadow has any more and that need not be remembered."""
        for family in self._families.values():
            for slot in self.slot_of.values():
                family.order.sweep(slot)
        keys, orders = self._keys, [family.order for family in self._families.values()]
        for key in range(1, keys.places):
            state = keys.state[key]
            if state == FREE or (state != GONE and level_of(keys.hashes[key]) >= self.seen_level):
                continue
            if any(family.held[key] for family in self._families.values()) or any(map(_recalling(key), orders)):
                continue
            for order in orders:
                order.forget(key)
            keys.release(key)

    def _held_by_slot(self) -> list[int]:
        counts = [0] * SLOTS
        for family in self._families.values():
            masks: dict[int, int] = {}
            for mask in family.held:
                masks[mask] = masks.get(mask, 0) + 1
            for mask, times in masks.items():
                for slot in family.shared.slots_of[mask]:
                    counts[slot] += times
        return counts

    def _idle(self) -> int:
        """How many entries are kept only to remember that they were seen."""
        helds = [family.held for family in self._families.values()]
        return sum(
            1
            for entry, key in self._keys.number.items()
            if level_of(entry) >= self.seen_level and not any(held[key] for held in helds)
        )


def _recalling(key: int) -> Callable:
    return lambda order: order.recalls(key)
