"""What was counted and not yet sent, on disk, so that neither a restart nor a dead channel loses it."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from metrics.schema import Minute

log = logging.getLogger(__name__)

MOST_MINUTES = 14 * 24 * 60
"""Two weeks: CloudWatch takes nothing older."""


class Spool:
    """A folder with ``open.json``, the minute that is being counted, and a file a closed minute that waits to be sent.

    ``dropped`` counts the minutes that were given up: too many, or damaged on disk.
    """

    def __init__(self, folder: Path, instance: str, most_minutes: int = MOST_MINUTES) -> None:
        self._folder = folder / quote(instance, safe="")
        self._most_minutes = most_minutes
        self._folder.mkdir(parents=True, exist_ok=True)
        self.dropped = 0

    def keep_open(self, minute: Minute) -> None:
        """Save the open minute as it stands."""
        temporary = self._folder / "open.tmp"
        temporary.write_text(json.dumps(asdict(minute)))
        temporary.replace(self._open)

    def close_open(self, minute: Minute) -> None:
        """The open minute is over. One rename, so that it is never there twice nor missing."""
        self.keep_open(minute)
        os.rename(self._open, self._path(minute.time))
        waiting = self._waiting()
        for path in waiting[: max(0, len(waiting) - self._most_minutes)]:
            path.unlink(missing_ok=True)
            self._count_dropped(f"{path.stem}: more than {self._most_minutes} minutes wait")

    def amend(self, minute: Minute) -> None:
        """Save a closed minute that waits, of which more is known by now."""
        path = self._path(minute.time)
        if path.exists():
            temporary = path.with_suffix(".tmp")
            temporary.write_text(json.dumps(asdict(minute)))
            temporary.replace(path)

    def take_open(self) -> Minute | None:
        """The minute that an earlier process left open."""
        return self._read(self._open) if self._open.exists() else None

    def waiting(self, most: int) -> list[Minute]:
        """The closed minutes that wait to be sent, oldest first."""
        minutes = (self._read(path) for path in self._waiting()[:most])
        return [minute for minute in minutes if minute is not None]

    def sent(self, minutes: Sequence[Minute]) -> None:
        for minute in minutes:
            self._path(minute.time).unlink(missing_ok=True)

    @property
    def _open(self) -> Path:
        return self._folder / "open.json"

    def _path(self, time: int) -> Path:
        return self._folder / f"{time:012d}.json"

    def _waiting(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.json"))

    def _read(self, path: Path) -> Minute | None:
        try:
            saved = json.loads(path.read_text())
            latency = {int(bucket): answers for bucket, answers in saved.pop("latency").items()}
            return Minute(**saved, latency=latency)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            path.unlink(missing_ok=True)
            self._count_dropped(f"{path.name} is damaged: {error}")
            return None

    def _count_dropped(self, reason: str) -> None:
        self.dropped += 1
        log.warning("a minute of statistics is lost: %s", reason)
