"""Looks once a second at the request bodies that are being read, and ends the connections of those that are late."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from web.connections import Peer, Traffic, cut_silent, traffic_with

STALL_SECONDS = 10
TOTAL_SECONDS = 300
# What is read from the server at a time. It returns only when it has them all, so fewer in STALL_SECONDS is a stall.
PIECE_BYTES = 1 << 10
LOOK_SECONDS = 1


@dataclass(frozen=True)
class _Sample:
    waits_since: float | None
    traffic: dict[Peer, Traffic]


class Watched(Protocol):
    """A body. Times are seconds of the monotonic clock; ``waits_since`` is None while nobody waits for its bytes.

    What is written into ``late`` is the reason that its reader is to give.
    """

    address: str
    began: float | None
    waits_since: float | None
    late: str | None


class BodyWatch:
    """Its thread is there only while there is something to look at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bodies: dict[Watched, _Sample | None] = {}
        self._looking = False

    @contextmanager
    def over(self, body: Watched) -> Iterator[None]:
        """Watch a body while the block runs."""
        with self._lock:
            self._bodies[body] = None
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look_on, name="body-watch", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._bodies[body]

    def look(self, now: float) -> None:
        """Give up what is late at ``now``: a stall is seen in what moved between two looks at the connections."""
        bodies = list(self._bodies.items())
        for body, sample in bodies:
            if body.began is not None and now - body.began >= TOTAL_SECONDS:
                body.late = f"The body did not arrive within {TOTAL_SECONDS} seconds."
            if _silent_seconds(body, now) < STALL_SECONDS / 2:
                continue
            if sample is None or sample.waits_since != body.waits_since:
                self._note(body, _Sample(body.waits_since, traffic_with(body.address)))
            elif _silent_seconds(body, now) >= STALL_SECONDS:
                self._cut(body.address, sample, now)

    def _cut(self, address: str, sample: _Sample, now: float) -> None:
        # Connections can't be told apart any further, so all of this client are cut that have been as silent. Their
        # readers must know why before it happens.
        for body in list(self._bodies):
            if body.address == address and _silent_seconds(body, now) >= STALL_SECONDS / 2:
                body.late = f"The body stalled for {STALL_SECONDS} seconds."
        cut_silent(address, sample.traffic, PIECE_BYTES)

    def _note(self, body: Watched, sample: _Sample) -> None:
        with self._lock:
            if body in self._bodies:
                self._bodies[body] = sample

    def _look_on(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                if not self._bodies:
                    self._looking = False
                    return
            self.look(time.monotonic())


def _silent_seconds(body: Watched, now: float) -> float:
    since = body.waits_since
    return 0.0 if since is None else now - since
