"""Which cache a CACHE_URL names."""

from collections.abc import Callable
from typing import Any

from cache.cache import Cache, Row
from cache.config import DEFAULT
from cache.memory import MemoryCache
from cache.redis_url import SCHEMES, read_url
from cache.whatif.tap import Tap

Find = Callable[[str], Row | None]


def _memory(_url: str, _packing: Any, _find: Find, tap: Tap | None) -> Cache:
    return MemoryCache(DEFAULT.policy, DEFAULT.capacity_bytes, tap)


def _redis(url: str, packing: Any, find: Find, tap: Tap | None) -> Cache:
    from cache.redis_cache import RedisCache

    return RedisCache(url, packing, find, tap)


# An adapter is imported only when its URL asks for it: its SDK may be large.
CACHES: dict[str, Callable[[str, Any, Find, Tap | None], Cache]] = {
    "memory": _memory,
    **dict.fromkeys(SCHEMES, _redis),
}


def check_url(url: str) -> str:
    """The URL of a cache as it is; ValueError, in words, for one that does not hold."""
    scheme = url.partition(":")[0]
    if scheme not in CACHES:
        raise ValueError(f"must begin with {', '.join(f'{name}:' for name in CACHES)} and not with {scheme!r}")
    if is_shared(url):
        read_url(url)
    return url


def is_shared(url: str) -> bool:
    """Whether several processes that name this URL share one cache."""
    return url.partition(":")[0] in SCHEMES


def open_cache(url: str, packing: Any, find: Find, tap: Tap | None = None) -> Cache:
    """The cache at a URL that was checked.

    ``packing`` makes bytes of bodies where they leave the process, and ``find`` reads a row from the catalog.
    """
    return CACHES[url.partition(":")[0]](url, packing, find, tap)
