"""Request bodies that can't hold up the server: few are read at a time, and one that does not come is given up.

The server reads a body in the thread that asks for it, for as long as the client likes. So a thread of its own reads it
here, and the one that answers waits for that only as long as bytes keep coming.
"""

import io
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from web.body_watch import LINGER_SECONDS, PIECE_BYTES, STALL_SECONDS, TOTAL_SECONDS, BodyWatch
from web.connections import Peer, Traffic
from web.problems import Problem

__all__ = ["LINGER_SECONDS", "STALL_SECONDS", "TOTAL_SECONDS", "Bodies"]

WAKE_BYTES = 1 << 16
AHEAD_BYTES = 1 << 18
LINGER_BYTES = 1 << 26
MAX_LINGERING = 32


class Bodies:
    """WSGI middleware: a body takes one of ``slots`` before its first byte is read.

    It keeps the slot until the answer is there, or else until it is read. Whoever reads it gets a Problem where no slot
    is free within ``wait_seconds`` (503), where the client does not go on sending (408), and where it ends early (400).
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        slots: int,
        wait_seconds: float = 0,
        until_answered: bool = True,
        watch: BodyWatch | None = None,
    ) -> None:
        self._app = app
        self._slots = threading.BoundedSemaphore(slots)
        self._wait_seconds = wait_seconds
        self._until_answered = until_answered
        self._watch = watch or BodyWatch()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._app(environ, start_response)
        slot = _Slot(self._slots, self._wait_seconds)
        body = _Body(environ, slot, self._watch, None if self._until_answered else slot.give)
        environ["wsgi.input"] = io.BufferedReader(body, WAKE_BYTES)
        try:
            return self._app(environ, start_response)
        finally:
            slot.give()
            body.linger()


class _Slot:
    def __init__(self, slots: threading.BoundedSemaphore, wait_seconds: float) -> None:
        self._slots = slots
        self._wait_seconds = wait_seconds
        self._taken = False

    def take(self) -> None:
        if not self._slots.acquire(timeout=self._wait_seconds):
            raise Problem(503, "Too many uploads are under way. Try again shortly.", {"Retry-After": "2"})
        self._taken = True

    def give(self) -> None:
        if self._taken:
            self._taken = False
            self._slots.release()


class _Body(io.RawIOBase):
    """One body. What it offers to the watch is ``address``, ``sample``, ``deadline``, ``moved`` and ``give_up``."""

    def __init__(
        self, environ: dict[str, Any], slot: _Slot, watch: BodyWatch, when_read: Callable[[], None] | None
    ) -> None:
        length = environ.get("CONTENT_LENGTH", "")
        self._stream = environ["wsgi.input"]
        self._length = int(length) if length.isascii() and length.isdigit() else 0
        self._asks_before_sending = "HTTP_EXPECT" in environ
        self._slot = slot
        self._watch = watch
        self._when_read = when_read
        self._changed = threading.Condition()
        self._ahead = bytearray()
        self._received = self._lingered = 0
        self._started = self._ended = self._lingers = False
        self._problem: Problem | None = None
        self.address: str = environ.get("REMOTE_ADDR", "")
        self.sample: dict[Peer, Traffic] | None = None
        self.moved = self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._started:
            self._slot.take()
            self._start(TOTAL_SECONDS)
        enough = min(len(buffer), WAKE_BYTES)
        with self._changed:
            self._changed.wait_for(lambda: len(self._ahead) >= enough or self._ended or self._problem)
            if self._problem:
                raise self._problem
            size = min(len(buffer), len(self._ahead))
            buffer[:size] = self._ahead[:size]
            del self._ahead[:size]
            self._changed.notify_all()
        if size == 0 and self._received < self._length:
            raise Problem(400, "The body ended before its Content-Length.")
        if size == 0 and self._when_read:
            self._when_read()
        return size

    def linger(self) -> None:
        """Let the client go on sending for a while, to nowhere.

        Most clients send everything before they look at the answer; one whose connection is reset meanwhile never
        sees it.
        """
        with self._changed:
            self._lingers = True
            self._ahead.clear()
            self.deadline = min(self.deadline, time.monotonic() + LINGER_SECONDS)
            self._changed.notify_all()
        # A client that asks before it sends would take our reading for a yes.
        if not self._started and not self._asks_before_sending and self._watch.count() < MAX_LINGERING:
            self._start(LINGER_SECONDS)

    def give_up(self, detail: str) -> None:
        """Tell whoever reads, and read no more than what is under way."""
        with self._changed:
            self._problem = Problem(408, detail, {"Connection": "close"})
            self._changed.notify_all()

    def _start(self, seconds: float) -> None:
        self._started = True
        self.moved = time.monotonic()
        self.deadline = self.moved + seconds
        self._watch.add(self)
        threading.Thread(target=self._read_ahead, name="body", daemon=True).start()

    def _read_ahead(self) -> None:
        try:
            while not self._problem and self._lingered < LINGER_BYTES and (piece := self._stream.read(PIECE_BYTES)):
                self._keep(piece)
                self.sample, self.moved = None, time.monotonic()
        finally:
            self._watch.remove(self)
            self._stream = None  # the server closes a connection on which something is left unread
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _keep(self, piece: bytes) -> None:
        with self._changed:
            self._received += len(piece)
            if self._lingers:
                self._lingered += len(piece)
                return
            self._ahead += piece
            if len(self._ahead) >= WAKE_BYTES:
                self._changed.notify_all()
            if len(self._ahead) >= AHEAD_BYTES:
                self.moved = float("inf")  # it is not the client who is late
                self._changed.wait_for(lambda: len(self._ahead) < AHEAD_BYTES or self._lingers or self._problem)
