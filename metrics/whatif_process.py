"""The service's end of the replay process: starts it, hands it records, takes what it tells."""

import json
import logging
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

BUFFER_BYTES = 1 << 20
END_SECONDS = 1.0
_ROOT = Path(__file__).resolve().parent.parent


class ReplayEnded(Exception):
    """The process is gone, or its end of the line."""


class ReplayProcess:
    """Never waits: what the process does not take yet is kept, and ``busy`` tells so."""

    def __init__(self, budget_bytes: int, engine: str = "") -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            for end in (self._socket, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cache.whatif", str(budget_bytes), engine],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                # Of the environment only what starting needs: numbers are all that it has to do with.
                env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(_ROOT)},
                start_new_session=True,  # an interrupt from the terminal is for the service, whose end it then sees
            )
        self._socket.setblocking(False)
        self._unsent = b""
        self._told = b""

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def busy(self) -> bool:
        return bool(self._unsent)

    def send(self, records: bytes) -> bool:
        """Hand records over, after those that it has not taken yet; whether it took anything of them."""
        self._unsent += records
        try:
            sent = self._socket.send(self._unsent) if self._unsent else 0
        except BlockingIOError:
            return False
        except OSError as error:
            raise ReplayEnded(str(error)) from error
        self._unsent = self._unsent[sent:]
        return sent > 0

    def read(self) -> list[dict]:
        """What it has told since the last time."""
        while True:
            try:
                data = self._socket.recv(BUFFER_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                raise ReplayEnded(str(error)) from error
            if not data:
                raise ReplayEnded(f"status {self._status()}")
            self._told += data
        *lines, self._told = self._told.split(b"\n")
        return [json.loads(line) for line in lines]

    def end(self) -> None:
        """It ends by itself when the line is cut; killed where it is at work for longer."""
        self._socket.close()
        if self._status() is None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_SECONDS)

    def kill(self) -> None:
        self._process.kill()

    def _status(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(END_SECONDS)
        return None
