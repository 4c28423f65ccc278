"""Policy and capacity of a Redis: set where that is asked for and may be done, else shown as they are."""

import logging
from collections.abc import Iterator

from cache.cache import Applied, Unsuitable
from cache.engines import REDIS_POLICIES
from cache.redis_info import Facts
from cache.redis_line import EngineRefused, Line

log = logging.getLogger(__name__)

PREFIX = b"hitrate:"
A_SCAN = 1000
SHARE_OF_MEMORY = 0.7
"""Of its machine's memory; the rest is for the engine's buffers, its copy while it saves, and everybody else."""

NOT_ASKED_TO = "CACHE_URL does not say manage=1, so nobody but its owner sets it up"
FOREIGN = "it holds keys of somebody else, whose limits and order of eviction are not ours to change"
REFUSES = "it does not let its settings be changed, as managed engines do"


class Settings:
    """What is wanted and what is so. ``fixed`` says why the one can't be made the other."""

    def __init__(self, line: Line, database: int, manage: bool) -> None:
        self._line = line
        self._database = database
        self._wanted: tuple[str, int] | None = None
        self.facts: Facts | None = None
        self.fixed = "" if manage else NOT_ASKED_TO

    def want(self, policy: str, capacity_bytes: int) -> None:
        """Raises Unsuitable for a policy that Redis does not have, where it is ours to choose."""
        if not self.fixed and policy not in REDIS_POLICIES:
            raise Unsuitable(f"Redis evicts by {', '.join(REDIS_POLICIES)}, not by {policy}")
        self._wanted = policy, capacity_bytes

    def apply(self) -> bool:
        """Make it so where it is not: at first, after an edit, after Redis began anew, with more connections.

        Whether it was changed. Raises EngineSilent. For one process at a time.
        """
        if self._wanted is None or self.facts is None or self.fixed or not (differing := self._differing()):
            return False
        if self._has_foreign_keys():
            self.fixed = FOREIGN
        else:
            try:
                for name, value in differing.items():
                    self._line.look("CONFIG", "SET", name, value)
                log.debug("Redis is set to %s", differing)
                return True
            except EngineRefused as refused:
                log.debug("CONFIG SET is refused: %s", refused)
                self.fixed = REFUSES
        log.warning("The policy and the capacity of Redis stay as they are: %s", self.fixed)
        return False

    @property
    def capacity_bytes(self) -> int:
        """What entries may take up."""
        if self.facts is None:
            return 0
        return self.facts.capacity_bytes if self.fixed or self._wanted is None else self._wanted_bytes()

    def applied(self, problem: str = "") -> Applied:
        if self.facts is None:  # never reached yet
            policy, capacity_bytes = self._wanted or ("", 0)
            return Applied(policy, capacity_bytes, fixed=self.fixed, problem=problem)
        return Applied(self.facts.our_policy, self.capacity_bytes, self._most_bytes(), self.fixed, problem)

    def _differing(self) -> dict[str, str]:
        policy, capacity_bytes = REDIS_POLICIES[self._wanted[0]], self._wanted_bytes()
        differing = {}
        if self.facts.policy != policy:
            differing["maxmemory-policy"] = policy
        if not self.facts.holds(capacity_bytes):
            differing["maxmemory"] = str(capacity_bytes + self.facts.reserved_bytes)
        return differing

    def _wanted_bytes(self) -> int:
        return min(self._wanted[1], self._most_bytes() or self._wanted[1])

    def _most_bytes(self) -> int | None:
        return int(self.facts.memory_bytes * SHARE_OF_MEMORY) or None

    def _has_foreign_keys(self) -> bool:
        if any(count for database, count in self.facts.keys.items() if database != self._database):
            return True
        return any(not key.startswith(PREFIX) for key in all_keys(self._line))


def all_keys(line: Line) -> Iterator[bytes]:
    """Every key of the database, some perhaps twice. Raises EngineSilent."""
    cursor: bytes | int = 0
    while True:
        cursor, keys = line.look("SCAN", cursor, "COUNT", A_SCAN)
        yield from keys
        if int(cursor) == 0:
            return
