"""A folder that one process at a time holds; it is free again when that process dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from threading import Lock

LOOK_SECONDS = 0.02


class FolderLock:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taking = Lock()
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Take it if nobody has it, and tell whether it is held now."""
        with self._taking:
            if self._file is None:
                self._file = _locked(self._folder)
            return self.held

    def take_within(self, seconds: float) -> bool:
        """The same, waiting at most so long for whoever has it."""
        until = time.monotonic() + seconds
        while not self.take():
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def release(self) -> None:
        with self._taking:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _locked(folder: Path) -> int | None:
    file = os.open(folder, os.O_RDONLY)  # no program that is started from here inherits it
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    except OSError:
        os.close(file)
        raise
    return file
