"""A family that goes through requests otherwise where its slots are samples."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from random import Random

from cache.whatif.family import Family, Request
from cache.whatif.records import COLLAPSED, MISS

NARROW = 1 / 8
"""Where less than such a part of a capacity is open to newcomers, a change of it would be much of that."""
LITTLE = 1 / 64


def is_drift(known_bytes: int, capacity_bytes: int) -> bool:
    """Whether a capacity only follows its share of bytes, as that is known better; the cache's own stays as it is."""
    return abs(capacity_bytes - known_bytes) < LITTLE * known_bytes


class SampleFamily(Family, ABC):
    """``_sampled`` are the bits of the slots that are samples. For these a policy says what comes before a request,
    what a hit changes, and how an entry comes in that was missed.
    """

    _sampled = 0
    _random: Random

    def play(self, requests: Iterable[Request]) -> list[int]:
        return self._play_sampled(requests) if self._sampled else super().play(requests)

    def hit(self, used: Sequence[tuple[int, int]]) -> bool:
        return not self._sampled and super().hit(used)

    def _play_sampled(self, requests: Iterable[Request]) -> list[int]:
        held, eligible, slots_of = self.held, self.shared.eligible, self.shared.slots_of
        touch, sampled = self.order.touch, self._sampled
        told = []
        self._landed, self._flights = self._flights, {}
        for key, _, payload_bytes, outcome, turn, stratum in requests:
            if outcome != COLLAPSED:
                self._before(key, turn)
            had = held[key]
            missing = eligible[key] & ~had
            if outcome == COLLAPSED and (waited := self._waited(key, payload_bytes, stratum)):
                told.append(waited)
                continue
            if outcome == MISS:
                self._flights[key] = missing
            touch(key, had)
            if had & sampled:
                self._hit(key, had & sampled)
            for slot in slots_of[missing]:
                self._count(slot, key, payload_bytes, stratum)
                weight = self._weight(slot, key)
                if weight <= self.capacity_bytes[slot]:
                    if sampled >> slot & 1:
                        self._come(slot, key, weight, turn)
                    else:
                        self._admit(slot, key, weight)
                    held[key] |= 1 << slot
            told.append(missing)
        return told

    def _before(self, key: int, turn: int) -> None:
        """Bring the slots that are samples up to this turn, as far as it matters to a key."""

    def _hit(self, key: int, had: int) -> None:
        """After ``touch``, in the slots ``had`` that are samples."""

    @abstractmethod
    def _come(self, slot: int, key: int, weight: int, turn: int) -> None:
        """Take a key in that was missed in a slot that is a sample; whoever calls notes that it is held."""
