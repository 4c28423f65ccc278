"""What passes between the two apps, whichever way it travels: statistics one way, configuration the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

from cache.config import Configuration
from metrics.calls import Calls
from metrics.curves import Curve
from metrics.decisions import Decision
from metrics.schema import Minute


class ChannelUnavailable(Exception):
    """The channel could not be asked just now; trying again later may help. The message says why.

    ``throttled`` tells that it was asked too often; ``delivered`` are the minutes of a send that had arrived before.
    """

    def __init__(self, message: str, *, throttled: bool = False, delivered: Sequence[Minute] = ()) -> None:
        super().__init__(message)
        self.throttled = throttled
        self.delivered = tuple(delivered)


class VersionConflict(Exception):
    """Another document took the version first; ``newest`` is the one in force now."""

    def __init__(self, newest: Configuration) -> None:
        super().__init__(f"version {newest.version} is already written")
        self.newest = newest


class ConfigurationRefused(Exception):
    """The newest document holds what this program does not know: its ``version``, and why in the message."""

    def __init__(self, version: int, problem: str) -> None:
        super().__init__(problem)
        self.version = version


@dataclass(frozen=True)
class Announcement:
    """What an instance says of itself when it starts, stops, or has taken up or refused a configuration.

    ``time`` is seconds since 1970, UTC; ``version`` the configuration it runs on, and ``applied_at`` when it took that
    up, whatever restarts came since; None where it knew no other before. ``capacity_bytes`` is what it really
    applies, and ``capped`` that this is less than was asked for; ``refused_version`` and ``problem`` tell of a newer
    document that it could not take up. ``most_bytes`` is the most that its machine's memory allows, where it says so.
    ``program`` is the version of the program that runs there.

    Where the cache is one that all instances share, ``engine`` is what it is called (a name of ENGINE_POLICIES), and
    ``cache_problem`` why it can't be asked just now. ``fixed`` says why its policy and capacity can't be changed from
    here; these are then its own, the policy in its own words where we have none for it.
    """

    instance: str
    time: float
    version: int
    policy: str
    capacity_bytes: int
    capped: bool = False
    refused_version: int | None = None
    problem: str = ""
    stopped: bool = False
    most_bytes: int | None = None
    engine: str = ""
    fixed: str = ""
    cache_problem: str = ""
    program: str = ""
    applied_at: float | None = None


def announced(said: Mapping[str, Any]) -> Announcement:
    """An announcement as it was written; what a later program says besides is left out."""
    return Announcement(**{name: value for name, value in said.items() if name in _SAID})


_SAID = frozenset(member.name for member in fields(Announcement))


@dataclass(frozen=True)
class Traits:
    """What differs from channel to channel beside how they do it.

    ``source`` is what the pages call it and ``place`` where it is. What was read of minutes serves everybody for
    ``read_seconds``, of configuration and instances for ``word_seconds``. Minutes that come late are looked for once
    more after ``whole_read_seconds`` in the day that runs, after ``past_read_seconds`` in those before. What is older
    than ``coarse_after_seconds`` comes in periods so long that many days may be read at once. What was sent may be seen
    ``lag_seconds`` later. A service asks for a newer configuration each ``follow_seconds``, up to ``follow_jitter`` of
    that late, so that many services don't ask at the same moment.
    """

    source: str = "The channel"
    place: str = "this machine"
    read_seconds: float = 1.0
    word_seconds: float = 1.0
    whole_read_seconds: float = 600.0
    past_read_seconds: float = 600.0
    coarse_after_seconds: float = float("inf")
    lag_seconds: float = 0.0
    follow_seconds: float = 2.0
    follow_jitter: float = 0.2


class StatisticsChannel(Protocol):
    """Minutes, from the service to the manager."""

    def send(self, minutes: Sequence[Minute]) -> None:
        """Store minutes; one that is sent again replaces itself and changes nothing else.

        Minutes that the channel will never take are dropped, logged and counted in ``dropped``.
        """

    def minutes(self, start: int, end: int) -> list[Minute]:
        """All reports with start <= time < end (seconds, UTC), by time and instance; old ones span longer periods."""


class ConfigurationChannel(Protocol):
    """Documents, from the manager to the service."""

    def publish(self, document: Configuration) -> None:
        """Append a document whose parent is the newest; VersionConflict where another was first."""

    def newest(self) -> Configuration:
        """The newest document, DEFAULT before the first edit; ConfigurationRefused where it can't be taken up."""

    def history(self, after: int = -1) -> list[Configuration]:
        """The documents with a version above ``after``, newest first, without those that can't be taken up."""

    def keep(self) -> None:
        """See to it that age never takes the newest document away; the manager calls this now and then."""


class InstanceChannel(Protocol):
    """The last word of each instance."""

    def announce(self, announcement: Announcement) -> None:
        """Store what an instance says of itself in place of what it said before."""

    def announcements(self) -> list[Announcement]:
        """The last word of every instance heard of, by name."""


class CurveChannel(Protocol):
    """What other policies and capacities would have done, from the service to the manager."""

    def send_curve(self, document: Mapping[str, Any]) -> None:
        """Store what an instance's shadows counted in one minute; of two for one minute the fuller one holds."""

    def curves(self, start: int, end: int, by_hours: bool = False) -> list[Curve]:
        """All with start <= time < end, by time and instance; ``by_hours`` gives whole hours where there are any."""


class DecisionChannel(Protocol):
    """What the auto-scaler decided and why, for people."""

    def send_decision(self, decision: Decision) -> None:
        """Store a decision; one that is sent again changes nothing."""

    def decisions(self, start: int, end: int) -> list[Decision]:
        """All with start <= time < end (seconds, UTC), by time."""


class Channel(StatisticsChannel, ConfigurationChannel, InstanceChannel, CurveChannel, DecisionChannel, Protocol):
    """All five. Every method may raise ChannelUnavailable.

    ``calls`` counts what was asked of a service that charges for it; None where asking is free.
    """

    traits: Traits
    dropped: int
    calls: Calls | None
