"""The tap on the request path: one small record a request into a bounded ring, drained by somebody else.

Where the ring fills faster than it is drained it sheds by the hash of the entry, never by time: half of all entries,
then half of these. What is shed is counted and told, and an entry that is kept never misses a request.
"""

import struct
from collections.abc import Callable
from threading import Lock

from cache.whatif.records import (
    CLEARED,
    CONFIGURED,
    HIT,
    INVALIDATED,
    KIND_BITS,
    MINUTE_ENDED,
    NUMBERS,
    RECORD_BYTES,
    RESIZED_OUT,
    SIZE_SHIFT,
    entry_hash,
)
from cache.whatif.shedding import CALM_RECORDS, Shedding

_packed = struct.Struct(f"={NUMBERS}q").pack


class Entry:
    """What a request names: a key, the object that this means now, and the width (0: as it was sent).

    ``hit`` is the record of a hit of it, once there was one: whoever holds an entry as long as its body saves each
    hit the hashing and packing.
    """

    __slots__ = ("hit", "key", "object_id", "width")

    def __init__(self, key: str, object_id: str, width: int = 0) -> None:
        self.key = key
        self.object_id = object_id
        self.width = width
        self.hit = b""


class Tap:
    """Written to by every request's thread; ``take`` is for one reader.

    No lock in the common case: each operation on the list is one step of the interpreter, which no other thread
    comes between.
    """

    def __init__(self, calm_records: int = CALM_RECORDS, hashed: Callable[[str], int] = hash) -> None:
        """``hashed`` gives 64 bits, signed; the interpreter's own differ from process to process."""
        self._hashed = hashed
        self._ring: list[bytes] = []
        self._calm = calm_records
        self._lock = Lock()
        self._shedding = Shedding(calm_records)
        self._in_force = (0, 0)

    @property
    def level(self) -> int:
        """Of the entries whose requests are not shed."""
        return self._shedding.level

    def request(self, entry: Entry, payload_bytes: int, outcome: int) -> None:
        """An answered request; ``outcome`` is one of OUTCOMES, ``payload_bytes`` the same at each hit of an entry."""
        ring = self._ring
        if len(ring) > self._calm or self._shedding.level:
            self._request_in_a_rush(entry, payload_bytes, outcome)
        else:
            ring.append((outcome == HIT and entry.hit) or self._record(entry, payload_bytes, outcome))

    def invalidated(self, key: str) -> None:
        """A key was replaced, deleted or purged."""
        self._ring.append(_packed(self._hashed(key), 0, INVALIDATED))

    def cleared(self) -> None:
        """Everything was purged."""
        self._ring.append(_packed(0, 0, CLEARED))

    def resized_out(self, key: str, width: int) -> None:
        """An entry was evicted because the capacity was lowered."""
        if len(self._ring) <= self._calm:  # many go at once; of the rest it is not known why they are missed
            self._ring.append(_packed(self._hashed(key), 0, width << KIND_BITS | RESIZED_OUT))

    def configured(self, policy_place: int, capacity_bytes: int) -> None:
        """Another policy or capacity is in force."""
        self._in_force = capacity_bytes, policy_place
        self._ring.append(_packed(*self._in_force, CONFIGURED))

    def minute_ended(self, start: int, going_on: bool = False) -> None:
        """The minute is over; or ``going_on``, and its counts so far are wanted."""
        self._ring.append(_packed(start, int(going_on), MINUTE_ENDED))

    def take(self, most_bytes: int) -> bytes:
        """The oldest records, which leave the ring; what was shed is told in front of them."""
        ring = self._ring
        count = min(len(ring), most_bytes // RECORD_BYTES)
        with self._lock:
            told = self._shedding.tell()
        taken = ring[:count]
        del ring[:count]
        return told + b"".join(taken)

    def renew(self) -> None:
        """Forget what is not taken yet, and shed nothing: who reads begins anew, with what is in force."""
        with self._lock:
            self._ring = [_packed(*self._in_force, CONFIGURED)]
            self._shedding = Shedding(self._calm)

    def __len__(self) -> int:
        return len(self._ring)

    def _request_in_a_rush(self, entry: Entry, payload_bytes: int, outcome: int) -> None:
        with self._lock:
            hashed = entry_hash(self._hashed(entry.key), entry.width)
            if not self._shedding.leaves_out(len(self._ring), hashed, payload_bytes, outcome):
                self._ring.append(self._record(entry, payload_bytes, outcome))

    def _record(self, entry: Entry, payload_bytes: int, outcome: int) -> bytes:
        third = payload_bytes << SIZE_SHIFT | entry.width << KIND_BITS | outcome
        record = _packed(self._hashed(entry.key), self._hashed(entry.object_id), third)
        if outcome == HIT:
            entry.hit = record
        return record
