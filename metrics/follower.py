"""Takes up the newest configuration: newest document -> cache, kept on disk, announced."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Protocol

from pydantic import ValidationError

from cache.cache import Applied, Unsuitable
from cache.config import DEFAULT, Configuration
from metrics.channel import Announcement, Channel, ChannelUnavailable, ConfigurationRefused
from metrics.program import VERSION

log = logging.getLogger(__name__)

SHARE_OF_MEMORY = 0.7
"""Of the machine's memory; the rest is for the program, its requests and everybody else."""


ANNOUNCE_SECONDS = 43_200
"""A living instance repeats its word twice a day, so that it is not lost where words are kept for days only."""
CHANGED_SECONDS = 5
"""What a shared cache does by itself is told again so long after the last word at the soonest."""
LONGEST_WAIT_SECONDS = 600.0


class Configurable(Protocol):
    """What a configuration is applied to: a cache."""

    engine: str

    def reconfigure(self, policy: str, capacity_bytes: int) -> None: ...

    def settle(self) -> bool: ...

    def applied(self) -> Applied: ...

    def purge(self, key: str) -> None: ...

    def clear(self) -> None: ...


class Follower:
    """Keeps a cache at the newest configuration of the channel.

    The last good document stays on disk and is in force from the start, whether the channel answers or not. One that
    can't be taken up changes nothing and is reported back. Of several workers one asks the channel, with ``follow``,
    and keeps what it took up; the others ``look`` at that.
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
        self._said: Applied | None = None
        self._clock = clock
        self._refused: ConfigurationRefused | None = None
        self._announced_at: float | None = None
        self._applied_at: float | None = None
        self._wait_seconds = 0.0
        self._not_before = 0.0
        self._changing = Lock()
        self._kept_id = DEFAULT.id
        self._keeping_problem = ""
        self.current = DEFAULT
        self.problem = ""

    def start(self, asks: bool = True) -> None:
        """Put the last good document in force, then, where this worker asks, whatever the channel has by now."""
        last_good = self._read_last_good()
        try:
            self._reconfigure(last_good)
            self.current = last_good
            self._applied_at = None if last_good is DEFAULT else self._kept_at()
        except ConfigurationRefused as refused:  # it was good for another cache
            self._refuse(refused)
        self._kept_id = self.current.id
        if asks:
            self.follow()

    def look(self, now: float = 0.0) -> None:
        """Take up what the worker that asks the channel has kept."""
        try:
            kept = Configuration.model_validate_json(self._last_good.read_text())
            with self._changing:
                if kept.id != self.current.id:
                    self._change_to(kept, self._kept_at())
        except FileNotFoundError:
            pass  # nothing was ever edited
        except (OSError, ValidationError, ChannelUnavailable, ConfigurationRefused) as error:
            if not self.problem:
                log.warning("configuration %s stays in force: %s", self.current.version, error)
            self.problem = str(error)
            return
        self.problem = ""

    def follow(self, now: float = 0.0) -> None:
        """Ask the channel once, and take up what is new; one that was asked too often is left alone for longer."""
        if self._clock() < self._not_before:
            return
        try:
            with self._changing:
                self._take_up()
            if self._has_something_to_say():
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

    def _has_something_to_say(self) -> bool:
        if self._announced_at is None:
            return True
        since = abs(self._clock() - self._announced_at)
        return since >= ANNOUNCE_SECONDS or (since >= CHANGED_SECONDS and self._said != self._applied())

    def _applied(self) -> Applied:
        """What is really in force; of a cache in this process the machine's memory is the limit."""
        applied = self._cache.applied()
        return applied if self._cache.engine else replace(applied, most_bytes=self._most_bytes)

    def _take_up(self) -> None:
        try:
            newest = self._channel.newest()
            if newest.id != self.current.id or self._refused is not None:
                self._change_to(newest, self._taken_up_at(newest))
                self._refused, self._announced_at = None, None
            if newest.id != self._kept_id:
                self._keep(newest)
        except ConfigurationRefused as refused:
            self._refuse(refused)

    def _change_to(self, document: Configuration, applied_at: float | None) -> None:
        """Raises ConfigurationRefused before anything is changed."""
        self._reconfigure(document)
        self._purge(document)
        self.current, self._applied_at = document, applied_at

    def _taken_up_at(self, document: Configuration) -> float | None:
        """Now, unless it was before; None where this instance begins with it."""
        if document.id == self.current.id:
            return self._applied_at
        begins = self._said is None and self.current is DEFAULT
        return None if begins else self._clock()

    def _refuse(self, refused: ConfigurationRefused) -> None:
        if self._refused is None or self._refused.version != refused.version:
            log.error("configuration %s is refused: %s", refused.version, refused)
            self._refused, self._announced_at = refused, None

    def _reconfigure(self, document: Configuration) -> None:
        capacity_bytes = document.capacity_bytes
        try:
            # An engine is on a machine of its own, and knows its memory itself.
            self._cache.reconfigure(
                document.policy, capacity_bytes if self._cache.engine else min(capacity_bytes, self._most_bytes)
            )
        except Unsuitable as unsuitable:
            raise ConfigurationRefused(document.version, str(unsuitable)) from None
        while self._cache.settle():
            pass
        log.info("configuration %s is in force: %s, %s bytes", document.version, document.policy, capacity_bytes)

    def _purge(self, newest: Configuration) -> None:
        """Make up for every purge since the document in force, not just for the newest."""
        missed = range(self.current.purge.generation + 1, newest.purge.generation + 1)
        if not missed:
            return
        # The newest names the keys of the last purge; only those of earlier ones have to be asked for.
        earlier = self._channel.history(after=self.current.version) if len(missed) > 1 else []
        documents = [*earlier, newest]
        keys_of = {document.purge.generation: document.purge.keys for document in documents}
        if all(keys_of.get(generation) for generation in missed):
            for generation in missed:
                for key in keys_of[generation]:
                    self._cache.purge(key)
        else:
            self._cache.clear()

    def _announce(self, stopped: bool = False) -> None:
        applied = self._applied()
        self._channel.announce(
            Announcement(
                instance=self._instance,
                time=self._clock(),
                version=self.version,
                policy=applied.policy,
                capacity_bytes=applied.capacity_bytes,
                capped=not applied.fixed and applied.capacity_bytes < self.current.capacity_bytes,
                refused_version=self._refused.version if self._refused else None,
                problem=str(self._refused) if self._refused else "",
                stopped=stopped,
                most_bytes=applied.most_bytes,
                engine=self._cache.engine,
                fixed=applied.fixed,
                cache_problem=applied.problem,
                program=VERSION,
                applied_at=self._applied_at,
            )
        )
        self._said, self._announced_at = applied, self._clock()

    def _keep(self, document: Configuration) -> None:
        try:
            self._last_good.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._last_good.with_suffix(".tmp")
            temporary.write_text(document.model_dump_json())
            if self._applied_at is not None:
                os.utime(temporary, (self._applied_at, self._applied_at))
            temporary.replace(self._last_good)
            self._kept_id, self._keeping_problem = document.id, ""
        except OSError as error:
            if not self._keeping_problem:
                log.warning("configuration %s is in force but could not be kept: %s", document.version, error)
            self._keeping_problem = str(error)

    def _kept_at(self) -> float | None:
        """When what is kept was taken up: the time of its file."""
        try:
            return self._last_good.stat().st_mtime
        except OSError:
            return None

    def _read_last_good(self) -> Configuration:
        try:
            return Configuration.model_validate_json(self._last_good.read_text())
        except FileNotFoundError:
            return DEFAULT
        except (OSError, ValidationError) as error:
            log.warning("%s can't be read, the default is in force: %s", self._last_good, error)
            return DEFAULT
