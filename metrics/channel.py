"""What passes between the two apps, whichever way it travels: statistics one way, configuration the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cache.config import Configuration
from metrics.schema import Minute


class ChannelUnavailable(Exception):
    """The channel could not be asked just now; trying again later may help. The message says why."""


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

    ``time`` is seconds since 1970, UTC; ``version`` the configuration it runs on; ``capacity_bytes`` what it really
    applies, and ``capped`` that this is less than was asked for; ``refused_version`` and ``problem`` tell of a newer
    document that it could not take up.
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


class StatisticsChannel(Protocol):
    """Minutes, from the service to the manager."""

    def send(self, minutes: Sequence[Minute]) -> None:
        """Store minutes; one that is sent again replaces itself and changes nothing else."""

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


class InstanceChannel(Protocol):
    """The last word of each instance."""

    def announce(self, announcement: Announcement) -> None:
        """Store what an instance says of itself in place of what it said before."""

    def announcements(self) -> list[Announcement]:
        """The last word of every instance heard of, by name."""


class Channel(StatisticsChannel, ConfigurationChannel, InstanceChannel, Protocol):
    """All three. Every method may raise ChannelUnavailable."""
