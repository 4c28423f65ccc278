"""MiniStack, the emulator of AWS that can also delete a CloudFormation stack, as a process on a port of its own."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.processes import PATIENCE_SECONDS, free_port, status, wait_until
from tools.prepare import MINISTACK

REGION = "eu-central-1"
PROGRAM = MINISTACK / "bin" / "ministack"
HOW_TO_INSTALL = "MiniStack is missing: python3 tools/prepare.py requirements-dev.txt --tests"


class MiniStack:
    """``client`` is a plain boto3 client of it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, **keys)


@contextmanager
def running(folder: Path) -> Iterator[MiniStack]:
    """An empty one for as long as it lasts; what it writes stays in the folder."""
    if not PROGRAM.exists():
        pytest.skip(HOW_TO_INSTALL)
    server = MiniStack(port := free_port())
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "DOCKER_HOST": "unix:///nowhere",  # it would start containers for databases and machines where it can
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM], cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_until(lambda: status(f"{server.url}/_ministack/health") is not None, what="MiniStack")
        yield server
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)
