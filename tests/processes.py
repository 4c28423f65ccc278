"""Starts an app as people do, as a process of its own, and ends it in every way it may end."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60
"""How long anything is waited for: what comes comes as soon as it can, and only what never comes costs so much."""

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = PATIENCE_SECONDS, what: str = "") -> T:
    """What ``condition`` returns as soon as that is true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what or condition}"
        time.sleep(0.05)
    return found


def free_port(*beside: int) -> int:
    """A port that nobody listens on, nor on those so much above it."""
    # Below the range from which the system takes ports of its own, so that none of those is in the way after a restart.
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        if all(_is_free(port + more) for more in (0, *beside)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class App:
    """One app as a process. ``url`` and ``data_dir`` outlive its restarts."""

    def __init__(self, module: str, ready_path: str, data_dir: Path, **settings: Any) -> None:
        self._module = module
        self._ready_path = ready_path
        self._process: subprocess.Popen | None = None
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {"DATA_DIR": str(data_dir), "PORT": str(self.port)} | {k: str(v) for k, v in settings.items()}
        self.log = data_dir.parent / f"{module}.log"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        """The processes that serve, of which its own is the parent."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def start(self) -> None:
        """Start it and wait until it is ready to answer."""
        # Its working folder is an empty one: it must need nothing of the project's but the code.
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=self.log.parent,
                env=_environment(self.settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(self._ready_or_ended, what=f"{self._module} to be ready")
        except AssertionError as waited:
            raise AssertionError(f"{waited}\n{self.tail()}") from None
        assert self._process.poll() is None, f"{self._module} ended with {self._process.returncode}\n{self.tail()}"

    def terminate(self) -> int:
        """SIGTERM, as an orderly end; returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """SIGKILL of the main process alone, as a crash; its workers have to notice by themselves."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for its end, whoever ends it; returns its exit status."""
        code = self._process.wait(PATIENCE_SECONDS)
        self._wait_for_silence()
        return code

    def restart(self) -> None:
        self.terminate()
        self.start()

    def close(self) -> None:
        """End whatever of it still runs."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)

    def tail(self) -> str:
        """The end of what it wrote to its log."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def _ready_or_ended(self) -> bool:
        if not self._ready_path:
            return True  # it listens nowhere
        return self._process.poll() is not None or status(self.url + self._ready_path) == 200

    def _wait_for_silence(self) -> None:
        wait_until(lambda: not _listens(self.port), what=f"{self._module} to leave port {self.port}")


def image_service(data_dir: Path, **settings: Any) -> App:
    """The image service, not started yet, with a name that no other test has."""
    return App("image_service", "/readyz", data_dir, **{"INSTANCE": f"test-{uuid.uuid4().hex[:8]}", **settings})


def manager(data_dir: Path, **settings: Any) -> App:
    """The manager, not started yet."""
    return App("dashboard", "/healthz", data_dir, **settings)


def autoscaler(data_dir: Path, **settings: Any) -> App:
    """The auto-scaler, not started yet; it listens nowhere."""
    return App("dashboard.autoscaler", "", data_dir, **settings)


def status(url: str) -> int | None:
    """The HTTP status of a GET; None where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
            return response.status
    except urllib.error.HTTPError as answered:
        return answered.code
    except OSError:
        return None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Little of the environment of the tests: what somebody set for an app of theirs must not reach these."""
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return passed_on | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | dict(settings)
