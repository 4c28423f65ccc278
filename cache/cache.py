"""What a cache does, whoever holds the bytes: the port of ``memory.py`` and ``redis_cache.py``."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol


class Row(Protocol):
    """What the catalog says of a key; all the cache needs of it is the object that the key means now."""

    @property
    def object_id(self) -> str: ...


class Put(Enum):
    """What became of a fill."""

    STORED = "stored"
    TOO_LARGE = "too large"
    STALE = "stale"
    FAILED = "failed"  # a shared cache did not take it


@dataclass(frozen=True)
class Usage:
    """The cache at one instant; ``evictions`` and what follows it count from its start.

    ``failures`` and ``rubbish`` are of a cache that instances share, and None of any other.
    """

    items: int
    size_bytes: int
    capacity_bytes: int
    evictions: int
    failures: int | None = None
    rubbish: int | None = None


@dataclass(frozen=True)
class Applied:
    """What is really in force: ``policy`` by our name, else in the engine's words.

    ``most_bytes`` is the most capacity that can be given, where that is known. ``fixed`` says why neither can be
    changed from here, and ``problem`` why the cache can't be asked just now; both are empty where they are not so.
    """

    policy: str
    capacity_bytes: int
    most_bytes: int | None = None
    fixed: str = ""
    problem: str = ""


class Unsuitable(ValueError):
    """A policy that this cache can't follow; the message says so to people."""


class Rubbish(ValueError):
    """An entry of a shared cache that is not what was stored under its name."""


class Cache(Protocol):
    """Key -> row beside (object, width) -> body. Width 0 is the image as it was sent."""

    engine: str
    """A name of ENGINE_POLICIES where instances share the cache; empty where it is this process's own."""

    def row(self, key: str) -> Any | None:
        """The row of a key, where it is known."""

    def learn(self, key: str, generation: int, row: Row) -> bool:
        """A row that was just read; whether it was noted, and a body of it may be held all the same."""

    def get(self, object_id: str, width: int) -> Any | None:
        """The body of an object at a width, as a use of it."""

    def peek(self, object_id: str, width: int) -> Any | None:
        """The body, without counting as a use; None also where that can't be had."""

    def generation(self, key: str) -> int:
        """Read before the row: a fill is kept only if the key was not invalidated since."""

    def put(self, key: str, generation: int, row: Row, width: int, body: Any, payload_bytes: int) -> Put:
        """Keep a body and its row, if it fits and neither is out of date."""

    def invalidate(self, key: str) -> None:
        """Forget a key that was replaced or deleted, with all sizes of its image, and any fill that is under way."""

    def purge(self, key: str) -> None:
        """Forget a key that somebody asked to be cleared: its image may be the very same."""

    def clear(self) -> None:
        """Forget everything."""

    def reconfigure(self, policy: str, capacity_bytes: int) -> None:
        """Go on with another policy or capacity; what fits stays. Raises Unsuitable."""

    def settle(self) -> bool:
        """One small step down to a lowered capacity; True while more are needed."""

    def applied(self) -> Applied:
        """What of that is in force."""

    def usage(self) -> Usage:
        """The gauges of the moment."""

    def close(self) -> None:
        """Let go of what is outside the process."""
