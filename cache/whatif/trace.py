"""The last requests as a trace that other programs can replay: time, a hash in place of the key, size."""

from array import array
from collections.abc import Iterator
from threading import Lock

from cache.whatif.records import KIND_BITS, KIND_MASK, SIZE_SHIFT, TOO_LARGE, WIDTH_MASK, entry_hash, numbers

HEADER = "time,key,size\n"
_M64 = (1 << 64) - 1
_LINES = 1000


class Trace:
    """At most so many requests. An image that was replaced has another hash from then on."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._times, self._keys, self._sizes = array("d"), array("Q"), array("Q")

    def add(self, records: bytes, now: float) -> None:
        """Take the requests out of what the tap gave; ``now`` is close to when they were answered."""
        flat = numbers(records)
        with self._lock:
            for first, second, third in zip(flat[0::3], flat[1::3], flat[2::3], strict=True):
                if third & KIND_MASK <= TOO_LARGE:
                    entry = entry_hash(first, third >> KIND_BITS & WIDTH_MASK)
                    self._keys.append(entry ^ (second * 0xD6E8FEB86659FD93 & _M64))
                    self._sizes.append(third >> SIZE_SHIFT)
                    self._times.append(now)
            over = len(self._keys) - self._most
            if over > self._most // 8:
                for column in (self._times, self._keys, self._sizes):
                    del column[:over]

    def csv(self) -> Iterator[str]:
        """The header and the lines, some at a time, oldest first."""
        with self._lock:
            times, keys, sizes = (column[-self._most :] for column in (self._times, self._keys, self._sizes))
        yield HEADER
        for begin in range(0, len(keys), _LINES):
            part = slice(begin, begin + _LINES)
            rows = zip(times[part], keys[part], sizes[part], strict=True)
            yield "".join(f"{moment:.1f},{key},{size}\n" for moment, key, size in rows)
