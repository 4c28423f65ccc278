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
from cache.whatif.strata import Strata

BASE_BYTES = 17 << 20
"""The interpreter, its modules and the counts of a minute."""
PLACE_BYTES = 130
"""A number's place in the arrays that all shadows share."""
NAME_BYTES = 160
"""An entry by its hash in a dict."""
SLOT_BYTES = 22
"""What an open slot has in arrays for each number."""
PACKED_BYTES = 44
SEEN_PART = 32
"""The part of the memory for remembering that an entry was asked for, where nothing else of it is."""
STRATA_PART = 16
"""The part for remembering when and how often."""
KEPT = 1.8
"""By how much the process takes up more than what is in use: what is freed is not given back, and arrays grow in steps.

Measured: 1.15 where nothing is ever freed, up to 1.75 once entries come and go; a test holds the process to its budget.
"""
FIT_EVERY = 2048
SPREAD = 3
"""By how much the levels of the capacities may differ."""
LEAST_OBJECTS = 8_000
"""Of fewer entries a curve is off by whole points: other capacities are halved before."""
TURNS = 8
"""New bytes are halved where they are so many times the largest capacity, so that those of late count for more."""
LEAST_SHARE_BYTES = 1 << 17
"""No capacity is scaled down further: in less, the weights of entries would be too few bytes to be told apart."""
ROOM = 0.85
"""How full it may be after fitting, so that it is not called for again at once."""


