"""Hashes of names that are the same in every process, for those whose records come together."""

from functools import lru_cache
from hashlib import blake2b

REMEMBERED = 1 << 16


@lru_cache(REMEMBERED)
def everywhere(name: str) -> int:
    """64 bits, signed, well mixed: sampling goes by the leading ones."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)
