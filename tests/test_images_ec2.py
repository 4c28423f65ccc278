"""The name of an instance on EC2: asked of a metadata service as it is there, and of nobody anywhere else."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from image_service.ec2 import instance_id
from image_service.settings import Settings

ID = "i-0123456789abcdef0"


class Metadata(BaseHTTPRequestHandler):
    """IMDSv2: nothing without a token, and a token only for a PUT that says how long."""

    def do_PUT(self):
        asks = self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "60"
        self._answer(200 if asks else 400, "the token")

    def do_GET(self):
        knows = self.headers["X-aws-ec2-metadata-token"] == "the token"
        self._answer(200 if knows and self.path == "/latest/meta-data/instance-id" else 401, self.server.told)

    def _answer(self, status, text):
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def metadata():
    with ThreadingHTTPServer(("127.0.0.1", 0), Metadata) as server:
        server.asked, server.told = [], ID
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


@pytest.fixture
def settings(monkeypatch, tmp_path, metadata):
    for name in (*Settings.model_fields, "aws_ec2_metadata_disabled"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
    return lambda **more: Settings(**more)


def test_on_cloudwatch_an_instance_is_called_as_ec2_calls_it(settings, metadata):
    assert settings(channel_url="cloudwatch://Hitrate").instance == ID
    assert metadata.asked == ["PUT /latest/api/token", "GET /latest/meta-data/instance-id"]


def test_a_name_of_ones_own_asks_nobody(settings, metadata):
    assert settings(channel_url="cloudwatch://Hitrate", instance="mine").instance == "mine"
    assert metadata.asked == []


def test_with_the_embedded_channel_nobody_is_asked(settings, metadata):
    assert settings().instance == socket.gethostname()
    assert metadata.asked == []


def test_where_it_is_switched_off_nobody_is_asked(settings, metadata, monkeypatch):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "True")
    assert settings(channel_url="cloudwatch://Hitrate").instance == socket.gethostname()
    assert metadata.asked == []


@pytest.mark.parametrize("told", ["", "<html>", "i-xyz", "x" * 4000])
def test_what_is_no_id_is_not_taken_for_one(metadata, told):
    metadata.told = told
    assert instance_id({"AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.url}) is None


def test_elsewhere_the_host_names_it_without_a_wait(settings, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert settings(channel_url="cloudwatch://Hitrate").instance == socket.gethostname()


def test_a_nonsensical_endpoint_is_nobody():
    assert instance_id({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "nonsense"}) is None
    assert instance_id({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:port"}) is None
