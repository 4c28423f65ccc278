"""LFU where it is a sample: newcomers stay as long as among all newcomers, not as among those that are looked at.

LFU's newcomers share what its favourites leave, which soon is the room of a single entry: the next miss lets the last
newcomer go. In a sample of one in n the next miss comes n times later, and until then a newcomer would be asked for
again and become a favourite for good: up to nine points too many hits. So the room that is left is kept as that of the
whole cache would be, scaled down, and the misses that are not looked at come into it one by one.
"""

from array import array
from collections import deque
from copy import copy
from heapq import heapify, heappop
from math import ceil
from random import Random

from cache.whatif.keys import Keys
from cache.whatif.orders.heap import KEY_BITS, KEY_MASK, TURN_MASK
from cache.whatif.orders.lfu import LfuOrder
from cache.whatif.orders.order import Shared
from cache.whatif.samples.sample import NARROW, SampleFamily, is_drift
from cache.whatif.samples.siblings import Siblings
from cache.whatif.slots import SLOTS

ALIKE = 1 + 1e-9


class LfuSampleOrder(LfuOrder):
    """The heap of a slot that is a sample has its favourites only; its newcomers are in a queue."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._newcomers: list[deque[int]] = [deque() for _ in range(SLOTS)]  # turn and key of each

    def part(self, slot: int) -> None:
        """Take the newcomers out of the heap."""
        turns = self._turns
        keys = {place & KEY_MASK for place in self._heaps[slot]} | {place & KEY_MASK for place in self._newcomers[slot]}
        held = [key for key in keys if self._held[key] >> slot & 1]
        unused = sorted(turns[key] << KEY_BITS | key for key in held if self.uses(slot, key) == 1)
        self._newcomers[slot] = deque(unused)
        favourites = [(key, uses) for key in held if (uses := self.uses(slot, key)) > 1]
        self._heaps[slot] = [self._place(key, uses) for key, uses in favourites]
        heapify(self._heaps[slot])

    def newcomers(self, slot: int) -> list[int]:
        return [place & KEY_MASK for place in self._newcomers[slot] if self._is_there(slot, place)]

    def come(self, slot: int, key: int) -> None:
        """After ``touch``."""
        self._uses_before[slot][key] = self._uses[key] - 1
        self._newcomers[slot].append(self._turns[key] << KEY_BITS | key)

    def favour(self, slot: int, key: int) -> None:
        """A newcomer was asked for again."""
        self._push(slot, key, self.uses(slot, key))

    def oldest(self, slot: int) -> int:
        """The newcomer to go first; 0 where there is none."""
        queue = self._newcomers[slot]
        while queue and not self._is_there(slot, queue[0]):
            queue.popleft()
        return queue[0] & KEY_MASK if queue else 0

    def newest(self, slot: int) -> int:
        """The newcomer that came last; 0 where there is none."""
        queue = self._newcomers[slot]
        while queue and not self._is_there(slot, queue[-1]):
            queue.pop()
        return queue[-1] & KEY_MASK if queue else 0

    def drop_lowest(self, slot: int) -> None:
        heappop(self._heaps[slot])

    def clear(self) -> None:
        super().clear()
        for queue in self._newcomers:
            queue.clear()

    def open(self, slot: int, like: int | None) -> None:
        super().open(slot, like)
        self._newcomers[slot] = deque() if like is None else self._newcomers[like].copy()

    def close(self, slot: int) -> None:
        super().close(slot)
        self._newcomers[slot] = deque()

    def sweep(self, slot: int) -> None:
        super().sweep(slot)
        self._newcomers[slot] = deque(place for place in self._newcomers[slot] if self._is_there(slot, place))

    def places(self) -> tuple[int, int]:
        places, packed = super().places()
        waiting = sum(map(len, self._newcomers))
        return places + waiting, packed + waiting

    def _is_there(self, slot: int, place: int) -> bool:
        key = place & KEY_MASK
        return bool(self._held[key] >> slot & 1) and self._turns[key] == place >> KEY_BITS & TURN_MASK


class Room:
    """What a slot's favourites leave to newcomers, and who is there; all in bytes, scaled down as the capacity is.

    Each newcomer stands in front of a segment: itself, and what came between it and the next one that is looked at.
    """

    def __init__(self, room: float, siblings: Siblings) -> None:
        self.room = room
        self.taken = 0.0  # by the segments, and by what is left in front of them of one whose newcomer has gone
        self.left = 0.0
        self.given_way = 0.0  # by the lowest favourite, of which it may be that only siblings have gone
        self.came = 0  # the turn up to which siblings have come
        self.siblings = siblings


class LfuFamily(SampleFamily):
    def __init__(self, keys: Keys) -> None:
        super().__init__(LfuSampleOrder, keys)
        self._rooms: dict[int, Room] = {}  # by slot, of all that are samples
        self._segments = [array("f") for _ in range(SLOTS)]  # by key, of those
        self._random = Random(1)

    def grow(self, places: int) -> None:
        more = places - len(self.held)
        super().grow(places)
        for slot in self._rooms:
            self._segments[slot].extend([0.0] * more)

    def _before(self, key: int, turn: int) -> None:
        for slot in self.shared.slots_of[self.held[key] & self._sampled]:
            self._catch_up(slot, self._rooms[slot], turn)

    def _hit(self, key: int, had: int) -> None:
        for slot in self.shared.slots_of[had]:
            if self.order.uses(slot, key) == 2:
                self._favour(slot, self._rooms[slot], key)

    def _come(self, slot: int, key: int, weight: int, turn: int) -> None:
        room, size_bytes = self._rooms[slot], self.shared.sizes[key]
        self._catch_up(slot, room, turn)
        room.came = turn
        single = room.siblings.single(size_bytes)
        room.siblings.missed(size_bytes, weight, turn)
        self._make_room(slot, room, single)
        self._segments[slot][key] = single
        self.order.come(slot, key)

    # --- one slot that is a sample ------------------------------------------------------------------------------------

    def _catch_up(self, slot: int, room: Room, turn: int) -> None:
        """Let those come that were missed up to a turn and are not looked at."""
        turns, room.came = turn - 1 - room.came, max(room.came, turn - 1)
        for single in room.siblings.between(turns, room.room - room.taken):
            self._make_room(slot, room, single)
            newest = self.order.newest(slot)
            if newest:
                self._segments[slot][newest] += single
            else:
                room.left += single

    def _make_room(self, slot: int, room: Room, single: float) -> None:
        """For one more entry; newcomers go before any favourite does."""
        if room.room < single:
            self._take_from_favourites(slot, room, single)
        room.taken += single
        while (over := room.taken - room.room * ALIKE) > 0:
            if not room.left:
                key = self.order.oldest(slot)
                if not key:
                    room.taken = single
                    return
                self.held[key] ^= 1 << slot
                room.left = self._segments[slot][key]
            gone = min(over, room.left)
            room.left -= gone
            room.taken -= gone

    def _take_from_favourites(self, slot: int, room: Room, wanted: float) -> None:
        """Let favourites go one by one, as all would: one that is looked at goes with the first of those like it."""
        while room.room < wanted:
            key = self.order.lowest(slot)
            if not key:
                room.room, room.given_way = float(self.capacity_bytes[slot]), 0.0
                return
            weight, single = self._weight(slot, key), room.siblings.single(self.shared.sizes[key])
            gone = min(ceil((wanted - room.room) / single), round(weight / single)) * single
            room.room += gone
            room.given_way += gone
            if room.given_way > 0:
                self.order.drop_lowest(slot)
                self.held[key] ^= 1 << slot
                room.given_way -= weight

    def _favour(self, slot: int, room: Room, key: int) -> None:
        """A newcomer was hit."""
        self._leave(slot, room, key)
        room.room -= self._weight(slot, key)
        self.order.favour(slot, key)

    def _leave(self, slot: int, room: Room, key: int) -> None:
        room.taken -= self._segments[slot][key]
        self._segments[slot][key] = 0.0

    # --- what is done to slots and keys as in every family ------------------------------------------------------------

    def remove(self, key: int) -> None:
        sampled = self.held[key] & self._sampled
        for slot in self.shared.slots_of[sampled]:
            room = self._rooms[slot]
            if self.order.uses(slot, key) > 1:
                room.room += self._weight(slot, key)
            else:
                self._leave(slot, room, key)
        self.held[key] ^= sampled
        super().remove(key)

    def clear(self) -> None:
        super().clear()
        for slot, room in self._rooms.items():
            self._rooms[slot] = Room(self.capacity_bytes[slot], room.siblings)
            self._rooms[slot].came = room.came

    def open(self, slot: int, capacity_bytes: int, like: int | None) -> None:
        if like in self._rooms:
            self.capacity_bytes[slot] = self.capacity_bytes[like]
            room = self._rooms[slot] = copy(self._rooms[like])
            room.siblings = Siblings(room.siblings.level, self._random)
            self._segments[slot] = self._segments[like][:]
            self._sampled |= 1 << slot
        super().open(slot, capacity_bytes, like)

    def close(self, slot: int) -> None:
        if self._rooms.pop(slot, None):
            self._segments[slot] = array("f")
            self._sampled &= ~(1 << slot)
        super().close(slot)

    def resize(self, slot: int, capacity_bytes: int) -> None:
        if slot not in self._rooms:
            super().resize(slot, capacity_bytes)
            return
        room, known_bytes = self._rooms[slot], self.capacity_bytes[slot]
        if room.room < NARROW * known_bytes and is_drift(known_bytes, capacity_bytes):
            return
        room.room += capacity_bytes - known_bytes
        self.capacity_bytes[slot] = capacity_bytes
        self._make_room(slot, room, 0.0)

    def thin(self, slot: int, capacity_bytes: int, level: int) -> None:
        held, eligible, bit = self.held, self.shared.eligible, 1 << slot
        for key, mask in enumerate(held):
            if mask & bit and not eligible[key] & bit:
                held[key] = mask ^ bit
        self.order.part(slot)
        room = Room(capacity_bytes, Siblings(level, self._random))
        if slot in self._rooms:
            room.came = self._rooms[slot].came
        self._rooms[slot] = room
        self._segments[slot] = array("f", bytes(4 * len(held)))
        self._sampled |= bit
        self.capacity_bytes[slot] = capacity_bytes
        self.size_bytes[slot] = 0
        newcomers = self.order.newcomers(slot)
        for key in newcomers:
            self._segments[slot][key] = self._weight(slot, key)
        room.taken = sum(self._weight(slot, key) for key in newcomers)
        room.room -= self._weights.total(slot, self._sizes_held(slot)) - room.taken
        self._make_room(slot, room, 0.0)

    def _sizes_held(self, slot: int) -> list[int]:
        sizes = self.shared.sizes
        return [sizes[key] for key, mask in enumerate(self.held) if mask >> slot & 1]
