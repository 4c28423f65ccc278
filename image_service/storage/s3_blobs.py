"""Image bytes as objects of an S3 bucket: one PutObject each, with its checksum, all under one prefix."""

import base64
import hashlib
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, ReadTimeoutError

from image_service.storage import s3_errors
from image_service.storage.errors import BlobMissing, StoreUnavailable
from image_service.storage.fuse import Fuse
from image_service.storage.object_ids import checked, is_object_id
from web.serving import THREADS

log = logging.getLogger(__name__)

CONFIG = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},  # the only place where anything is tried again
    max_pool_connections=THREADS + 2,  # the threads that serve, the reconciler, and whoever looks after health
    # The bytes are compared with the row's SHA-256, which says more than any checksum that S3 sends along.
    response_checksum_validation="when_required",
)
# After the first byte the whole body must come within a second and at no less than this, or a connection that
# trickles would hold its thread for hours: each single read stays within its time-out.
SLOWEST_BYTES_PER_SECOND = 4 << 20
PART_BYTES = 1 << 16
# S3 takes 1,000, and needs longer for them than we wait for an answer.
DELETED_AT_ONCE = 100
LOGGED_EACH_SECONDS = 60.0

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]{0,900}")


class S3Blobs:
    """Credentials, region and endpoint are boto3's own; encryption is the bucket's. Nothing is asked before it is used.

    Needs s3:GetObject, s3:PutObject and s3:DeleteObject on the prefix and s3:ListBucket on the bucket: without the last
    S3 says "denied" for an object that is not there.
    """

    # A listing is the dearest request, one for each 1,000 objects: a million images are $0.005 a walk, and at once an
    # hour that is $3.65 a month for each instance. What it finds costs next to nothing to keep for a day.
    looks_for_orphans_each_seconds = 86_400.0

    def __init__(self, url: str) -> None:
        self._bucket, self._prefix = _read(url)
        try:
            self._client = boto3.session.Session().client("s3", config=CONFIG)  # one for all threads, which it allows
        except (BotoCoreError, ValueError) as error:
            raise ValueError(f"IMAGES_URL is on S3, and boto3 can't be set up for it: {error}") from error
        self._fuse = Fuse()
        self._logged: dict[str, float] = {}

    def link(self, object_id: str) -> str:
        """The object's address: ``s3://bucket/prefix/id``."""
        return f"s3://{self._bucket}/{self._key(object_id)}"

    def write(self, object_id: str, data: bytes) -> None:
        """Store an object for good, never over another: S3 checks that what arrived is what was sent."""
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        put = {"Body": data, "ChecksumSHA256": checksum, "IfNoneMatch": "*"}
        try:
            with self._asking():
                self._client.put_object(**self._named(object_id), **put)
        except _AlreadyThere as there:
            # Ids are drawn once: it is our own first attempt, whose answer was lost.
            if self.read(object_id) != data:
                raise StoreUnavailable("S3: another object has this name") from there

    def read(self, object_id: str) -> bytes:
        with self._asking():
            answer = self._client.get_object(**self._named(object_id))
            return _read_all(answer["Body"], answer["ContentLength"])

    def delete(self, *object_ids: str) -> None:
        keys = [{"Key": self._key(object_id)} for object_id in object_ids]
        for first in range(0, len(keys), DELETED_AT_ONCE):
            wanted = {"Quiet": True, "Objects": keys[first : first + DELETED_AT_ONCE]}
            with self._asking():
                answer = self._client.delete_objects(Bucket=self._bucket, Delete=wanted)
            for error in answer.get("Errors", []):
                raise s3_errors.refused(error.get("Code", ""))

    def older_than(self, before: datetime) -> Iterator[str]:
        """As S3 dates them: it refuses to talk with a clock more than 15 minutes off its own."""
        # The delimiter keeps what lies below the prefix out: it may be another service's, with a longer one.
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
        )
        listed = iter(pages)
        while True:
            with self._asking():
                page = next(listed, None)
            if page is None:
                return
            for entry in page.get("Contents", []):
                name = entry["Key"].removeprefix(self._prefix)
                if is_object_id(name) and entry["LastModified"] < before:
                    yield name

    def ping(self) -> None:
        """Return if an object could be read now."""
        # Of all requests the cheapest whose refusal says why; an answer to HEAD has no room for that.
        with suppress(BlobMissing), self._asking():
            self._client.get_object(Bucket=self._bucket, Key=f"{self._prefix}ping")["Body"].close()

    def _key(self, object_id: str) -> str:
        return self._prefix + checked(object_id)

    def _named(self, object_id: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._key(object_id)}

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if why := self._fuse.blown():
            raise StoreUnavailable(why)
        try:
            yield
        except ClientError as error:
            self._fuse.answered()
            raise self._in_words(error) from error
        except ParamValidationError:
            raise  # a mistake of ours, that trying again does not mend
        except BotoCoreError as error:
            told = self._in_words(error)
            self._fuse.unanswered(str(told))
            raise told from error
        self._fuse.answered()

    def _in_words(self, error: Exception) -> Exception:
        code = s3_errors.code_of(error)
        if code in s3_errors.MISSING:
            return BlobMissing("S3 has no such object")
        if code == s3_errors.ALREADY_THERE:
            return _AlreadyThere()
        # Who asks for an image is told little. What S3 said, with the role and the action it denies, is for the log.
        told = s3_errors.in_words(error)
        if time.monotonic() - self._logged.get(str(told), float("-inf")) >= LOGGED_EACH_SECONDS:
            self._logged[str(told)] = time.monotonic()
            log.warning("%s: %s", told, error)
        return told


class _AlreadyThere(Exception):
    """There is an object of this name."""


def _read(url: str) -> tuple[str, str]:
    """The bucket and the prefix, which ends in a slash where there is one."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    prefix = prefix.strip("/")
    steps = prefix.split("/") if prefix else []
    if not _BUCKET.fullmatch(bucket) or not _PREFIX.fullmatch(prefix) or {"", ".", ".."} & set(steps):
        raise ValueError("IMAGES_URL must be s3://bucket or s3://bucket/prefix")
    return bucket, f"{prefix}/" if prefix else ""


def _read_all(body: Any, length: int) -> bytes:
    until = time.monotonic() + 1 + length / SLOWEST_BYTES_PER_SECOND
    parts = []
    for part in body.iter_chunks(PART_BYTES):
        parts.append(part)
        if time.monotonic() > until:
            body.close()
            raise ReadTimeoutError(endpoint_url="S3")
    return b"".join(parts)
