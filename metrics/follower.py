"""Takes up the newest configuration: newest document -> cache, kept on disk, announced."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from cache.config import DEFAULT, Configuration
from metrics.channel import Announcement, Channel, ChannelUnavailable, ConfigurationRefused
from metrics.program import VERSION

log = logging.getLogger(__name__)

SHARE_OF_MEMORY = 0.7
"""Of the machine's memory; the rest is for the program, its requests and everybody else."""


ANNOUNCE_SECONDS = 43_200
"""A living instance repeats its word twice a day, so that it is not lost where words are kept for days only."""
LONGEST_WAIT_SECONDS = 600.0


class Configurable(Protocol):
    """What a configuration is applied to."""

    def reconfigure(self, policy: str, capacity_bytes: int) -> None: ...

    def settle(self) -> bool: ...

    def invalidate(self, key: str) -> None: ...

    def clear(self) -> None: ...


class Follower:
    """Keeps a cache at the newest configuration of the channel.

    The last good document stays on disk and is in force from the start, whether the channel answers or not. One that
    can't be taken up changes nothing and is reported back.
    """

    def __init__(
        self,
        instance: str,
        cache: Configurable,
        channel: Channel,
        last_good: Path,
        memory_bytes: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._instance = instance
        self._cache = cache
        self._channel = channel
        self._last_good = last_good
        self._most_bytes = int(memory_bytes * SHARE_OF_MEMORY)
        self._clock = clock
        self._refused: ConfigurationRefused | None = None
        self._announced_at: float | None = None
        self._wait_seconds = 0.0
        self._not_before = 0.0
        self.current = DEFAULT
        self.problem = ""

    def start(self) -> None:
        """Put the last good document in force, then whatever the channel has by now."""
        self._put_in_force(self._read_last_good())
        self.follow()

    def follow(self, now: float = 0.0) -> None:
        """Ask the channel once, and take up what is new; one that was asked too often is left alone for longer."""
        if self._clock() < self._not_before:
            return
        try:
            self._take_up()
            if self._announced_at is None or abs(self._clock() - self._announced_at) >= ANNOUNCE_SECONDS:
                self._announce()
        except ChannelUnavailable as error:
            if not self.problem:
                log.warning("configuration %s stays in force: %s", self.current.version, error)
            self.problem = str(error)
            if error.throttled:
                self._wait_seconds = min(LONGEST_WAIT_SECONDS, self._wait_seconds * 2 or 60.0)
                self._not_before = self._clock() + self._wait_seconds
            return
        self.problem = ""
        self._wait_seconds = 0.0

    def close(self) -> None:
        """Say that this instance stops."""
        try:
            self._announce(stopped=True)
        except ChannelUnavailable as error:
            log.warning("could not say that this instance stops: %s", error)

    @property
    def version(self) -> int:
        return self.current.version

    @property
    def capacity_bytes(self) -> int:
        """What is really applied: what was asked for, as far as the machine has memory."""
        return min(self.current.capacity_bytes, self._most_bytes)

    def _take_up(self) -> None:
        try:
            newest = self._channel.newest()
        except ConfigurationRefused as refused:
            if self._refused is None or self._refused.version != refused.version:
                log.error("configuration %s is refused: %s", refused.version, refused)
                self._refused, self._announced_at = refused, None
            return
        if newest.id != self.current.id or self._refused is not None:
            self._purge(newest)
            self._put_in_force(newest)
            self._keep(newest)
            self._refused, self._announced_at = None, None

    def _put_in_force(self, document: Configuration) -> None:
        self.current = document
        self._cache.reconfigure(document.policy, self.capacity_bytes)
        while self._cache.settle():
            pass
        log.info("configuration %s is in force: %s, %s bytes", document.version, document.policy, self.capacity_bytes)

    def _purge(self, newest: Configuration) -> None:
        """Make up for every purge since the document in force, not just for the newest."""
        missed = range(self.current.purge.generation + 1, newest.purge.generation + 1)
        if not missed:
            return
        documents = [*self._channel.history(after=self.current.version), newest]
        keys_of = {document.purge.generation: document.purge.keys for document in documents}
        if all(keys_of.get(generation) for generation in missed):
            for generation in missed:
                for key in keys_of[generation]:
                    self._cache.invalidate(key)
        else:
            self._cache.clear()

    def _announce(self, stopped: bool = False) -> None:
        document = self.current
        self._channel.announce(
            Announcement(
                instance=self._instance,
                time=self._clock(),
                version=document.version,
                policy=document.policy,
                capacity_bytes=self.capacity_bytes,
                capped=self.capacity_bytes < document.capacity_bytes,
                refused_version=self._refused.version if self._refused else None,
                problem=str(self._refused) if self._refused else "",
                stopped=stopped,
                most_bytes=self._most_bytes,
                program=VERSION,
            )
        )
        self._announced_at = self._clock()

    def _keep(self, document: Configuration) -> None:
        try:
            self._last_good.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._last_good.with_suffix(".tmp")
            temporary.write_text(document.model_dump_json())
            temporary.replace(self._last_good)
        except OSError as error:
            log.warning("configuration %s is in force but could not be kept: %s", document.version, error)

    def _read_last_good(self) -> Configuration:
        try:
            return Configuration.model_validate_json(self._last_good.read_text())
        except FileNotFoundError:
            return DEFAULT
        except (OSError, ValidationError) as error:
            log.warning("%s can't be read, the default is in force: %s", self._last_good, error)
            return DEFAULT
