"""The only place that starts a thread: jobs that run again and again, each in a thread of its own."""

import logging
import random
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

Job = Callable[[float], object]
SWAY = 0.2
"""The part of a job's lateness that is another each time, so that two of the same moment part again."""


def lateness(seconds: float, draw: Callable[[float, float], float] = random.uniform) -> Callable[[], float]:
    """How late the turns of one job are, up to so many seconds: about as late each time, so that they stay apart."""
    own = draw(0, (1 - SWAY) * seconds)
    return lambda: own + draw(0, SWAY * seconds)


class Ticker:
    """Runs jobs at whole multiples of their interval, so that a minute ends when the clock says so."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def every(self, seconds: float, job: Job, jitter: float = 0.0) -> None:
        """Call ``job(now)`` each so many seconds until ``close``, up to ``jitter`` of an interval late.

        A job that raises is logged and called again at its next turn.
        """
        thread = threading.Thread(
            target=self._run, args=(seconds, job, jitter), name=getattr(job, "__qualname__", "job"), daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def close(self, seconds: float = 1.0) -> None:
        """Let the running jobs end, and wait for them at most so long in all."""
        self._closing.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _run(self, seconds: float, job: Job, jitter: float) -> None:
        late = lateness(jitter * seconds)
        while not self._closing.wait(seconds - self._clock() % seconds + late()):
            try:
                job(self._clock())
            except Exception:
                log.exception("%s failed; it is tried again in %s s", job, seconds)
