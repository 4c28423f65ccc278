"""What a slot that is a sample misses without looking at it: drawn from what it does look at.

An entry that is looked at, one in n, stands for n - 1 others that are not: its siblings. In the mean they are missed as
often as it is, at other times, so between two misses of the sample come some n - 1 of theirs. Where what is kept hangs
on a few entries, these must be there one by one; which they are does not matter, only when they come and how large.
"""

from array import array
from random import Random

AS_OF_LATE = 256
"""Misses of a slot after which those so far count half."""
DRAWN_SINGLY = 16
"""Over up to so many turns each may have a miss or not; over more the number of misses is as good as normal."""
LARGEST_EVERY = 32


class Siblings:
    """Of one slot. All sizes are scaled down as the slot's capacity is."""

    def __init__(self, level: int, random: Random) -> None:
        self.level = level
        self._random = random
        self._singles = array("d")  # of recent misses: the size of a single one, and how many siblings
        self._how_many = array("L")
        self._next = 0
        self._misses = self._weights = self._siblings = self._bytes = self._turns = 0.0
        self._last_turn = -1
        self._largest = 0.0

    def single(self, size_bytes: int) -> float:
        """What one entry takes up, for itself alone."""
        return size_bytes / (1 << self.level)

    def missed(self, size_bytes: int, weight: int, turn: int) -> None:
        """The sample missed an entry, which weighs ``weight`` for all that it stands for."""
        single = self.single(size_bytes)
        siblings = round(weight / single) - 1
        self._note(single, siblings)
        if self._last_turn >= 0:
            self._misses += 1
            self._weights += weight
            self._siblings += siblings
            self._bytes += siblings * single
            self._turns += turn - self._last_turn
        self._last_turn = turn
        if self._misses > AS_OF_LATE:
            self._misses, self._weights, self._siblings = self._misses / 2, self._weights / 2, self._siblings / 2
            self._bytes, self._turns = self._bytes / 2, self._turns / 2

    @property
    def weight(self) -> float:
        """Of a miss of the sample, in the mean."""
        return self._weights / self._misses if self._misses else 0.0

    @property
    def bytes_a_turn(self) -> float:
        return self._bytes / self._turns if self._turns else 0.0

    def between(self, turns: int, room: float = 0.0) -> list[float]:
        """Siblings missed over so many turns, each by its size; in one sum where they fit into ``room`` anyway."""
        count = self._count(turns)
        if not count:
            return []
        if count * self._largest <= room:
            return [count * self._bytes / self._siblings]
        return [self._size() for _ in range(count)]

    def _note(self, single: float, siblings: int) -> None:
        if len(self._singles) < AS_OF_LATE:
            self._singles.append(single)
            self._how_many.append(siblings)
        else:
            self._singles[self._next], self._how_many[self._next] = single, siblings
            self._next = (self._next + 1) % AS_OF_LATE
        self._largest = max(self._largest, single) if self._next % LARGEST_EVERY else max(self._singles)

    def _count(self, turns: int) -> int:
        if not self._siblings or turns <= 0:
            return 0
        rate = min(1.0, self._siblings / self._turns)
        if turns > DRAWN_SINGLY:
            spread = (turns * rate * (1 - rate)) ** 0.5
            return max(0, round(self._random.gauss(turns * rate, spread)))
        draw = self._random.random
        return sum([draw() < rate for _ in range(turns)])

    def _size(self) -> float:
        singles, how_many, draw = self._singles, self._how_many, self._random.random
        most, recent = 1 << self.level, len(singles)
        while True:
            place = int(draw() * recent)
            if how_many[place] >= draw() * most:
                return singles[place]
