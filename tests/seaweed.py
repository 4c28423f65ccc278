"""SeaweedFS as S3: a real server that checks signatures, rights and checksums, private to the tests."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.processes import free_port, wait_until

WEED = Path(sys.executable).parent / "weed"
OWNER = ("OWNERKEY", "secret-of-the-owner")
READER = ("READERKEY", "secret-of-the-reader")
RIGHTS = {OWNER: ["Admin", "Read", "List", "Write"], READER: ["Read", "List"]}
BUCKET = "images"
SERVERS = ("master", "volume", "filer", "s3")


class Seaweed:
    """One server. ``url`` outlives its restarts, and so does what is stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {f"-{server}.port{grpc}": free_port() for server in SERVERS for grpc in ("", ".grpc")}
        self._process: subprocess.Popen | None = None
        self._sockets = Path(tempfile.mkdtemp(prefix="seaweed-", dir="/tmp"))  # their paths must be short
        self.url = f"http://127.0.0.1:{self._ports['-s3.port']}"

    def environment(self, identity: tuple[str, str] = OWNER) -> dict[str, str]:
        """What boto3 reads to come here, and nowhere else."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": identity[0],
            "AWS_SECRET_ACCESS_KEY": identity[1],
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self):
        """A plain client that knows nothing of the project's."""
        session = boto3.session.Session(*OWNER, region_name="us-east-1")
        quick = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
        return session.client("s3", endpoint_url=self.url, config=quick)

    def new_url(self) -> str:
        """A place for images that is empty. All are in one bucket: each bucket takes volumes of its own."""
        return f"s3://{BUCKET}/{uuid.uuid4().hex}"

    def objects(self, url: str) -> dict[str, bytes]:
        """All that lies there: bytes by name."""
        client, prefix = self.client(), url.removeprefix(f"s3://{BUCKET}/") + "/"
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key.removeprefix(prefix): client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def start(self) -> None:
        """Start it and wait until something can be stored."""
        rights = self._folder / "rights.json"
        rights.write_text(json.dumps({"identities": [_identity(*each) for each in RIGHTS.items()]}))
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        flags = {
            **self._ports,
            "-dir": data,
            "-ip": "127.0.0.1",
            "-ip.bind": "127.0.0.1",
            "-master.telemetry": "false",
            "-master.volumePreallocate": "false",
            "-master.volumeSizeLimitMB": 64,
            "-volume.max": 10,
            "-s3.config": rights,
            "-s3.autoCreateBucket": "false",  # else a PUT into a bucket that is not there makes it
            "-s3.iam": "false",
            "-s3.port.iceberg": 0,
            "-s3.port.lance": 0,
            "-filer.localSocket": self._sockets / "filer",
            "-s3.localSocket": self._sockets / "s3",
        }
        command = [
            WEED,
            f"-logdir={self._folder}",
            "server",
            "-s3",
            *(f"{name}={value}" for name, value in flags.items()),
        ]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._stores, what=f"SeaweedFS to store something; see {self._folder}")

    def kill(self) -> None:
        """It does not hear SIGTERM."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        self.kill()
        for folder in (self._folder, self._sockets):
            shutil.rmtree(folder, ignore_errors=True)
        for server in SERVERS:  # these it makes in /tmp whatever it is told
            Path(f"/tmp/seaweedfs-{server}-grpc-{self._ports[f'-{server}.port.grpc']}.sock").unlink(missing_ok=True)

    def _stores(self) -> bool:
        assert self._process.poll() is None, (self._folder / "log").read_text()[-3000:]
        with suppress(BotoCoreError, ClientError):
            client = self.client()
            with suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="started", Body=b"x")
            return True
        return False


@contextmanager
def running(folder: Path) -> Iterator[Seaweed]:
    server = Seaweed(folder)
    try:
        server.start()
        yield server
    finally:
        server.close()


def _identity(credentials: tuple[str, str], actions: list[str]) -> dict:
    access, secret = credentials
    return {"name": access, "credentials": [{"accessKey": access, "secretKey": secret}], "actions": actions}
