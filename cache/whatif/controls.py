"""What is known of all entries and of each sample alike: what the live cache missed, and which entries were new."""

from collections.abc import Sequence

from cache.whatif.estimate import GROUP_MASK, GROUPS
from cache.whatif.records import MAX_LEVEL, level_of

MISSED, NEW = range(2)


class Controls:
    """Requests and bytes by level and group of their entry, since they were last cleared."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._requests = [[[0.0] * GROUPS for _ in range(MAX_LEVEL + 1)] for _ in (MISSED, NEW)]
        self._bytes = [[[0.0] * GROUPS for _ in range(MAX_LEVEL + 1)] for _ in (MISSED, NEW)]

    def add(self, which: int, entry: int, payload_bytes: int, times: float = 1.0) -> None:
        level, group = level_of(entry), entry & GROUP_MASK
        self._requests[which][level][group] += times
        self._bytes[which][level][group] += times * payload_bytes

    def scaled(self, level: int) -> tuple[list[list[float]], list[list[float]]]:
        """Missed and new requests by group as a sample at this level sees them, scaled up; the same in bytes."""
        return _scaled(self._requests, level), _scaled(self._bytes, level)

    def totals(self, which: int, least_level: int) -> list[float]:
        """Requests and bytes of all entries, where nothing is told of those below a level."""
        both = self._requests[which], self._bytes[which]
        return [float(sum(map(sum, levels[least_level:])) * (1 << least_level)) for levels in both]


def _scaled(counts: Sequence[Sequence[Sequence[float]]], level: int) -> list[list[float]]:
    scale = 1 << level
    return [[scale * sum(group) for group in zip(*of_one[level:], strict=True)] for of_one in counts]
