"""The small app of tests/served.py as a process; ``start`` is its fixture, for modules that import it."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import uuid

import pytest

from tests.processes import PATIENCE_SECONDS, ROOT, free_port, wait_until


class Process:
    def __init__(self, folder, **settings):
        self.port = settings.get("PORT") or free_port()
        self.instance = settings.get("INSTANCE") or f"test-{uuid.uuid4().hex[:8]}"
        self._events = folder / f"events-{uuid.uuid4().hex[:8]}"
        told = {"EVENTS": self._events, "PORT": self.port, "INSTANCE": self.instance, "PYTHONUNBUFFERED": 1}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.served"],
            cwd=ROOT,
            env={**os.environ, **{name: str(value) for name, value in {**told, **settings}.items()}},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @property
    def events(self):
        return self._events.read_text().splitlines() if self._events.exists() else []

    @property
    def worker(self):
        return int(self.ask("pid"))

    @property
    def workers(self):
        """The process of each worker by its number, as they said when they began."""
        began = (re.fullmatch(r"worker (\d+) made in (\d+)", event) for event in self.events)
        return {int(said[1]): int(said[2]) for said in began if said}

    def ask(self, path, timeout=PATIENCE_SECONDS):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", f"/{path}")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.ask("healthz") == "well"
        except (OSError, http.client.HTTPException):
            return False

    def half_sent(self, path="read"):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        connection.sendall(f"PUT /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nabc".encode())
        return connection

    def ended(self):
        """Its exit status, waited for."""
        return self.process.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def starting(folder):
    """A function that starts the app with settings of its own, as often as it is called; the end ends all of them."""
    started = []

    def start(ready=True, **settings):
        started.append(Process(folder, **settings))
        if ready:
            wait_until(started[-1].answers, what="the test app to answer")
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.process.pid, signal.SIGKILL)
            process.process.wait(PATIENCE_SECONDS)
            process.process.stdout.close()


@pytest.fixture
def start(tmp_path):
    with starting(tmp_path) as start:
        yield start
