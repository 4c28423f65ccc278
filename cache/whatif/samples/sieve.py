"""SIEVE where it is a sample: a gap between hand and newest that is narrower than one entry of the sample.

Newcomers that are not asked for again before the hand comes to them leave the gap before it as wide as it is, and each
that is asked for narrows it. With entries of one size it may come down to two of them for a long time: who comes then
has gone after two misses, hardly any is ever kept, and hits fall far below what SIEVE has otherwise. In a sample of one
in n an entry is as wide as n of all. So from there on the gap is a number, which says how long a newcomer stays, and
which shrinks with the share of newcomers that of late were asked for again so soon.
"""

from array import array
from dataclasses import dataclass, field
from math import exp, log2
from random import Random

from cache.whatif.keys import Keys
from cache.whatif.orders.sieve import SieveOrder
from cache.whatif.samples.sample import NARROW, SampleFamily, is_drift
from cache.whatif.samples.siblings import Siblings

AS_OF_LATE = 1024
"""Newcomers after which those so far count half."""
STEPS_A_DOUBLING = 4
STEPS = 16 * STEPS_A_DOUBLING
PARTS = 8
"""In which a gap shrinks that newcomers as wide as itself come into."""
DOUBT = 0.1
"""How many newcomers asked for again the guess is worth that they are asked for at any time alike."""


class SieveSampleOrder(SieveOrder):
    def at_hand(self, slot: int) -> int:
        """The key that the hand comes to next; 0 where it stands behind the newest."""
        return self._ahead[slot][0] if self._ahead[slot] else 0

    def part_ahead(self, slot: int) -> float:
        """Of all that is held."""
        ahead = len(self._ahead[slot])
        return ahead / max(1, ahead + len(self._behind[slot]))

    def newest_at_hand(self, slot: int) -> int:
        """The newest key where the hand comes to it next, else 0."""
        ahead = self._ahead[slot]
        while ahead and not self._held[ahead[-1]] >> slot & 1:
            ahead.pop()
        return ahead[0] if len(ahead) == 1 else 0

    def pass_newest(self, slot: int) -> int:
        """Move the hand over the newest key, and no further; the key if it goes, 0 where it was used."""
        key, bit = self._ahead[slot].pop(), 1 << slot
        if not self._visited[key] & bit:
            return key
        self._visited[key] ^= bit
        self._behind[slot].append(key)
        return 0

    def drop_newest(self, slot: int) -> None:
        self._ahead[slot].pop()

    def go_round(self, slot: int) -> None:
        """From behind the newest on to the oldest."""
        self._seek(slot)


class Soon:
    """How soon newcomers are asked for again: by how much is missed until then, a miss of the sample being 1."""

    def __init__(self) -> None:
        self._newcomers = 0.0
        self._asked = array("d", bytes(8 * (STEPS + 1)))  # those of up to 2^(-step / STEPS_A_DOUBLING)

    def come(self) -> None:
        self._newcomers += 1
        if self._newcomers > AS_OF_LATE:
            self._newcomers /= 2
            self._asked = array("d", [asked / 2 for asked in self._asked])

    def asked_again(self, missed: float) -> None:
        """Only the newest of a sample is watched, the later the less likely: hence the weight."""
        if missed <= 1:
            self._asked[int(_place(missed))] += exp(missed)

    def share(self, missed: float) -> float:
        """Of newcomers that are asked for again before so much is missed: as many as were, and at first a guess."""
        guess = sum(self._asked) * missed
        if not guess:
            return 0.0
        place = _place(missed)
        asked = sum(self._asked[int(place) + 1 :]) + self._asked[int(place)] * (int(place) + 1 - place)
        return min(1.0, (asked + DOUBT) / self._newcomers / (1 + DOUBT / guess))


def _place(missed: float) -> float:
    return min(float(STEPS), max(0.0, -log2(max(missed, 1e-9)) * STEPS_A_DOUBLING))


@dataclass(slots=True)
class Gap:
    """Of a slot that is a sample. ``bytes`` is 0 while the gap is wider than an entry of the sample."""

    siblings: Siblings
    soon: Soon = field(default_factory=Soon)
    bytes: float = 0.0
    newest: int = 0  # not asked for again yet
    began: int = 0


