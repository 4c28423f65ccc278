"""Engines that evict by themselves, and what each calls the policies that it has."""

REDIS_POLICIES: dict[str, str] = {"lru": "allkeys-lru", "random": "allkeys-random", "lfu": "allkeys-lfu"}
"""Policies by our names, and as ``maxmemory-policy`` of Redis and Valkey."""

ENGINE_POLICIES: dict[str, tuple[str, ...]] = {"Redis": tuple(REDIS_POLICIES)}
"""What may be chosen where a cache is an engine's; any policy where it is a process's own."""
