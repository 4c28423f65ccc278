"""LFU's shadows where they are samples: a newcomer stays as long as among all newcomers, not as among the few sampled.

LFU's newcomers share what its favourites leave, which soon is the room of a single entry: the next miss lets the last
newcomer go. In a sample of one in n the next miss comes n times later, and until then a newcomer would be asked for
again and become a favourite for good: up to nine points too many hits. So it takes up its share of the room at first
and more as requests go by, as if those that are not looked at came in behind it; once it is hit, or another newcomer
comes, it counts in full.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from cache.whatif.family import Family, Request
from cache.whatif.keys import Keys
from cache.whatif.orders import Order, Shared
from cache.whatif.records import COLLAPSED, MISS

AS_OF_LATE = 256
"""Misses of a slot after which those so far count half."""


@dataclass(slots=True)
class Trial:
    """The newest entry of a slot that is a sample at ``level``; 0 is none.

    What it takes up by now, and since which turn it is there; how many bytes were missed of late, over how many turns;
    and how much of the lowest favourite has gone already.
    """

    level: int
    key: int = 0
    began: int = 0
    weight: int = 0
    misses: int = 0
    missed_bytes: float = 0.0
    turns: float = 0.0
    last_miss: int = -1
    given_way: int = 0

    def note(self, size_bytes: int, turn: int) -> None:
        """A miss."""
        if self.last_miss >= 0:
            self.misses += 1
            self.missed_bytes += size_bytes
            self.turns += turn - self.last_miss
        self.last_miss = turn
        if self.misses > AS_OF_LATE:
            self.misses, self.missed_bytes, self.turns = self.misses // 2, self.missed_bytes / 2, self.turns / 2

    def grown(self, at_first: int, in_full: int, turn: int) -> int:
        """What the entry takes up by now."""
        if not self.turns:
            return in_full
        behind_it = self.missed_bytes / self.turns * (turn - self.began - 1)
        return min(in_full, at_first + int(behind_it))


class Newcomers(Family):
    """A family in which the newest entry of a sampled slot takes up but a part of its size, while it is that."""

    def __init__(self, make: Callable[[Shared], Order], keys: Keys) -> None:
        super().__init__(make, keys)
        self._trials: dict[int, Trial] = {}  # by slot
        self._tried: dict[int, int] = {}  # key -> the slots in which it is the newest

    def play(self, requests: Iterable[Request]) -> list[int]:
        return self._play_sampled(requests) if self._trials else super().play(requests)

    def _play_sampled(self, requests: Iterable[Request]) -> list[int]:
        held, eligible, slots_of = self.held, self.shared.eligible, self.shared.slots_of
        touch, tried = self.order.touch, self._tried
        told = []
        self._landed, self._flights = self._flights, {}
        for key, _, payload_bytes, outcome, turn in requests:
            for slot in slots_of[tried.get(key, 0)]:
                self._grow_newest(slot, turn)
            had = held[key]
            missing = eligible[key] & ~had
            if outcome == COLLAPSED and (waited := self._waited(key, payload_bytes)):
                told.append(waited)
                continue
            if outcome == MISS:
                self._flights[key] = missing
            touch(key, had)
            for slot in slots_of[tried.get(key, 0)]:
                self._settle(slot)
            for slot in slots_of[missing]:
                self._count(slot, key, payload_bytes)
                if self._weight(slot, key) <= self.capacity_bytes[slot]:
                    self._admit(slot, key, turn)
            told.append(missing)
        return told

    # --- the newest of a slot --------------------------------------------------------------------------------------

    def _admit(self, slot: int, key: int, turn: int) -> None:
        weight = self._weight(slot, key)
        trial = self._trials.get(slot)
        if trial is not None:
            self._grow_newest(slot, turn)
            self._settle(slot)
            trial.note(weight, turn)
            weight = trial.weight = self.shared.sizes[key] >> trial.level
        self._make_room(slot, weight)
        self.order.add(slot, key)
        self.size_bytes[slot] += weight
        self.held[key] |= 1 << slot
        if trial is not None:
            trial.key, trial.began = key, turn
            self._tried[key] = self._tried.get(key, 0) | 1 << slot

    def _grow_newest(self, slot: int, turn: int) -> None:
        trial = self._trials[slot]
        if trial.key:
            size_bytes = self.shared.sizes[trial.key]
            self._weigh(slot, trial, trial.grown(size_bytes >> trial.level, self._weight(slot, trial.key), turn))

    def _settle(self, slot: int) -> None:
        """Let the newest of a slot count in full from now on."""
        trial = self._trials[slot]
        if trial.key:
            key = trial.key
            self._weigh(slot, trial, self._weight(slot, key))
            if trial.key == key:
                self._end(slot, trial)

    def _weigh(self, slot: int, trial: Trial, weight: int) -> None:
        self.size_bytes[slot] += weight - trial.weight
        trial.weight = weight
        self._make_room(slot, 0)

    def _end(self, slot: int, trial: Trial) -> None:
        left = self._tried.pop(trial.key) & ~(1 << slot)
        if left:
            self._tried[trial.key] = left
        trial.key = 0

    def _make_room(self, slot: int, more: int) -> None:
        trial = self._trials.get(slot)
        if trial is not None:
            self._give_way(slot, trial, more)
            return
        while self.size_bytes[slot] + more > self.capacity_bytes[slot]:
            self._drop(slot, self.order.evict(slot))

    def _give_way(self, slot: int, trial: Trial, more: int) -> None:
        """Newcomers go whole; of the favourites as much as one of all is of a sampled one, until that is half of it."""
        order, sizes, weight = self.order, self.shared.sizes, self._weight
        while (over := self.size_bytes[slot] + more - self.capacity_bytes[slot]) > 0 and (key := order.lowest(slot)):
            if order.is_unused(slot, key):
                self._drop(slot, order.evict(slot))
                continue
            one_of_all = max(1, sizes[key] >> trial.level)
            part = -(-over // one_of_all) * one_of_all
            self.size_bytes[slot] -= part
            trial.given_way += part
            while key and trial.given_way > weight(slot, key) // 2 and key != trial.key:
                self.held[order.evict(slot)] ^= 1 << slot
                trial.given_way -= weight(slot, key)
                key = order.lowest(slot)
        if self.size_bytes[slot] + more > self.capacity_bytes[slot]:  # and nothing is held any more
            self.size_bytes[slot] = trial.given_way = 0

    def _drop(self, slot: int, victim: int) -> None:
        trial = self._trials.get(slot)
        if trial is not None and victim == trial.key:
            self.size_bytes[slot] -= trial.weight
            self._end(slot, trial)
        else:
            self.size_bytes[slot] -= self._weight(slot, victim)
        self.held[victim] ^= 1 << slot

    # --- what is done to slots and keys as in every family, where the newest counts in full ---------------------------

    def _settle_all(self) -> None:
        for slot in self._trials:
            self._settle(slot)

    def remove(self, key: int) -> None:
        for slot in self.shared.slots_of[self._tried.get(key, 0)]:
            self._settle(slot)
        super().remove(key)

    def clear(self) -> None:
        self._tried.clear()
        self._trials = {slot: Trial(trial.level) for slot, trial in self._trials.items()}
        super().clear()

    def open(self, slot: int, capacity_bytes: int, like: int | None) -> list[int]:
        self._settle_all()
        if like in self._trials:
            self._trials[slot] = replace(self._trials[like])
        return super().open(slot, capacity_bytes, like)

    def close(self, slot: int) -> None:
        if slot in self._trials:
            self._settle(slot)
            del self._trials[slot]
        super().close(slot)

    def resize(self, slot: int, capacity_bytes: int) -> list[int]:
        if slot not in self._trials:
            return super().resize(slot, capacity_bytes)
        self._settle(slot)
        self.capacity_bytes[slot] = capacity_bytes
        self._make_room(slot, 0)
        return []

    def thin(self, slot: int, capacity_bytes: int, level: int) -> None:
        if slot in self._trials:
            self._settle(slot)
            self.size_bytes[slot] += self._trials[slot].given_way
        self._trials[slot] = Trial(level)
        super().thin(slot, capacity_bytes, level)
