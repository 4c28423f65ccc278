"""What Redis says of itself: the few lines of INFO that are looked at. Pure; sizes in bytes."""

from dataclasses import dataclass

from cache.engines import REDIS_POLICIES

RESERVED_BYTES = 1 << 20
"""What ``maxmemory`` is above a capacity and ``used_memory`` above a size: the engine and its first connections."""
NAMES = {theirs: ours for ours, theirs in REDIS_POLICIES.items()}


@dataclass(frozen=True)
class Facts:
    """``keys`` are how many each database has, ``policy`` is in its own words."""

    used_bytes: int
    max_bytes: int
    policy: str
    memory_bytes: int
    evicted: int
    version: tuple[int, ...]
    keys: dict[int, int]

    @property
    def capacity_bytes(self) -> int:
        """Without a limit, all the memory of its machine."""
        return max(0, self.max_bytes - RESERVED_BYTES) if self.max_bytes else self.memory_bytes

    @property
    def size_bytes(self) -> int:
        """Entries with all they cost, and whatever the engine keeps beside them."""
        return max(0, self.used_bytes - RESERVED_BYTES)

    @property
    def our_policy(self) -> str:
        """By our name, else in its own words."""
        return NAMES.get(self.policy, self.policy)


def facts(info: bytes) -> Facts:
    """Read the answer to INFO; what a managed engine does not tell is 0."""
    told = dict(line.split(":", 1) for line in info.decode(errors="replace").splitlines() if ":" in line)

    def number(name: str) -> int:
        return int(told.get(name, 0) or 0)

    return Facts(
        used_bytes=number("used_memory"),
        max_bytes=number("maxmemory"),
        policy=told.get("maxmemory_policy", ""),
        memory_bytes=number("total_system_memory"),
        evicted=number("evicted_keys"),
        version=tuple(int(part) for part in told.get("redis_version", "0").split(".") if part.isdigit()),
        keys={int(name[2:]): _keys(value) for name, value in told.items() if name[:2] == "db" and name[2:].isdigit()},
    )


def _keys(database: str) -> int:
    """Of ``keys=12,expires=0,avg_ttl=0``."""
    return int(database.partition(",")[0].removeprefix("keys="))
