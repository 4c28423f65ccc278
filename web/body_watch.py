"""Looks once a second at the request bodies that are being read, and gives up those that are late."""

import threading
import time
from typing import Protocol

from web.connections import Peer, Traffic, cut_silent, traffic_with

STALL_SECONDS = 10
TOTAL_SECONDS = 300
LINGER_SECONDS = 10
# What is read from the server at a time: it answers when it has them all, so fewer in STALL_SECONDS is a stall.
PIECE_BYTES = 1 << 10
LOOK_SECONDS = 1


class Watched(Protocol):
    """A body that is being read. ``moved`` is when the last bytes came, ``deadline`` when all must be there.

    Both are seconds of the monotonic clock. ``sample`` is a note for the watch, cleared when bytes come.
    """

    address: str
    moved: float
    deadline: float
    sample: dict[Peer, Traffic] | None

    def give_up(self, detail: str) -> None: ...


class BodyWatch:
    """Its thread is there only while there is something to look at."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bodies: set[Watched] = set()
        self._looking = False

    def count(self) -> int:
        return len(self._bodies)

    def add(self, body: Watched) -> None:
        with self._lock:
            self._bodies.add(body)
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look_on, name="body-watch", daemon=True).start()

    def remove(self, body: Watched) -> None:
        with self._lock:
            self._bodies.discard(body)

    def look(self, now: float) -> None:
        """Give up what is late at ``now``, and cut its connection so that its thread ends."""
        for body in list(self._bodies):
            if now >= body.deadline:
                body.give_up(f"The body did not arrive within {TOTAL_SECONDS} seconds.")
            if now - body.moved < STALL_SECONDS / 2:
                continue
            if body.sample is None:
                body.sample = traffic_with(body.address)
            elif now - body.moved >= STALL_SECONDS:
                body.give_up(f"The body stalled for {STALL_SECONDS} seconds.")
                cut_silent(body.address, body.sample, PIECE_BYTES)

    def _look_on(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                if not self._bodies:
                    self._looking = False
                    return
            self.look(time.monotonic())
