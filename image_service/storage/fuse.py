"""After several calls in a row that nobody answered, the next ones fail at once, and one at a time tries again.

Each call that waits in vain holds a thread for seconds. Were all to wait, even what is cached would not be served.
"""

import time
from collections.abc import Callable
from threading import Lock

BLOWS_AFTER = 4
PAUSE_SECONDS = 2.0


class Fuse:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._in_a_row = 0
        self._next_try_at = 0.0
        self._why = ""

    def blown(self) -> str:
        """What the last call failed of, where it is better not to call now; each PAUSE_SECONDS one caller may."""
        with self._lock:
            if self._in_a_row < BLOWS_AFTER:
                return ""
            if self._clock() < self._next_try_at:
                return self._why
            self._next_try_at = self._clock() + PAUSE_SECONDS
            return ""

    def answered(self) -> None:
        """A call was answered, be it with a refusal."""
        with self._lock:
            self._in_a_row = 0

    def unanswered(self, why: str) -> None:
        """A call was not."""
        with self._lock:
            self._in_a_row += 1
            self._next_try_at = self._clock() + PAUSE_SECONDS
            self._why = why
