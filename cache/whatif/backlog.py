"""Records of several senders that wait for the replay. It sheds as a tap does, so that no more than so many wait."""

from cache.whatif.records import (
    KIND_BITS,
    KIND_MASK,
    NUMBERS,
    OUTCOMES,
    RECORD_BYTES,
    SIZE_SHIFT,
    WIDTH_MASK,
    entry_hash,
    numbers,
)
from cache.whatif.shedding import CALM_RECORDS, Shedding


class Backlog:
    def __init__(self, calm_records: int = CALM_RECORDS) -> None:
        self._waiting = bytearray()
        self._shedding = Shedding(calm_records)

    def __len__(self) -> int:
        return len(self._waiting) // RECORD_BYTES

    def add(self, records: bytes) -> None:
        """Take in what came, in its order."""
        shedding = self._shedding
        calm = 0 if shedding.level else max(0, shedding.calm_records - len(self)) * RECORD_BYTES
        self._waiting += records[:calm]
        rest = records[calm:]
        flat = numbers(rest)
        for place in range(0, len(flat), NUMBERS):
            first, third = flat[place], flat[place + 2]
            kind = third & KIND_MASK
            if kind in OUTCOMES:
                entry = entry_hash(first, third >> KIND_BITS & WIDTH_MASK)
                if shedding.leaves_out(len(self), entry, third >> SIZE_SHIFT, kind):
                    continue
            at = place * RECORD_BYTES // NUMBERS
            self._waiting += rest[at : at + RECORD_BYTES]

    def take(self, most_bytes: int) -> bytes:
        """The oldest, which leave it; what was shed is told in front of them."""
        told = self._shedding.tell()
        whole = most_bytes // RECORD_BYTES * RECORD_BYTES
        taken = bytes(self._waiting[:whole])
        del self._waiting[:whole]
        return told + taken

    def clear(self) -> None:
        """Whoever reads begins anew."""
        self._waiting.clear()
        self._shedding = Shedding(self._shedding.calm_records)
