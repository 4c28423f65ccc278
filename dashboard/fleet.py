"""Who reports, what each has in force, and how many caches that makes: applied by n of m."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cache.config import Configuration
from metrics.channel import Announcement
from metrics.schema import MINUTE, Minute

ALIVE_SECONDS = 180
FORGOTTEN_SECONDS = 86_400


@dataclass(frozen=True)
class Instance:
    """One process of the image service, by its last word and its last minute."""

    name: str
    heard: float  # seconds since 1970
    announced: float | None  # when it last said what it runs on
    applied_at: float | None  # when it took that up
    alive: bool
    stopped: bool
    version: int
    policy: str
    capacity_bytes: int
    capped: bool
    refused_version: int | None
    problem: str
    last: Minute | None
    most_bytes: int | None = None  # what its machine's memory allows
    engine: str = ""  # of the cache that it shares with others; "" where its cache is its own
    fixed: str = ""  # why policy and capacity can't be changed from here
    cache_problem: str = ""  # why the shared cache can't be asked just now
    program: str = ""  # the version of what runs there

    @property
    def value(self) -> Mapping[str, int]:
        """The numbers of its last minute, by metric; empty before the first."""
        return self.last.values if self.last else {}


@dataclass(frozen=True)
class Fleet:
    """All instances heard within a day, and the newest document. ``unreadable`` tells of a newer one it hides.

    What is reported may be seen ``lag_seconds`` later: nobody is late before that.
    """

    now: float
    newest: Configuration
    instances: tuple[Instance, ...]
    unreadable: str = ""
    lag_seconds: float = 0.0

    @property
    def alive(self) -> tuple[Instance, ...]:
        return tuple(instance for instance in self.instances if instance.alive)

    @property
    def applied(self) -> tuple[Instance, ...]:
        """The living that run on the newest document."""
        return tuple(instance for instance in self.alive if instance.version == self.newest.version)

    @property
    def silent(self) -> tuple[Instance, ...]:
        """Those that went without a word of goodbye."""
        return tuple(instance for instance in self.instances if not instance.alive and not instance.stopped)

    @property
    def capped(self) -> tuple[Instance, ...]:
        return tuple(instance for instance in self.applied if instance.capped)

    @property
    def refusing(self) -> tuple[Instance, ...]:
        """The living that could not take up the newest document."""
        return tuple(instance for instance in self.alive if instance.refused_version == self.newest.version)

    @property
    def engine(self) -> str:
        """What the cache is called that the living share; while nobody lives, the one that was shared last."""
        return next((instance.engine for instance in self._told if instance.engine), "")

    @property
    def caches(self) -> int:
        """How many caches the living have: one that is shared is one."""
        own = sum(not instance.engine for instance in self.alive)
        return own + len({instance.engine for instance in self.alive if instance.engine})

    @property
    def shared(self) -> bool:
        """Whether all have the one cache of an engine."""
        return bool(self.engine) and self.caches <= 1

    @property
    def holders(self) -> tuple[Instance, ...]:
        """The living whose last minutes tell of all caches: each of its own, and one of them of the shared one."""
        own = [instance for instance in self.alive if instance.last and not instance.engine]
        sharing = [i for i in self.alive if i.engine and any(i.value.get(name) for name in ("capacity_bytes", "items"))]
        # The one before has told of it until it left off.
        return (*own, *sorted(sharing, key=lambda instance: instance.last.time)[-1:])

    @property
    def unanswered(self) -> tuple[Instance, ...]:
        """The living that get no answer from the shared cache."""
        return tuple(instance for instance in self.alive if instance.cache_problem)

    @property
    def fixed(self) -> str:
        """Why policy and capacity can't be changed from here; "" where they can."""
        return self._server.fixed if self._server else ""

    @property
    def setting(self) -> tuple[str, int]:
        """Policy and capacity in force: the newest document's, or the server's own. No capacity is no limit."""
        if self._server:
            return self._server.policy, self._server.capacity_bytes
        return self.newest.policy, self.newest.capacity_bytes

    @property
    def _server(self) -> Instance | None:
        """Whoever last told what the server has of its own."""
        told = [instance for instance in self._told if instance.fixed]
        return max(told, key=lambda instance: instance.announced or 0, default=None)

    @property
    def _told(self) -> tuple[Instance, ...]:
        return self.alive or self.instances

    @property
    def stopped(self) -> frozenset[str]:
        return frozenset(instance.name for instance in self.instances if instance.stopped)

    @property
    def last_complete(self) -> int | None:
        """The start of the last minute that anybody reported."""
        return max((instance.last.time for instance in self.instances if instance.last), default=None)

    @property
    def reporting(self) -> tuple[Instance, ...]:
        """The living that sent the last complete minute."""
        return tuple(i for i in self.alive if i.last and i.last.time == self.last_complete)


def fleet(
    newest: Configuration,
    announcements: Sequence[Announcement],
    last_minutes: Mapping[str, Minute],
    now: float,
    unreadable: str = "",
    lag_seconds: float = 0.0,
) -> Fleet:
    """The fleet of the moment; ``last_minutes`` holds each instance's last report."""
    said = {announcement.instance: announcement for announcement in announcements}
    instances = (
        _instance(name, said.get(name), last_minutes.get(name), now, lag_seconds)
        for name in sorted({*said, *last_minutes})
    )
    return Fleet(now, newest, tuple(i for i in instances if i.heard > now - FORGOTTEN_SECONDS), unreadable, lag_seconds)


def made_at(document: Configuration) -> float:
    """When a document was written, in seconds since 1970."""
    return datetime.fromisoformat(document.created_at).timestamp()


def _instance(name: str, said: Announcement | None, last: Minute | None, now: float, lag_seconds: float) -> Instance:
    reported = last.time + last.period_seconds if last else 0
    heard = max(said.time if said else 0, reported)
    # The minute that is flushed on the way out ends after the goodbye.
    stopped = said is not None and said.stopped and (last is None or said.time >= last.time)
    echoed = last is not None and (said is None or said.time < last.time)
    version = last.values.get("config_version", 0) if echoed else said.version
    return Instance(
        name=name,
        heard=heard,
        announced=said.time if said else None,
        applied_at=said.applied_at if said and said.version == version else None,
        alive=not stopped and now - heard <= ALIVE_SECONDS + lag_seconds,
        stopped=stopped,
        version=version,
        policy=said.policy if said else "",
        capacity_bytes=said.capacity_bytes if said else last.values.get("capacity_bytes", 0),
        capped=said is not None and said.capped,
        refused_version=said.refused_version if said else None,
        problem=said.problem if said else "",
        last=last,
        most_bytes=said.most_bytes if said else None,
        engine=said.engine if said else "",
        fixed=said.fixed if said else "",
        cache_problem=said.cache_problem if said else "",
        program=said.program if said else "",
    )


def seconds_since(fleet: Fleet) -> float | None:
    """How long ago the last complete minute ended; None before the first."""
    return None if fleet.last_complete is None else max(0.0, fleet.now - fleet.last_complete - MINUTE)
