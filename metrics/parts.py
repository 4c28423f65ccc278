"""What the workers of an instance counted, added up: the spool as the worker that leads sees it.

A sum may be sent again, and then replaces itself. So nothing here need happen at once: a part counts as sent by its
name, and stays for a while, so that one that comes later can be added to it.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from metrics.folder_lock import FolderLock
from metrics.schema import MINUTE, REASONS, Minute, add_parts
from metrics.spool import MOST_MINUTES, OPEN, SENT, WAITING, Damaged, close_part, read_minute, write_minute

log = logging.getLogger(__name__)

LATE_SECONDS = 5.0
"""How long a minute waits for a living worker that has not closed it; after that it is sent without, and again with."""
KEPT_SECONDS = 600

Found = Mapping[int, Sequence[Path]]
"""The files of parts by the minute they are of."""


class Parts:
    """All the workers' folders of one instance, those too of workers that are no more."""

    def __init__(self, folder: Path, instance: str) -> None:
        self._folder = folder
        self._instance = instance
        self._told: dict[int, list[tuple[Path, Minute]]] = {}
        self.dropped = 0

    def waiting(self, most: int, now: float, at_end: bool = False) -> list[Minute]:
        """The sums of minutes that are over and have parts not sent yet, oldest first.

        One that a living worker still counts waits for it a little; or ``at_end`` is left to ``unfinished``.
        """
        if not any(self._folder.glob(f"*/{WAITING}")):
            return []
        self._close_left(now)
        # In this order: a worker that closes its minute in between is found to be at it, or its part is.
        counting = [minute.time for _, minute in self._open()]
        found = self._found()
        ready = [time for time in sorted(found) if _ready(time, counting, now, at_end) and any(_unsent(found[time]))]
        self._told = {time: list(self._read(found[time])) for time in ready[:most]}
        sums = (self._sum(time, told) for time, told in self._told.items())
        return [minute for minute in sums if minute is not None]

    def unfinished(self) -> list[Minute]:
        """The sums of minutes that a worker is at, with what others closed already, oldest first."""
        # In this order: who closes its minute in between is missed this time, and never there twice.
        found = self._found()
        opened: dict[int, list[Minute]] = {}
        for _, minute in self._open():
            opened.setdefault(minute.time, []).append(minute)
        return [
            add_parts([*parts, *(part for _, part in self._read(found.get(time, ())))], self._instance, time, open=True)
            for time, parts in sorted(opened.items())
        ]

    def amend(self, minute: Minute) -> None:
        """Keep why the requests of a sum missed, as far as its parts don't tell, with one of them."""
        told = sorted(self._told[minute.time], key=lambda told: told[0].suffix == SENT)
        _amend(told[0], told[1:], minute)

    def keep(self, minute: Minute) -> None:
        """The same of a sum that is unfinished, with a part that nobody counts at any more: for who goes on with it."""
        told = [each for each in self._open() if each[1].time == minute.time]
        told += self._read(self._found().get(minute.time, ()))
        for each in told:
            lock = FolderLock(each[0].parent)
            try:
                if each[0].name == OPEN and lock.take():
                    return _amend(each, [other for other in told if other is not each], minute)
            finally:
                lock.release()

    def sent(self, minutes: Iterable[Minute], now: float) -> None:
        """These sums have arrived; what has been added up long enough ago goes."""
        for minute in minutes:
            for path, _ in self._told.get(minute.time, ()):
                with suppress(FileNotFoundError):
                    path.rename(path.with_suffix(SENT))
        self._forget(now)

    def others_live(self) -> bool:
        """Whether any worker counts; whoever asks has ended doing so."""
        return not all(self._is_left(folder) for folder in self._workers())

    # --- the folders -----------------------------------------------------------------------------------------------

    def _workers(self) -> list[Path]:
        return sorted(self._folder.glob("worker-*"))

    def _is_left(self, worker: Path) -> bool:
        lock = FolderLock(worker)
        try:
            return lock.take()
        finally:
            lock.release()

    def _close_left(self, now: float) -> None:
        """What a worker left open that is no more, and may never come back, is a part as soon as its minute is over."""
        for worker in self._workers():
            lock = FolderLock(worker)
            try:
                # Held meanwhile: a worker that begins now takes it up itself, or finds it closed.
                if lock.take():
                    for path, minute in self._read([worker / OPEN]):
                        if minute.time + MINUTE <= now:
                            close_part(path.parent, minute.time)
            finally:
                lock.release()

    def _open(self) -> list[tuple[Path, Minute]]:
        return list(self._read(self._folder.glob(f"*/{OPEN}")))

    def _found(self) -> Found:
        found: dict[int, list[Path]] = {}
        for path in sorted(self._folder.glob("*/[0-9]*")):
            if path.suffix in (".json", SENT):
                found.setdefault(_time_of(path), []).append(path)
        return found

    def _read(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Minute]]:
        for path in paths:
            try:
                minute = read_minute(path)
            except Damaged as damaged:
                self.dropped += 1
                log.warning("a minute of statistics is lost: %s", damaged)
                continue
            if minute is not None:
                yield path, minute

    def _sum(self, time: int, told: Sequence[tuple[Path, Minute]]) -> Minute | None:
        if not told:
            return None
        # What was sent before must not send its rates once more: these would count twice.
        again = any(path.suffix == SENT for path, _ in told)
        return add_parts([part for _, part in told], self._instance, time, open=again)

    def _forget(self, now: float) -> None:
        """Not yet those to which a worker that stands still may add, however long it does."""
        oldest_open = min((minute.time for _, minute in self._open()), default=now)
        before = max(min(now - KEPT_SECONDS, oldest_open), now - MOST_MINUTES * MINUTE)
        for path in self._folder.glob(f"*/[0-9]*{SENT}"):
            if _time_of(path) < before:
                path.unlink(missing_ok=True)


def _amend(told: tuple[Path, Minute], others: Iterable[tuple[Path, Minute]], minute: Minute) -> None:
    path, part = told
    reasons = {
        name: minute.values[name] - sum(other.values.get(name, 0) for _, other in others)
        for name in REASONS
        if name in minute.values
    }
    write_minute(path, replace(part, values={**part.values, **reasons}))


def _ready(time: int, counting: Sequence[int], now: float, at_end: bool) -> bool:
    if at_end:
        return time not in counting
    return all(opened > time for opened in counting) or time + MINUTE + LATE_SECONDS <= now


def _unsent(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix != SENT)


def _time_of(path: Path) -> int:
    return int(path.name[:12])
