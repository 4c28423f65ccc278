"""Guessing a secret: after so many wrong tries a client waits."""

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from web.clients import Client
from web.problems import Problem

log = logging.getLogger(__name__)

MOST = 10
MOST_OF_A_PEER = 100
"""A proxy brings many clients; and whoever says to be one may name as many as he likes."""

WAIT_SECONDS = 60
REMEMBERED = 10_000


class Tries:
    """Wrong tries of each client; who reaches MOST within WAIT_SECONDS is refused for as long, be his next one right.

    Who stays away is forgotten, and no more than REMEMBERED are kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and until when they count

    def refuse_guessers(self, client: Client) -> None:
        """Problem 429 with Retry-After while the client has to wait."""
        with self._lock:
            waits = max(self._waits(name, most) for name, most in _counted(client))
        if waits > 0:
            seconds = math.ceil(waits)
            raise Problem(429, f"Too many tries. Wait {seconds} s.", {"Retry-After": str(seconds)})

    def failed(self, client: Client) -> None:
        """Count one wrong try."""
        with self._lock:
            for name, most in _counted(client):
                self._count(name, most)
            while len(self._counts) > REMEMBERED:
                self._counts.popitem(last=False)

    def succeeded(self, client: Client) -> None:
        """Who knows the secret was only mistaken before."""
        with self._lock:
            self._counts.pop(client.name, None)

    def _count(self, name: str, most: int) -> None:
        now = self._clock()
        count, until = self._counts.pop(name, (0, 0.0))
        if now >= until:
            count, until = 0, now + WAIT_SECONDS
        count += 1
        if count == most:
            until = now + WAIT_SECONDS
            log.warning("%d wrong tries from %s: refused for %d s", count, name, WAIT_SECONDS)
        self._counts[name] = (count, until)

    def _waits(self, name: str, most: int) -> float:
        count, until = self._counts.get(name, (0, 0.0))
        return until - self._clock() if count >= most else 0.0


def _counted(client: Client) -> Iterator[tuple[str, int]]:
    yield client.name, MOST
    yield f"all of {client.peer}", MOST_OF_A_PEER
