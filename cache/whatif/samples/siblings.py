"""What a slot that is a sample misses without looking at it: drawn from what it does look at.

An entry that is looked at, one in n, stands for n - 1 others that are not: its siblings. In the mean they are missed as
often as it is, at other times, so between two misses of the sample come some n - 1 of theirs. Where what is kept hangs
on a few entries, these must be there one by one; which they are does not matter, only when they come and how large.
"""

from array import array
from random import Random

AS_OF_LATE = 256
"""Misses of a slot that its siblings go by: their sizes, how many they are, and how often they come."""
DRAWN_SINGLY = 16
"""Over up to so many turns each may have a miss or not; over more the number of misses is as good as normal."""
LARGEST_EVERY = 32
"""Misses after which the largest of those of late is looked for again; until then it may have been one before them."""


class Siblings:
    """Of one slot. All sizes are scaled down as the slot's capacity is."""

    def __init__(self, level: int, random: Random) -> None:
        self.level = level
        self._random = random
        # Of the misses of late, in a ring: the size of a single one, how many siblings it has, and its turn.
        self._singles = array("d")
        self._how_many = array("L")
        self._turns = array("Q")
        self._next = 0
        # Over them all; exact, as sizes are whole numbers of a power of two.
        self._siblings = 0
        self._bytes = self._weights = 0.0
        self._span = 0.0  # turns in which so many misses come; one more than lie between the first and the last
        self._most, self._largest = 0, 0.0

    def single(self, size_bytes: int) -> float:
        """What one entry takes up, for itself alone."""
        return size_bytes / (1 << self.level)

    def missed(self, size_bytes: int, weight: int, turn: int) -> None:
        """The sample missed an entry, which weighs ``weight`` for all that it stands for."""
        single = self.single(size_bytes)
        siblings = round(weight / single) - 1
        place = self._next
        self._next = (place + 1) % AS_OF_LATE
        if len(self._singles) < AS_OF_LATE:
            self._singles.append(single)
            self._how_many.append(siblings)
            self._turns.append(turn)
        else:
            self._add(self._singles[place], self._how_many[place], -1)
            self._singles[place], self._how_many[place], self._turns[place] = single, siblings, turn
        self._add(single, siblings, 1)
        known = len(self._turns)
        if known > 1:
            self._span = (turn - self._turns[self._next % known]) * known / (known - 1)
        if self._next % LARGEST_EVERY:
            self._most, self._largest = max(self._most, siblings), max(self._largest, single)
        else:
            self._most, self._largest = max(self._how_many), max(self._singles)

    @property
    def weight(self) -> float:
        """Of a miss of the sample, in the mean; 0 as long as nobody knows how often they come."""
        return self._weights / len(self._turns) if self._span else 0.0

    @property
    def bytes_a_turn(self) -> float:
        return self._bytes / self._span if self._span else 0.0

    def between(self, turns: int, room: float = 0.0) -> list[float]:
        """Siblings missed over so many turns, each by its size; in one sum where they fit into ``room`` anyway."""
        count = self._count(turns)
        if not count:
            return []
        if count * self._largest <= room:
            return [count * self._bytes / self._siblings]
        return [self._size() for _ in range(count)]

    def _add(self, single: float, siblings: int, sign: int) -> None:
        self._siblings += sign * siblings
        self._bytes += sign * siblings * single
        self._weights += sign * (siblings + 1) * single

    def _count(self, turns: int) -> int:
        if not self._siblings or not self._span or turns <= 0:
            return 0
        rate = min(1.0, self._siblings / self._span)
        if turns > DRAWN_SINGLY:
            spread = (turns * rate * (1 - rate)) ** 0.5
            return max(0, round(self._random.gauss(turns * rate, spread)))
        draw = self._random.random
        return sum([draw() < rate for _ in range(turns)])

    def _size(self) -> float:
        """Of one of the siblings, of which there must be some."""
        singles, how_many, draw = self._singles, self._how_many, self._random.random
        most, known = self._most, len(singles)
        while True:
            place = int(draw() * known)
            if how_many[place] > draw() * most:
                return singles[place]
