"""What the tap writes down and the replay reads, in the order in which it happened: three signed 64-bit numbers each.

| kind | first | second | third, above the kind's 4 bits |
|---|---|---|---|
| a request (its outcome is the kind) | hash of the key | hash of the object | width (16 bits), payload bytes |
| INVALIDATED | hash of the key | - | - |
| CLEARED | - | - | - |
| RESIZED_OUT | hash of the key | - | width |
| CONFIGURED | capacity in bytes | place of the policy in POLICIES | - |
| SHED | requests left out | their payload bytes | their outcome (4 bits), level from now on (0: lost) |
| MINUTE_ENDED | start of the minute, Unix seconds | 1 where it goes on | - |
"""

from array import array

HIT, MISS, COLLAPSED, TOO_LARGE, INVALIDATED, CLEARED, RESIZED_OUT, CONFIGURED, SHED, MINUTE_ENDED = range(10)
OUTCOMES = (HIT, MISS, COLLAPSED, TOO_LARGE)
KIND_BITS = 4
KIND_MASK = (1 << KIND_BITS) - 1
WIDTH_BITS = 16
WIDTH_MASK = (1 << WIDTH_BITS) - 1
SIZE_SHIFT = KIND_BITS + WIDTH_BITS
NUMBERS = 3
RECORD_BYTES = 8 * NUMBERS
MAX_LEVEL = 20

Record = tuple[int, int, int]

_M64 = (1 << 64) - 1
_SPREAD = 0x9E3779B97F4A7C15


def entry_hash(key_hash: int, width: int) -> int:
    """64 bits for an entry: a key at a width."""
    return (key_hash ^ (width * _SPREAD)) & _M64 if width else key_hash & _M64


def level_of(entry: int) -> int:
    """At which levels of sampling an entry is still looked at: level n looks at one in 2^n, the same always."""
    return min(MAX_LEVEL, 64 - entry.bit_length())


def numbers(data: bytes) -> array:
    """The records of ``data``, flat."""
    flat = array("q")
    flat.frombytes(data)
    return flat


def in_order(records: list[Record]) -> list[Record]:
    """Who waited for a fetch may answer before who fetched: put the fetch in front."""
    waiting: dict[Record, int] = {}
    for place, (first, second, third) in enumerate(records):
        kind = third & KIND_MASK
        if kind == COLLAPSED:
            waiting.setdefault((first, second, third - kind), place)
        elif waiting and kind in (HIT, MISS, TOO_LARGE):
            before = waiting.pop((first, second, third - kind), None)
            if before is not None and kind == MISS:
                records[place], records[before] = records[before], records[place]
    return records
