"""Greedy-Dual-Size with frequency: what is small and often used stays, and everything ages.

L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy" (HP Labs 1998), with
a cost of 1 for each miss: the priority of a key is uses / size, above the priority of the last that went.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

# A use leaves the key's former place in the heap behind; beyond so many for each key the heap is swept.
PLACES_A_KEY = 4
FEWEST_PLACES = 64


@dataclass(slots=True)
class _Key:
    size_bytes: int
    uses: int
    place: tuple[float, int]


class Gdsf:
    label = "GDSF"
    summary = "Keeps what is small and often used: the most hits for the room, at the expense of large images."

    def __init__(self) -> None:
        self._keys: dict[Hashable, _Key] = {}
        self._heap: list[tuple[tuple[float, int], Hashable]] = []
        self._inflation = 0.0
        self._turn = 0

    def add(self, key: Hashable, size_bytes: int) -> None:
        self._keys[key] = _Key(size_bytes, 0, (0.0, 0))
        self.touch(key)

    def touch(self, key: Hashable) -> None:
        held = self._keys[key]
        held.uses += 1
        self._turn += 1  # of two with one priority the one used the longest ago goes, and keys are never compared
        held.place = (self._inflation + held.uses / held.size_bytes, self._turn)
        heappush(self._heap, (held.place, key))
        if len(self._heap) > max(FEWEST_PLACES, PLACES_A_KEY * len(self._keys)):
            self._sweep()

    def remove(self, key: Hashable) -> None:
        del self._keys[key]

    def evict(self) -> Hashable:
        if not self._keys:
            raise IndexError("nothing to evict")
        while True:
            place, key = heappop(self._heap)
            held = self._keys.get(key)
            if held is not None and held.place == place:
                self._inflation = place[0]
                del self._keys[key]
                return key

    def __iter__(self) -> Iterator[Hashable]:
        return iter(sorted(self._keys, key=lambda key: self._keys[key].place))

    def _sweep(self) -> None:
        self._heap = [(held.place, key) for key, held in self._keys.items()]
        heapify(self._heap)
