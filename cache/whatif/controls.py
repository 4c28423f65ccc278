"""What is known of all entries and of each sample alike: what the live cache missed, and which entries were new."""

from array import array

from cache.whatif.estimate import GROUP_MASK, GROUPS
from cache.whatif.records import level_of
from cache.whatif.weights import Weights

MISSED, NEW = range(2)
Table = dict[tuple[int, int], array]
"""By bits of the size and level of an entry, a number a group."""


class Controls:
    """Requests and bytes by size, level and group of their entry, since they were last cleared."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._requests: tuple[Table, Table] = ({}, {})
        self._bytes: tuple[Table, Table] = ({}, {})

    def add(self, which: int, entry: int, size_bytes: int, payload_bytes: int, times: float = 1.0) -> None:
        alike, group = (size_bytes.bit_length(), level_of(entry)), entry & GROUP_MASK
        if alike not in self._requests[which]:
            self._requests[which][alike] = array("d", bytes(8 * GROUPS))
            self._bytes[which][alike] = array("d", bytes(8 * GROUPS))
        self._requests[which][alike][group] += times
        self._bytes[which][alike][group] += times * payload_bytes

    def scaled(self, slot: int, weights: Weights) -> list[list[list[float]]]:
        """Missed and new requests by group as a slot's sample sees them, scaled up; the same in bytes."""
        return [[_scaled(table, slot, weights) for table in both] for both in (self._requests, self._bytes)]

    def totals(self, which: int, least_level: int) -> list[float]:
        """Requests and bytes of all entries, where nothing is told of those below a level."""
        tables = self._requests[which], self._bytes[which]
        return [
            float(sum(sum(groups) for (_, level), groups in table.items() if level >= least_level) * (1 << least_level))
            for table in tables
        ]


def _scaled(table: Table, slot: int, weights: Weights) -> list[float]:
    by_scale: dict[int, list[array]] = {}
    for (bits, level), groups in table.items():
        least = weights.least(slot, 1 << bits - 1)
        if level >= least:
            by_scale.setdefault(1 << least, []).append(groups)
    sums = [0.0] * GROUPS
    for scale, alike in by_scale.items():
        sums = [so_far + scale * sum(more) for so_far, *more in zip(sums, *alike, strict=True)]
    return sums
