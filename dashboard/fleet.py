"""Who reports, and what each has in force: applied by n of m."""

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
    return Instance(
        name=name,
        heard=heard,
        announced=said.time if said else None,
        alive=not stopped and now - heard <= ALIVE_SECONDS + lag_seconds,
        stopped=stopped,
        version=last.values.get("config_version", 0) if echoed else said.version,
        policy=said.policy if said else "",
        capacity_bytes=said.capacity_bytes if said else last.values.get("capacity_bytes", 0),
        capped=said is not None and said.capped,
        refused_version=said.refused_version if said else None,
        problem=said.problem if said else "",
        last=last,
        most_bytes=said.most_bytes if said else None,
    )


def seconds_since(fleet: Fleet) -> float | None:
    """How long ago the last complete minute ended; None before the first."""
    return None if fleet.last_complete is None else max(0.0, fleet.now - fleet.last_complete - MINUTE)
