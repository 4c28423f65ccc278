"""Request bodies that can't hold up the server: few are read at a time, and one that does not come is given up.

The server reads a body in the thread that asks for it, for as long as the client likes. To read in another thread and
answer meanwhile does not help: tried, and the server froze. Only the end of its connection frees a thread that reads;
that is what BodyWatch is for.
"""

import io
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from web.body_watch import PIECE_BYTES, BodyWatch
from web.connections import unread_bytes
from web.problems import Problem

# What a refused client may still send, to nowhere, before it is answered.
LINGER_BYTES = 1 << 26
LINGER_SECONDS = 5
PAUSE_SECONDS = 1.0  # a client far away, or on a busy machine, may well send nothing for half a second
LOOK_SECONDS = 0.004
PORTION_BYTES = 1 << 20
BUFFER_BYTES = 1 << 16


class Bodies:
    """WSGI middleware: a body takes one of ``slots`` before its first byte is read.

    It keeps it until the answer is made, or, if not ``until_answered``, until it has been read to its end. Whoever
    reads it gets a Problem where no slot is free within ``wait_seconds`` (503), where the client does not go on sending
    (408), and where the body ends before its Content-Length (400).
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
        self._lingering = threading.BoundedSemaphore(slots)
        self._wait_seconds = wait_seconds
        self._until_answered = until_answered
        self._watch = watch or BodyWatch()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._app(environ, start_response)
        body = _Body(environ, self._slots, self._wait_seconds, self._until_answered)
        environ["wsgi.input"] = io.BufferedReader(body, BUFFER_BYTES)
        with self._watch.over(body):
            try:
                begun: list[tuple[Any, ...]] = []
                answer = self._app(environ, lambda *status_and_headers: begun.append(status_and_headers))
                self._linger(body)
                status, headers, *more = begun[-1]
                # What is left unread ends the connection: a client that did not know would lose its next request.
                start_response(status, headers if body.is_over() else [*headers, ("Connection", "close")], *more)
                return answer
            finally:
                body.give_slot()

    def _linger(self, body: "_Body") -> None:
        if self._lingering.acquire(blocking=False):
            try:
                body.linger()
            finally:
                self._lingering.release()


class _Body(io.RawIOBase):
    """One body, read where it is asked for. The watch looks at it from another thread."""

    def __init__(
        self,
        environ: dict[str, Any],
        slots: threading.BoundedSemaphore,
        wait_seconds: float,
        until_answered: bool,
    ) -> None:
        length = environ.get("CONTENT_LENGTH", "")
        self._stream = environ["wsgi.input"]
        self._length = int(length) if length.isascii() and length.isdigit() else 0
        self._slots = slots
        self._wait_seconds = wait_seconds
        self._until_answered = until_answered
        self._holds_slot = self._ended = False
        self._received = 0
        self.address: str = environ.get("REMOTE_ADDR", "")
        self.began: float | None = None
        self.waits_since: float | None = None
        self.late: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.is_over():
            return 0
        if not self._holds_slot and not self._take_slot():
            raise Problem(503, "Too many uploads are under way. Try again shortly.", {"Retry-After": "2"})
        piece = self._read(min(len(buffer), PIECE_BYTES))
        if self.late:
            raise Problem(408, self.late)
        if not piece and self._received < self._length:
            raise Problem(400, "The body ended before its Content-Length.")
        buffer[: len(piece)] = piece
        if self.is_over() and not self._until_answered:
            self.give_slot()
        return len(piece)

    def linger(self) -> None:
        """Let the client finish what it is sending, as long as it does send.

        Most clients send everything before they look at the answer. The server resets a connection on which something
        is left unread, and then they never see it.
        """
        until, limit = time.monotonic() + LINGER_SECONDS, self._received + LINGER_BYTES
        while not (self.is_over() or self.late) and self._received < limit and time.monotonic() < until:
            arrived = self._wait_for_more()
            if not arrived:
                return
            # Half of what is there, for chunks are framed: more could make us wait.
            self._read(max(1, min(arrived // 2, PORTION_BYTES)))

    def give_slot(self) -> None:
        if self._holds_slot:
            self._holds_slot = False
            self._slots.release()

    def _take_slot(self) -> bool:
        self._holds_slot = self._slots.acquire(timeout=self._wait_seconds)
        return self._holds_slot

    def is_over(self) -> bool:
        """True once all of it is known to have been read."""
        return self._ended or 0 < self._length <= self._received

    def _wait_for_more(self) -> int:
        """How many bytes the client has sent in advance, waited for a little; 0 where it does not send."""
        until = time.monotonic() + PAUSE_SECONDS
        before = unread_bytes(self.address)
        while time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            now = unread_bytes(self.address)
            # Only what still lies there is ours, or an upload's like it: the rest is read as soon as it comes.
            if arrived := max((min(before.get(peer, 0), count) for peer, count in now.items()), default=0):
                return arrived
            before = now
        return 0

    def _read(self, size: int) -> bytes:
        self.waits_since = time.monotonic()
        self.began = self.began or self.waits_since
        piece = self._stream.read(size)
        self.waits_since = None
        self._received += len(piece)
        self._ended = not piece
        return piece
