"""A real Redis or Valkey, private to the tests, that can be killed, stopped in its tracks, filled and poisoned."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.processes import free_port, wait_until
from tools.prepare import REDIS, find, how_to_install

START_SECONDS = 30


class RedisServer:
    """One server that keeps nothing on disk. Its port and its socket outlive its restarts."""

    def __init__(self, folder: Path, program: str) -> None:
        self._folder = folder
        self._program = program
        self._process: subprocess.Popen | None = None
        self._sockets = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))  # their paths must be short
        self.port = free_port()
        self.socket = self._sockets / "s"

    def url(self, **options: Any) -> str:
        """A CACHE_URL; a test on a busy machine has patience unless it says otherwise."""
        told = {"timeout_milliseconds": 1000, **options}
        return f"redis://127.0.0.1:{self.port}/0?" + "&".join(f"{name}={value}" for name, value in told.items())

    def client(self) -> Redis:
        """A plain client that knows nothing of the project's."""
        return Redis(port=self.port, socket_timeout=30)

    def info(self) -> dict[str, Any]:
        with self.client() as client:
            return client.info()

    def start(self, *flags: str) -> None:
        """Start it and wait until it answers."""
        command = [
            "redis-server",  # whatever the program is called: it goes by its first argument
            *("--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.socket)),
            *("--save", "", "--appendonly", "no", "--dir", str(self._folder), "--enable-debug-command", "yes"),
            *flags,
        ]
        self._folder.mkdir(exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, executable=self._program, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._answers, START_SECONDS, f"Redis to answer; see {self._folder / 'log'}")

    def renew(self) -> None:
        """Empty, running, and with nothing set or counted."""
        self.go_on()
        if self._process is None or self._process.poll() is not None:
            self.start()
        with self.client() as client:
            client.flushall()
            client.config_set("maxmemory", 0)
            client.config_set("maxmemory-policy", "noeviction")
            client.config_resetstat()

    def kill(self) -> None:
        """As a machine dies."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """It takes connections and requests, and answers none."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._sockets, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()[-2000:]
        with suppress(RedisError), self.client() as client:
            return client.ping()
        return False


@contextmanager
def running(folder: Path) -> Iterator[RedisServer]:
    program = find(REDIS)
    if program is None:
        pytest.skip(how_to_install(REDIS))
    server = RedisServer(folder, os.path.realpath(program))
    try:
        server.start()
        yield server
    finally:
        server.close()
