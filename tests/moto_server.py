"""AWS in a thread of the tests: moto behind a strict layer, on a port of its own, that can be made to fail."""

import gzip
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from tests.processes import free_port, status, wait_until
from tests.strict_aws import strict

MOST_BODY_BYTES = 1_048_576
REGION = "eu-central-1"


class Quiet(MotoRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


@dataclass
class Fault:
    """``kind``: lost (done, but answered 500), error (500), throttled, unreachable, or hangs."""

    kind: str
    operation: str
    times: float

    def strikes(self, operation: str) -> bool:
        if self.times <= 0 or not re.fullmatch(self.operation, operation):
            return False
        self.times -= 1
        return True


@dataclass
class Faults:
    """A WSGI layer: what goes wrong on the way; which operations were asked for, and which came packed."""

    app: Any
    rules: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    packed: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def inject(self, kind: str, operation: str = ".*", times: float = float("inf")) -> None:
        self.released.clear()
        self.rules.append(Fault(kind, operation, times))

    def clear(self) -> None:
        self.rules.clear()
        self.asked.clear()
        self.packed.clear()
        self.released.set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        operation = _operation(environ)
        self.asked.append(operation)
        if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
            self.packed.append(operation)
        fault = next((rule for rule in self.rules if rule.strikes(operation)), None)
        kind = fault.kind if fault else ""
        if kind in ("hangs", "unreachable"):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if kind == "hangs":
            self.released.wait(30)
        if kind in ("hangs", "unreachable"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionError("the connection is closed without an answer")
        if kind == "error":
            return _answer(start_response, "500 Internal Server Error")
        if kind == "throttled":
            return _answer(start_response, "400 Bad Request", *_throttled(environ))
        if operation == "PutMetricData" and not _is_small(environ):
            return _answer(start_response, "413 Request Entity Too Large")
        if kind == "lost":
            list(self.app(environ, lambda *_: None))
            return _answer(start_response, "500 Internal Server Error")
        return self.app(environ, start_response)


@dataclass(frozen=True)
class Aws:
    """``environment`` is what a process needs to find it."""

    url: str
    faults: Faults

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A plain boto3 client, which knows nothing of the project."""
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def reset(self) -> None:
        """Forget everything: metrics, logs, faults."""
        from moto.core.base_backend import BackendDict

        self.faults.clear()
        BackendDict.reset()


@contextmanager
def running() -> Iterator[Aws]:
    """AWS for as long as it lasts, empty at first: what moto knows belongs to the process and outlives a server."""
    faults = Faults(DomainDispatcherApplication(create_backend_app))
    with ExitStack() as stack:
        stack.enter_context(strict())
        server = make_server("127.0.0.1", 0, faults, threaded=True, request_handler=Quiet)
        server.log = lambda *_, **__: None
        thread = threading.Thread(target=server.serve_forever, name="moto", daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        stack.callback(faults.clear)
        aws = Aws(f"http://127.0.0.1:{server.port}", faults)
        aws.reset()
        yield aws


@contextmanager
def alone() -> Iterator[Aws]:
    """AWS as a process of its own, in which nothing that other tests did to this one can be felt."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            aws = Aws(f"http://127.0.0.1:{port}", Faults(None))
            wait_until(lambda: process.poll() is not None or status(f"{aws.url}/moto-api/") == 200, what="moto")
            yield aws
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-5000:])  # what it says of a 500 stands nowhere else
            raise
        finally:
            process.kill()
            process.wait()


def _operation(environ: dict[str, Any]) -> str:
    path = re.search(r"/operation/(\w+)$", environ.get("PATH_INFO", ""))
    return path[1] if path else environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]


def _is_small(environ: dict[str, Any]) -> bool:
    """The whole body is read, judged as it was before it was packed, and put back."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    packed = environ.get("HTTP_CONTENT_ENCODING") == "gzip"
    return len(gzip.decompress(body) if packed else body) <= MOST_BODY_BYTES


def _answer(start_response: Any, status: str, body: bytes = b"", content_type: str = "text/html") -> list[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(status, headers + ([("smithy-protocol", "rpc-v2-cbor")] if "cbor" in content_type else []))
    return [body]


def _throttled(environ: dict[str, Any]) -> tuple[bytes, str]:
    if "/operation/" not in environ.get("PATH_INFO", ""):
        return b'{"__type": "ThrottlingException", "message": "Rate exceeded"}', "application/x-amz-json-1.1"
    words = (b"__type", b"ThrottlingException", b"message", b"Rate exceeded")
    return b"\xa2" + b"".join(bytes([0x60 + len(word)]) + word for word in words), "application/cbor"
