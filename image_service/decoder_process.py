"""The serving process's end of one decoder: starts it, asks it, and kills it when it takes too long."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from image_service.decoder import ANSWER, QUESTION, TOO_SLOW_SIGNAL
from image_service.kinds import Damaged, Facts, NotAnImage, TooManyPixels

_REFUSALS = {refusal.__name__: refusal for refusal in (NotAnImage, Damaged, TooManyPixels)}
_FAULTS = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL, signal.SIGSYS})
_END_SECONDS = 1.0
_ROOT = Path(__file__).resolve().parent.parent


class TookTooLong(Exception):
    """The work allowed is used up; the decoder is dead."""


class DecoderStalled(Exception):
    """No answer in time by the clock, though the work allowed is not used up: the machine is too busy."""


class DecoderDied(Exception):
    """The decoder is dead; ``of_the_image`` where the image made it crash, else it was ended from outside."""

    def __init__(self, status: int) -> None:
        super().__init__(f"a decoder ended with status {status}")
        self.of_the_image = -status in _FAULTS


class DecoderProcess:
    """One at a time may ask; after an exception other than a refusal the decoder is of no more use."""

    def __init__(self, max_pixels: int) -> None:
        # A socket and not two pipes: it has time-outs, for sending too.
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "image_service.decoder", str(max_pixels)],
                stdin=theirs,
                stdout=theirs,
                # Of the environment only what starting needs: a decoder has no business with passwords.
                env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(_ROOT)},
                start_new_session=True,  # an interrupt from the terminal is for the service, which ends its decoders
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def inspect(self, data: bytes, work_seconds: float, wall_seconds: float) -> Facts:
        found, _ = self._ask(data, 0, work_seconds, wall_seconds)
        return Facts(**found)

    def render(self, data: bytes, width: int, work_seconds: float, wall_seconds: float) -> tuple[bytes, int, int]:
        found, body = self._ask(data, width, work_seconds, wall_seconds)
        return body, *found["size"]

    def end(self) -> None:
        """End the process, at once where it is at work."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._socket.close()

    def _ask(self, data: bytes, width: int, work_seconds: float, wall_seconds: float) -> tuple[dict[str, Any], bytes]:
        deadline = time.monotonic() + wall_seconds
        try:
            self._send(QUESTION.pack(width, work_seconds, len(data)), deadline)
            self._send(data, deadline)
            told, length = ANSWER.unpack(self._receive(ANSWER.size, deadline))
            found = json.loads(self._receive(told, deadline))
            body = self._receive(length, deadline)
        except TimeoutError:
            raise DecoderStalled from None
        except OSError as error:
            raise self._death() from error
        if "refused" in found:
            raise _REFUSALS[found["refused"]](found["reason"])
        return found, body

    def _send(self, data: bytes, deadline: float) -> None:
        self._socket.settimeout(max(0.001, deadline - time.monotonic()))
        self._socket.sendall(data)

    def _receive(self, length: int, deadline: float) -> bytes:
        parts = bytearray(length)
        rest = memoryview(parts)
        while rest:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            received = self._socket.recv_into(rest)
            if not received:
                raise ConnectionError("the decoder closed its end")
            rest = rest[received:]
        return bytes(parts)

    def _death(self) -> Exception:
        try:
            status = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return DecoderStalled()
        return TookTooLong() if status == -TOO_SLOW_SIGNAL else DecoderDied(status)
