"""What a worker counted, on disk, so that neither a restart nor a dead channel loses it.

::

    spool/<instance>/            held by the worker that leads
        worker-0/                held by that worker, as long as it lives
            open.json            the minute that it is counting
            001764000000-3f….json    its part of a minute that is over
            001763999940-a0….sent    the same, once that minute's sum was sent
"""

import json
import logging
import os
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from metrics.folder_lock import FolderLock
from metrics.schema import Minute

log = logging.getLogger(__name__)

MOST_MINUTES = 14 * 24 * 60
"""Two weeks: CloudWatch takes nothing older."""
PREDECESSOR_SECONDS = 5.0
OPEN = "open.json"
WAITING = "[0-9]*.json"
SENT = ".sent"


class WorkerTaken(Exception):
    """Another process counts in this folder; the message says so."""


def instance_folder(spools: Path, instance: str) -> Path:
    """Where the workers of an instance keep what they counted."""
    return spools / quote(instance, safe="")


class Spool:
    """One worker's folder: the minute that is being counted, and a file for each that is over.

    ``dropped`` counts the minutes that were given up: too many, or damaged on disk.
    """

    def __init__(self, folder: Path, worker: int = 0, most_minutes: int = MOST_MINUTES) -> None:
        self._worker = worker
        self._folder = folder / f"worker-{worker}"
        self._most_minutes = most_minutes
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = FolderLock(self._folder)
        self.dropped = 0

    def hold(self) -> None:
        """Be the one that counts here, until ``release`` or the end; WorkerTaken where another goes on doing so."""
        if not self._lock.take_within(PREDECESSOR_SECONDS):
            raise WorkerTaken(f"another process is at work in {self._folder}.")
        if self._worker == 0:
            self._adopt()

    def release(self) -> None:
        """Nothing more is counted here."""
        self._lock.release()

    def keep_open(self, minute: Minute) -> None:
        """Save the open minute as it stands."""
        write_minute(self._folder / OPEN, minute)

    def close_open(self, minute: Minute) -> None:
        """The open minute is over. One rename, so that it is never there twice nor missing."""
        self.keep_open(minute)
        close_part(self._folder, minute.time)
        waiting = sorted(self._folder.glob(WAITING))
        for path in waiting[: max(0, len(waiting) - self._most_minutes)]:
            path.unlink(missing_ok=True)
            self.dropped += 1
            log.warning("a minute of statistics is lost: %s: more than %s wait", path.stem, self._most_minutes)

    def take_open(self) -> Minute | None:
        """The minute that an earlier process left open."""
        try:
            return read_minute(self._folder / OPEN)
        except Damaged as damaged:
            self.dropped += 1
            log.warning("a minute of statistics is lost: %s", damaged)
            return None

    def _adopt(self) -> None:
        """Until there were workers, all lay one folder higher."""
        for path in [*self._folder.parent.glob(WAITING), *self._folder.parent.glob(OPEN)]:
            os.rename(path, self._folder / path.name)


class Damaged(Exception):
    """A file that held a minute is of no use, and gone; the message says what was wrong with it."""


def close_part(folder: Path, time: int) -> None:
    """Make the open minute of a worker a part of one that is over; under a name that no other part ever had."""
    os.rename(folder / OPEN, folder / f"{time:012d}-{uuid4().hex[:8]}.json")


def write_minute(path: Path, minute: Minute) -> None:
    """Write it whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(asdict(minute)))
    temporary.replace(path)


def read_minute(path: Path) -> Minute | None:
    """What was written there; None where there is nothing, Damaged where it can't be read."""
    try:
        saved = json.loads(path.read_text())
        latency = {int(bucket): answers for bucket, answers in saved.pop("latency").items()}
        return Minute(**saved, latency=latency)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        path.unlink(missing_ok=True)
        raise Damaged(f"{path.name} is damaged: {error}") from error
