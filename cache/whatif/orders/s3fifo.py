"""S3-FIFO for all slots: three queues each, and the two bits of a key's uses kept as one mask each for all slots."""

from array import array
from collections import deque

from cache.policies.s3fifo import SMALL_SHARE
from cache.whatif.orders.order import Shared
from cache.whatif.slots import SLOTS


class S3FifoOrder:
    """Uses count up to 3: ``_ones`` has the low bit of the count and ``_twos`` the high one."""

    def __init__(self, shared: Shared) -> None:
        self._sizes = shared.sizes
        self._weights = shared.weights
        self._large_bytes = shared.weights.large_bytes
        self._eligible = shared.eligible
        self._held = shared.held
        self._slots_of = shared.slots_of
        self._ones, self._twos, self._in_main, self._in_ghost = (array("I", [0]) for _ in range(4))
        self._small, self._main, self._ghost = ([deque() for _ in range(SLOTS)] for _ in range(3))
        self._small_bytes, self._main_bytes, self._ghost_bytes = ([0] * SLOTS for _ in range(3))
        # Of a ghost that came back its place stays in the queue, and stands in front of any later one of its own.
        self._left_ghost: list[dict[int, int]] = [{} for _ in range(SLOTS)]

    def grow(self, places: int) -> None:
        more = [0] * (places - len(self._ones))
        for masks in (self._ones, self._twos, self._in_main, self._in_ghost):
            masks.extend(more)

    def touch(self, key: int, had: int, times: int = 1) -> None:
        ones, twos = self._ones[key], self._twos[key]
        while times and ones & twos & had != had:
            ones, twos = ones & ~had | had & (~ones | twos), twos | ones & had
            times -= 1
        self._ones[key], self._twos[key] = ones, twos

    def add(self, slot: int, key: int) -> None:
        bit, size_bytes = 1 << slot, self._weight(slot, key)
        self._ones[key] &= ~bit
        self._twos[key] &= ~bit
        if self._in_ghost[key] & bit:
            self._in_ghost[key] ^= bit
            self._ghost_bytes[slot] -= size_bytes
            left = self._left_ghost[slot]
            left[key] = left.get(key, 0) + 1
            self._main[slot].append(key)
            self._main_bytes[slot] += size_bytes
            self._in_main[key] |= bit
        else:
            self._small[slot].append(key)
            self._small_bytes[slot] += size_bytes
            self._in_main[key] &= ~bit

    def evict(self, slot: int) -> int:
        held, sizes, large_bytes, bit = self._held, self._sizes, self._large_bytes[slot], 1 << slot
        small, small_bytes, main_bytes = self._small[slot], self._small_bytes, self._main_bytes
        most_in_main = (1 - SMALL_SHARE) * (small_bytes[slot] + main_bytes[slot])
        while small_bytes[slot] and main_bytes[slot] <= most_in_main:
            key = small.popleft()
            if not held[key] & bit:
                continue
            size_bytes = sizes[key]
            if size_bytes >= large_bytes:
                size_bytes = self._weights.weight(slot, size_bytes)
            small_bytes[slot] -= size_bytes
            if not self._twos[key] & bit:
                self._remember(slot, key, size_bytes, most_in_main)
                return key
            self._ones[key] &= ~bit
            self._twos[key] &= ~bit
            self._main[slot].append(key)
            self._in_main[key] |= bit
            main_bytes[slot] += size_bytes
        return self._evict_from_main(slot)

    def remove(self, key: int, had: int) -> None:
        in_main = self._in_main[key]
        for slot in self._slots_of[had]:
            (self._main_bytes if in_main >> slot & 1 else self._small_bytes)[slot] -= self._weight(slot, key)

    def follow(self, key: int, successor: int) -> None:
        # The cache's ghosts are names of objects: one that was purged elsewhere is still known where it was remembered.
        for slot in self._slots_of[self._in_ghost[key]]:
            ghost, left = self._ghost[slot], self._left_ghost[slot]
            place = -1
            for _ in range(left.get(key, 0) + 1):
                place = ghost.index(key, place + 1)
            ghost[place] = successor
            self._ghost_bytes[slot] += self._weight(slot, successor) - self._weight(slot, key)
        self._in_ghost[successor], self._in_ghost[key] = self._in_ghost[key], 0

    def clear(self) -> None:
        for queue in (*self._small, *self._main):
            queue.clear()
        self._small_bytes, self._main_bytes = [0] * SLOTS, [0] * SLOTS

    def open(self, slot: int, like: int | None) -> None:
        self.close(slot)
        bit = 1 << slot
        if like is not None:
            for queues in (self._small, self._main, self._ghost):
                queues[slot] = queues[like].copy()
            for sums in (self._small_bytes, self._main_bytes, self._ghost_bytes):
                sums[slot] = sums[like]
            self._left_ghost[slot] = self._left_ghost[like].copy()
        for masks in (self._ones, self._twos, self._in_main, self._in_ghost):
            for key, mask in enumerate(masks):
                like_it = like is not None and mask >> like & 1
                masks[key] = mask | bit if like_it else mask & ~bit

    def close(self, slot: int) -> None:
        for queues in (self._small, self._main, self._ghost):
            queues[slot] = deque()
        for sums in (self._small_bytes, self._main_bytes, self._ghost_bytes):
            sums[slot] = 0
        self._left_ghost[slot] = {}
        keep = ~(1 << slot)
        for key, mask in enumerate(self._in_ghost):
            self._in_ghost[key] = mask & keep

    def sweep(self, slot: int) -> None:
        held = self._held
        self._small[slot] = deque(key for key in self._small[slot] if held[key] >> slot & 1)
        self._main[slot] = deque(key for key in self._main[slot] if held[key] >> slot & 1)
        self._ghost[slot] = deque(self._ghosts_that_stay(slot))
        self._left_ghost[slot] = {}
        for sums, queues in zip(
            (self._small_bytes, self._main_bytes, self._ghost_bytes),
            (self._small, self._main, self._ghost),
            strict=True,
        ):
            sums[slot] = self._weights.total(slot, map(self._sizes.__getitem__, queues[slot]))

    def recalls(self, key: int) -> bool:
        return self._in_ghost[key] != 0

    def forget(self, key: int) -> None:
        for masks in (self._ones, self._twos, self._in_main, self._in_ghost):
            masks[key] = 0

    def places(self) -> tuple[int, int]:
        return sum(len(queue) for queues in (self._small, self._main, self._ghost) for queue in queues), 0

    def _weight(self, slot: int, key: int) -> int:
        size_bytes = self._sizes[key]
        return size_bytes if size_bytes < self._large_bytes[slot] else self._weights.weight(slot, size_bytes)

    def _evict_from_main(self, slot: int) -> int:
        held, bit, ones, twos, main = self._held, 1 << slot, self._ones, self._twos, self._main[slot]
        while True:
            key = main.popleft()
            if not held[key] & bit:
                continue
            if not (ones[key] | twos[key]) & bit:
                self._main_bytes[slot] -= self._weight(slot, key)
                return key
            if not ones[key] & bit:
                twos[key] ^= bit
            ones[key] ^= bit
            main.append(key)

    def _remember(self, slot: int, key: int, size_bytes: int, most_bytes: float) -> None:
        self._ghost[slot].append(key)
        self._in_ghost[key] |= 1 << slot
        self._ghost_bytes[slot] += size_bytes
        while self._ghost_bytes[slot] > most_bytes:
            oldest = self._ghost[slot].popleft()
            if not self._has_left(slot, oldest):
                self._in_ghost[oldest] &= ~(1 << slot)
                self._ghost_bytes[slot] -= self._weight(slot, oldest)

    def _has_left(self, slot: int, key: int) -> bool:
        """Whether the place of a ghost that came up is one that the ghost has left."""
        left = self._left_ghost[slot]
        places = left.get(key)
        if places is None:
            return False
        if places == 1:
            del left[key]
        else:
            left[key] = places - 1
        return True

    def _ghosts_that_stay(self, slot: int):
        bit = 1 << slot
        for key in self._ghost[slot]:
            if self._has_left(slot, key) or not self._in_ghost[key] & bit:
                continue
            if self._eligible[key] & bit:
                yield key
            else:
                self._in_ghost[key] ^= bit
