"""What an entry takes up in the cache that is shadowed, by its payload; all in bytes."""

from collections.abc import Callable

from cache.ledger import ENTRY_OVERHEAD_BYTES

REDIS_HEAD_BYTES = 92
"""In front of the payload: our own head, and that of Redis' string."""
REDIS_KEY_BYTES = 100
"""Its name, its object and its place in the table; a test compares all this with a real one's ``used_memory``."""
CLASSES_A_DOUBLING = 4


def in_memory(payload_bytes: int) -> int:
    return payload_bytes + ENTRY_OVERHEAD_BYTES


def in_redis(payload_bytes: int) -> int:
    """Its allocator rounds up to one of four sizes a doubling (jemalloc's size classes)."""
    wanted = payload_bytes + REDIS_HEAD_BYTES
    step = max(16, (1 << (wanted - 1).bit_length()) // (2 * CLASSES_A_DOUBLING))
    return -(-wanted // step) * step + REDIS_KEY_BYTES


SIZES: dict[str, Callable[[int], int]] = {"": in_memory, "Redis": in_redis}
"""By the name of the engine; no name for a cache in a process's own memory."""
