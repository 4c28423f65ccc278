"""Requests sorted by what goes with being hit and is known of each, whether its entry is looked at or not.

That is how often its entry was asked for before, and how long ago; whether the live cache had it; and its size.
"""

from array import array
from bisect import bisect
from collections.abc import Iterator, Sequence

from cache.whatif.records import HIT

EVERYTHING = 0
"""The stratum of all requests as long as every entry is looked at."""
USES_FROM = (4, 32, 255)
USES = len(USES_FROM) + 1
MOST_USES = USES_FROM[-1]
"""That a byte can tell."""
MOST_AGE_BITS = 23
AGES = MOST_AGE_BITS // 2 + 1
"""In requests since then, each four times as many as the one before."""
SIZES = 4
"""Up to 32 KiB, 256 KiB, 2 MiB, more."""
_SMALL_BITS = 15
_BITS_A_SIZE = 3
_NEW, _NOT_NOTED, _NOTED = 1, 2, 3
STRATA = 2 * SIZES * (_NOTED + USES * AGES)
NOT_NOTED = 2 * SIZES * _NOT_NOTED
"""The stratum of a hit of which nothing is known; that of a miss is the next one, as with all."""
PEERS = 2 * (_NOTED + AGES)
OF_AN_AGE = 2 * _NOTED
PEERS_OF = [
    2 * (kind if kind < _NOTED else _NOTED + (kind - _NOTED) % AGES) + outcome
    for kind in range(_NOTED + USES * AGES)
    for _ in range(SIZES)
    for outcome in range(2)
]
"""By stratum a number for all that are as old and had the same outcome; two more for those that are the next older."""

FEWEST_PLACES, MOST_PLACES = 1 << 12, 1 << 22
PLACE_BYTES = 5
_TURN_MASK = (1 << 32) - 1


def zeros() -> array:
    """One by stratum."""
    return array("d", bytes(8 * STRATA))


class Tally:
    """Requests and their payload bytes by stratum."""

    def __init__(self, requests: array | None = None, payload_bytes: array | None = None) -> None:
        self.requests = zeros() if requests is None else requests
        self.bytes = zeros() if payload_bytes is None else payload_bytes

    def __iter__(self) -> Iterator[array]:
        return iter((self.requests, self.bytes))

    def count(self, stratum: int, payload_bytes: int, times: float = 1.0) -> None:
        self.requests[stratum] += times
        self.bytes[stratum] += times * payload_bytes

    def add(self, more: "Tally", times: int = 1) -> None:
        self.requests = _added(self.requests, more.requests, times)
        self.bytes = _added(self.bytes, more.bytes, times)


def by_outcome(numbers: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """Those of the strata that the live cache had, then of those that it had not."""
    return numbers[::2], numbers[1::2]


class Strata:
    """Takes at most ``budget_bytes``. Entries may share a place, by hash: they are sorted worse then, but all alike."""

    def __init__(self, budget_bytes: int) -> None:
        places = min(max(FEWEST_PLACES, budget_bytes // PLACE_BYTES), MOST_PLACES)
        places = 1 << places.bit_length() - 1
        self._mask = places - 1
        self._turns = array("I", bytes(4 * places))
        self._uses = bytearray(places)

    def of(self, entry: int, turn: int, size_bytes: int, outcome: int, new: bool) -> int:
        """The stratum of a request, which is noted; ``new`` is an entry that seems never to have been asked for."""
        place = entry & self._mask
        uses, age = self._uses[place], turn - self._turns[place] & _TURN_MASK
        self._turns[place] = turn & _TURN_MASK
        if uses < MOST_USES:
            self._uses[place] = uses + 1
        if new:
            kind = _NEW
        elif not uses:
            kind = _NOT_NOTED
        else:
            kind = _NOTED + bisect(USES_FROM, uses) * AGES + (min(age.bit_length(), MOST_AGE_BITS) >> 1)
        larger = max(0, size_bytes.bit_length() - _SMALL_BITS + _BITS_A_SIZE - 1) // _BITS_A_SIZE
        return 2 * (kind * SIZES + min(larger, SIZES - 1)) + (outcome != HIT)

    def __len__(self) -> int:
        """Bytes."""
        return PLACE_BYTES * len(self._uses)


def _added(some: array, more: array, times: int) -> array:
    return array("d", [a + times * b for a, b in zip(some, more, strict=True)])
