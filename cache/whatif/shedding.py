"""What is left out where more comes than can be replayed: by the hash of the entry, never by time."""

import struct

from cache.whatif.records import KIND_BITS, MAX_LEVEL, NUMBERS, OUTCOMES, SHED, level_of

RING_RECORDS = 1 << 16
CALM_RECORDS = RING_RECORDS // 2
"""Up to here nothing is shed; each half of what is left above it takes the level one up."""

_packed = struct.Struct(f"={NUMBERS}q").pack


class Shedding:
    """Half of all entries, then half of these. Not thread safe.

    The level only rises, until whoever reads begins anew: the past of an entry that was shed is not known.
    """

    def __init__(self, calm_records: int = CALM_RECORDS) -> None:
        self.calm_records = calm_records
        self.level = 0
        self._shed = [[0, 0] for _ in OUTCOMES]

    def leaves_out(self, waiting: int, entry: int, payload_bytes: int, outcome: int) -> bool:
        """Whether a request is left out, and so only counted, with so many records waiting before it."""
        self.level = max(self.level, self._level_for(waiting))
        if level_of(entry) >= self.level:
            return False
        self._shed[outcome][0] += 1
        self._shed[outcome][1] += payload_bytes
        return True

    def tell(self) -> bytes:
        """Records of what was left out since the last time."""
        shed, self._shed = self._shed, [[0, 0] for _ in OUTCOMES]
        return b"".join(
            _packed(requests, payload_bytes, self.level << 2 * KIND_BITS | outcome << KIND_BITS | SHED)
            for outcome, (requests, payload_bytes) in zip(OUTCOMES, shed, strict=True)
            if requests
        )

    def _level_for(self, waiting: int) -> int:
        level, room, full = 0, self.calm_records, self.calm_records
        while waiting > full and level < MAX_LEVEL:
            level += 1
            room //= 2
            full += room
        return level