class Sampling:
    """The open slots, their levels, and the level at which it is remembered that an entry was seen."""

    def __init__(self, keys: Keys, families: dict[str, Family], budget_bytes: int) -> None:
        self._keys = keys
        self._families = families
        self._budget_bytes = budget_bytes
        self.weights = keys.weights
        self._until_fit = FIT_EVERY
        self.slot_of: dict[int, int] = {}
        self.level = keys.weights.level
        self.sampled = 0  # the slots whose level is not 0
        self.seen_level = 0
        self.seen: Seen | None = None  # while every entry is remembered there is no need
        self.strata: Strata | None = None  # while every entry is looked at there is no need
        self._new_bytes: dict[int, list[float]] = {}  # by bits of the size, then by level
        self._eligible: dict[tuple[int, int], int] = {}  # worked out since the last change
        self.before_change: Callable[[], None] = lambda: None  # what was counted so far is at the old levels

    @property
    def exact(self) -> bool:
        return self.seen_level == 0 and not self.sampled

    def eligible(self, level: int, size_bytes: int) -> int:
        """The slots in which an entry of this level and size is looked at."""
        alike = level, size_bytes.bit_length()
        known = self._eligible.get(alike)
        if known is None:
            least = self.weights.least
            known = sum(1 << slot for slot in self.slot_of.values() if least(slot, size_bytes) <= level)
            self._eligible[alike] = known
        return known

    def objects(self, slot: int) -> int:
        """How many of the entries known are looked at in a slot."""
        return self._known(self.level[slot])

    def new(self, entry: int, level: int, size_bytes: int) -> tuple[float, bool]:
        """For how many new entries this one stands, of which nothing is remembered; 0 where it was asked for before.

        And whether it would seem new at whatever level it were.
        """
        new, seems_new = 1.0, True
        if self.seen is not None:
            stands_for = self.seen.add(entry)
            seems_new = stands_for > 0
            if level < self.seen_level:
                new = stands_for
        if new:
            bits = size_bytes.bit_length()
            if bits not in self._new_bytes:
                self._new_bytes[bits] = [0.0] * (MAX_LEVEL + 1)
            self._new_bytes[bits][level] += new * size_bytes
        return new, seems_new

    def share_bytes(self, slot: int, capacity_bytes: int) -> int:
        """What a capacity shrinks to, as the bytes of new entries do."""
        level, least, weights = self.level[slot], self.weights.least_level, self.weights
        told_of = sum(sum(by_level[least:]) for by_level in self._new_bytes.values())
        if level == least or not told_of:
            return capacity_bytes >> level
        looked_at = 0.0
        for bits, by_level in self._new_bytes.items():
            halvings = weights.halvings(slot, 1 << bits - 1)
            looked_at += sum(by_level[level - halvings :]) / (1 << halvings)
        return int(capacity_bytes * looked_at / told_of) >> least

    # --- slots -----------------------------------------------------------------------------------------------------

    def open(self, capacity_bytes: int, like_bytes: int | None) -> None:
        """Begin a slot, empty or as another one is."""
        slot = min(set(range(SLOTS)) - set(self.slot_of.values()))
        like = None if like_bytes is None else self.slot_of[like_bytes]
        self.level[slot] = self.weights.least_level
        if like is not None:
            self.weights.copy(slot, like)
        self.slot_of[capacity_bytes] = slot
        for family in self._families.values():
            family.open(slot, self.share_bytes(slot, capacity_bytes), like)
        self._sample(capacity_bytes, self.level[slot])

    def close(self, capacity_bytes: int) -> None:
        slot = self.slot_of.pop(capacity_bytes)
        self._eligible.clear()
        keep, eligible = ~(1 << slot), self._keys.eligible
        self.sampled &= keep
        for key, mask in enumerate(eligible):
            eligible[key] = mask & keep
        for family in self._families.values():
            family.close(slot)

    # --- levels ----------------------------------------------------------------------------------------------------

    def at_least(self, level: int) -> None:
        """The tap leaves out all below this level from now on."""
        if level <= self.weights.least_level:
            return
        self._about_to_change()
        self.weights.least_level = level
        self._remember_less(max(self.seen_level, level))
        for capacity_bytes, slot in self.slot_of.items():
            self._sample(capacity_bytes, max(level, self.level[slot]))

    def fit(self, requests: int) -> None:
        """See to it, now and then, that the memory is kept to."""
        self._until_fit -= requests
        if self._until_fit > 0:
            return
        self._until_fit = FIT_EVERY
        self._follow_shares()
        if self.memory_bytes() <= self._budget_bytes:
            return
        wanted = BASE_BYTES + ROOM * max(0, self._budget_bytes - BASE_BYTES)
        self._collect()
        if self.memory_bytes() <= wanted:
            return
        self._about_to_change()
        while self.memory_bytes() > wanted and self._raise_fullest():
            self._collect()

    def memory_bytes(self) -> int:
        """What the process takes up with all of it, estimated."""
        keys = self._keys
        given = keys.places - len(keys.free)
        places, packed = map(sum, zip(*(family.order.places() for family in self._families.values()), strict=True))
        each = PLACE_BYTES + SLOT_BYTES * len(self.slot_of)
        seen = 0 if self.seen is None else len(self.seen)
        strata = 0 if self.strata is None else len(self.strata)
        in_use = given * each + len(keys) * NAME_BYTES + 8 * places + PACKED_BYTES * packed
        return BASE_BYTES + seen + strata + int(KEPT * in_use)

    def _follow_shares(self) -> None:
        """Give every capacity that is sampled its share anew."""
        if sum(map(sum, self._new_bytes.values())) > TURNS * max(self.slot_of, default=0):
            self._new_bytes = {bits: [each / 2 for each in levels] for bits, levels in self._new_bytes.items()}
        for capacity_bytes, slot in self.slot_of.items():
            if self.level[slot]:
                share_bytes = self.share_bytes(slot, capacity_bytes)
                for family in self._families.values():
                    family.resize(slot, share_bytes)

    def _about_to_change(self) -> None:
        self.before_change()
        if self.strata is None:
            self.strata = Strata(self._part_bytes(STRATA_PART))

    def _part_bytes(self, part: int) -> int:
        return max(0, self._budget_bytes - BASE_BYTES) // part

    def _remember_less(self, level: int) -> None:
        """Only that an entry was asked for is kept of those below a level."""
        if level and self.seen is None:
            self.seen = Seen(self._part_bytes(SEEN_PART))
            for entry in self._keys.number:
                self.seen.add(entry)
        self.seen_level = level

    def _raise_fullest(self) -> bool:
        """Look at half as many entries where the most are held; False where nothing is left to be halved."""
        held = self._held_by_slot()
        most, fullest = max(((held[self.slot_of[capacity]], capacity) for capacity in self._near()), default=(0, 0))
        if self.seen_level < MAX_LEVEL and self._idle() * (PLACE_BYTES + NAME_BYTES) > most * (8 + PACKED_BYTES / 3):
            self._remember_less(self.seen_level + 1)
            return True
        if not most:
            return False
        self._sample(fullest, self.level[self.slot_of[fullest]] + 1)
        return True

    def _near(self) -> list[int]:
        """The capacities of which half as many entries can be looked at, and that are not too far from each other."""
        level = {capacity: self.level[slot] for capacity, slot in self.slot_of.items()}
        level = {c: n for c, n in level.items() if c >> n + 1 >= LEAST_SHARE_BYTES and n < MAX_LEVEL}
        near = [capacity for capacity, n in level.items() if n < min(level.values()) + SPREAD]
        return [capacity for capacity in near if self._known(level[capacity] + 1) >= LEAST_OBJECTS] or near

    def _sample(self, capacity_bytes: int, level: int) -> None:
        """Look, for a capacity, at the entries of a level, and of large ones at more."""
        slot, keys, weights = self.slot_of[capacity_bytes], self._keys, self.weights
        weights.level[slot] = level
        weights.fit(slot, capacity_bytes)
        self._eligible.clear()
        bit, sizes, eligible, large_bytes = 1 << slot, keys.sizes, keys.eligible, weights.large_bytes[slot]
        for key, entry in enumerate(keys.hashes):
            size_bytes = sizes[key]
            if level_of(entry) >= (level if size_bytes < large_bytes else weights.least(slot, size_bytes)):
                eligible[key] |= bit
            else:
                eligible[key] &= ~bit
        self.sampled = self.sampled | bit if level else self.sampled & ~bit
        if level:
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

    def _known(self, level: int) -> int:
        return sum(self._keys.at_level[level:])

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
