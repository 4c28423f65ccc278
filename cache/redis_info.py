"""What Redis says of itself: the few lines of INFO that are looked at. Pure; sizes in bytes."""

from dataclasses import dataclass

from cache.engines import REDIS_POLICIES

BUFFERS_BYTES = 1 << 18
"""Of the engine's own, that grow with use and stand nowhere: about so much was seen after a thousand requests."""
STEP_BYTES = 1 << 18
"""What is set aside for the engine and its connections goes by steps of this, and half of one is left to them."""
NAMES = {theirs: ours for ours, theirs in REDIS_POLICIES.items()}


@dataclass(frozen=True)
class Facts:
    """``beside_bytes`` is what the engine and its connections take up, which counts towards ``max_bytes`` as keys do.

    ``keys`` are how many each database has, ``policy`` is in its own words.
    """

    used_bytes: int
    beside_bytes: int
    max_bytes: int
    policy: str
    memory_bytes: int
    evicted: int
    version: tuple[int, ...]
    keys: dict[int, int]

    @property
    def reserved_bytes(self) -> int:
        """What ``maxmemory`` is to be above a capacity."""
        return -(-(self.beside_bytes + STEP_BYTES // 2) // STEP_BYTES) * STEP_BYTES

    @property
    def capacity_bytes(self) -> int:
        """Without a limit, all the memory of its machine."""
        return max(0, self.max_bytes - self.reserved_bytes) if self.max_bytes else self.memory_bytes

    @property
    def size_bytes(self) -> int:
        """Entries with all they cost."""
        return max(0, self.used_bytes - self.beside_bytes)

    @property
    def our_policy(self) -> str:
        """By our name, else in its own words."""
        return NAMES.get(self.policy, self.policy)

    def holds(self, capacity_bytes: int) -> bool:
        """Whether its limit leaves so much to entries, and not much more."""
        more = self.max_bytes - capacity_bytes - self.beside_bytes
        return STEP_BYTES // 4 <= more <= 3 * STEP_BYTES


def facts(info: bytes) -> Facts:
    """Read the answer to INFO; what a managed engine does not tell is 0."""
    told = dict(line.split(":", 1) for line in info.decode(errors="replace").splitlines() if ":" in line)

    def number(name: str) -> int:
        return int(told.get(name, 0) or 0)

    return Facts(
        used_bytes=number("used_memory"),
        beside_bytes=number("used_memory_startup") + number("mem_clients_normal") + BUFFERS_BYTES,
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