class SieveFamily(SampleFamily):
    def __init__(self, keys: Keys) -> None:
        super().__init__(SieveSampleOrder, keys)
        self._gaps: dict[int, Gap] = {}  # by slot
        self._newest: dict[int, int] = {}  # key -> the slots in which it is the newest, and not asked for again yet
        self._random = Random(2)

    def _before(self, key: int, turn: int) -> None:
        if key in self._newest:
            for slot in self.shared.slots_of[self._newest.pop(key)]:
                self._asked_again(slot, self._gaps[slot], key, turn)

    def _come(self, slot: int, key: int, weight: int, turn: int) -> None:
        gap, size_bytes = self._gaps[slot], self.shared.sizes[key]
        single = gap.siblings.single(size_bytes)
        if gap.bytes:
            self._narrow(slot, gap, single, weight, turn)
        gap.siblings.missed(size_bytes, weight, turn)
        while not gap.bytes and self.size_bytes[slot] + weight > self.capacity_bytes[slot]:
            self._move_hand(slot, gap, single, weight)
        self.order.add(slot, key)
        self.size_bytes[slot] += weight
        self._forget_newest(slot, gap)
        gap.newest, gap.began = key, turn
        self._newest[key] = self._newest.get(key, 0) | 1 << slot
        gap.soon.come()

    # --- one slot that is a sample ------------------------------------------------------------------------------------

    def _move_hand(self, slot: int, gap: Gap, single: float, weight: int) -> None:
        """By one key; where that is the newest, the gap is a number from now on, if another entry fits into it."""
        newest = self.order.newest_at_hand(slot)
        wide = self._weight(slot, newest)
        if newest and wide >= 2 * single and not self._is_too_much(slot, weight):
            gap.bytes = float(wide)
            victim = self.order.pass_newest(slot)
        else:
            victim = self.order.step(slot)
        if victim:
            self._drop(slot, victim)

    def _asked_again(self, slot: int, gap: Gap, key: int, turn: int) -> None:
        """The newest; in a narrow gap the hand may have come to it by now."""
        gap.newest, turns = 0, turn - 1 - gap.began
        single = gap.siblings.single(self.shared.sizes[key])
        if gap.siblings.weight:
            gap.soon.asked_again((single + gap.siblings.bytes_a_turn * turns) / gap.siblings.weight)
        if gap.bytes and self.held[key] >> slot & 1:
            missed = single + sum(gap.siblings.between(turns))
            if missed > max(gap.bytes, 2 * single):
                self.order.drop_newest(slot)
                self._drop(slot, key)

    def _narrow(self, slot: int, gap: Gap, single: float, weight: int, turn: int) -> None:
        """A miss of the sample later; where the hand has come to the newest, it goes on to the oldest."""
        if self.order.at_hand(slot) and (victim := self.order.pass_newest(slot)):
            self._drop(slot, victim)
        wide = gap.siblings.weight
        if wide:
            for _ in range(PARTS):
                gap.bytes -= wide / PARTS * gap.soon.share(max(gap.bytes, 2 * single) / wide)
        largest = max(gap.siblings.between(turn - 1 - gap.began), default=0.0)
        if gap.bytes < max(2 * single, largest) or self._is_too_much(slot, weight):
            gap.bytes = 0.0
            self.order.go_round(slot)

    def _is_too_much(self, slot: int, weight: int) -> bool:
        """While the gap is a number, more may stay of few entries of many sizes than that says."""
        return self.size_bytes[slot] + weight > (1 + NARROW) * self.capacity_bytes[slot]

    def _drop(self, slot: int, key: int) -> None:
        self.held[key] ^= 1 << slot
        self.size_bytes[slot] -= self._weight(slot, key)

    def _forget_newest(self, slot: int, gap: Gap) -> None:
        left = self._newest.pop(gap.newest, 0) & ~(1 << slot)
        if left:
            self._newest[gap.newest] = left
        gap.newest = 0

    # --- what is done to slots and keys as in every family ------------------------------------------------------------

    def remove(self, key: int) -> None:
        for slot in self.shared.slots_of[self._newest.pop(key, 0)]:
            self._gaps[slot].newest = 0
        for slot, gap in self._gaps.items():
            if gap.bytes and self.order.at_hand(slot) == key:
                gap.bytes = 0.0
        super().remove(key)

    def clear(self) -> None:
        super().clear()
        self._newest.clear()
        for slot, gap in self._gaps.items():
            self._begin(slot, gap.siblings.level)

    def open(self, slot: int, capacity_bytes: int, like: int | None) -> None:
        if like in self._gaps:
            self._begin(slot, self._gaps[like].siblings.level)
        super().open(slot, capacity_bytes, like)

    def close(self, slot: int) -> None:
        if slot in self._gaps:
            self._forget_newest(slot, self._gaps.pop(slot))
            self._sampled &= ~(1 << slot)
        super().close(slot)

    def resize(self, slot: int, capacity_bytes: int) -> None:
        if slot in self._gaps:
            if self.order.part_ahead(slot) < NARROW and is_drift(self.capacity_bytes[slot], capacity_bytes):
                return
            self._gaps[slot].bytes = 0.0
        super().resize(slot, capacity_bytes)

    def thin(self, slot: int, capacity_bytes: int, level: int) -> None:
        if slot in self._gaps:
            self._forget_newest(slot, self._gaps[slot])
        self._begin(slot, level)
        super().thin(slot, capacity_bytes, level)

    def _begin(self, slot: int, level: int) -> None:
        self._gaps[slot] = Gap(Siblings(level, self._random))
        self._sampled |= 1 << slot
