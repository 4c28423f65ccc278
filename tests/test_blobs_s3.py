"""What is asked of S3, to the header: objects put once, walks in pages, deletes in batches, connections kept."""

import base64
import hashlib
import logging
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import ANY, Stubber

from image_service.storage import s3_errors
from image_service.storage.errors import BlobMissing, StoreUnavailable
from image_service.storage.s3_blobs import CONFIG, DELETED_AT_ONCE
from image_service.storage.urls import open_blobs
from tests.processes import ROOT
from tests.s3_stores import assert_says, at, nobody, stubbed
from web.serving import THREADS

ANSWERED_WITHIN_SECONDS = 4.5
KEY = "0123456789abcdef0123456789abcdef"

__all__ = ["at", "nobody", "stubbed"]


def new_id():
    return uuid.uuid4().hex


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_an_object_is_put_once_with_its_checksum_and_never_over_another(at, seaweed):
    url, object_id, data = seaweed.new_url(), new_id(), os.urandom(100_000)
    blobs, asked = at(url), []
    blobs._client.meta.events.register("before-send.s3", lambda request, **_: asked.append(request))
    blobs.write(object_id, data)
    (put,) = asked
    headers = {name.lower(): _text(value) for name, value in put.headers.items()}
    assert put.method == "PUT"
    assert headers["if-none-match"] == "*"
    assert headers["x-amz-checksum-sha256"] == base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert not {name for name in headers if "encryption" in name}
    assert blobs.link(object_id) == f"{url}/{object_id}"
    assert seaweed.objects(url) == {object_id: data}


def test_an_object_of_that_name_is_never_written_over(at):
    blobs, object_id = at(), new_id()
    blobs.write(object_id, b"first")
    with pytest.raises(StoreUnavailable, match="another object"):
        blobs.write(object_id, b"second")
    assert blobs.read(object_id) == b"first"


def test_a_put_whose_answer_was_lost_is_tried_again_and_no_failure(at):
    blobs, object_id, sent = at(), new_id(), []
    send = blobs._client._endpoint.http_session.send

    def send_and_lose(request):
        answer = send(request)
        sent.append(request.method)
        if len(sent) == 1:
            raise ReadTimeoutError(endpoint_url="lost on the way back")
        return answer

    blobs._client._endpoint.http_session.send = send_and_lose
    blobs.write(object_id, b"x")
    assert sent == ["PUT", "PUT", "GET"], "the second is told that it is there; what is there is ours"


def test_what_arrives_other_than_it_was_sent_is_refused(at, seaweed):
    url = seaweed.new_url()
    blobs = at(url)
    blobs._client.meta.events.register("before-sign.s3", _spoil)
    with pytest.raises(StoreUnavailable):
        blobs.write(new_id(), b"as it was sent")
    assert seaweed.objects(url) == {}


def _spoil(request, **_):
    request.data = b"as it arrives "
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"


def test_time_outs_attempts_and_connections_are_those_of_the_design():
    assert (CONFIG.connect_timeout, CONFIG.read_timeout) == (1, 1)
    assert CONFIG.retries == {"mode": "standard", "total_max_attempts": 2}
    assert CONFIG.max_pool_connections > THREADS


def test_threads_keep_their_connections(at, caplog):
    blobs, object_id = at(), new_id()
    blobs.write(object_id, bytes(100_000))
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(blobs.read, [object_id] * 200))
    assert caplog.records == [], "urllib3 says so where a pool is too small"


def test_the_environment_does_not_lengthen_the_attempts(nobody, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "9")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    assert nobody()._client.meta.config.retries == {"mode": "standard", "total_max_attempts": 2}


def test_a_walk_is_paged_and_stays_below_the_prefix(stubbed):
    blobs, old, young = stubbed, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)
    names = [new_id() for _ in range(4)]
    pages = [[(names[0], old), (names[1], young)], [("no id", old), (names[2], old)], [(names[3], old)]]
    expected = {"Bucket": "images", "Prefix": "prefix/", "Delimiter": "/"}
    with Stubber(blobs._client) as stub:
        for number, page in enumerate(pages):
            more = {"IsTruncated": True, "NextContinuationToken": str(number)} if number < 2 else {"IsTruncated": False}
            asked = expected | ({"ContinuationToken": str(number - 1)} if number else {})
            contents = [{"Key": f"prefix/{name}", "LastModified": written} for name, written in page]
            stub.add_response("list_objects_v2", {"Contents": contents, **more}, asked)
        walk = blobs.older_than(young - timedelta(hours=1))
        assert next(walk) == names[0]
        assert list(walk) == [names[2], names[3]]
        stub.assert_no_pending_responses()


def test_a_walk_that_breaks_off_is_a_failure_and_not_the_end(stubbed):
    blobs = stubbed
    with Stubber(blobs._client) as stub:
        entry = {"Key": f"prefix/{KEY}", "LastModified": datetime.now(UTC) - timedelta(days=1)}
        stub.add_response("list_objects_v2", {"Contents": [entry], "IsTruncated": True, "NextContinuationToken": "1"})
        stub.add_client_error("list_objects_v2", "SlowDown", http_status_code=400)
        walk = blobs.older_than(datetime.now(UTC))
        assert next(walk) == KEY
        assert_says([lambda: next(walk)], s3_errors.THROTTLED)


def test_deletes_are_batched(stubbed):
    blobs = stubbed
    ids = [new_id() for _ in range(2 * DELETED_AT_ONCE + 1)]
    with Stubber(blobs._client) as stub:
        for _ in range(3):
            stub.add_response("delete_objects", {}, {"Bucket": "images", "Delete": ANY})
        blobs.delete(*ids)
        stub.assert_no_pending_responses()


def test_services_in_one_bucket_see_only_their_own(at, seaweed):
    outer = seaweed.new_url()
    urls = [outer, f"{outer}/inner", f"{outer}er"]
    stores = [at(url) for url in urls]
    ids = [new_id() for _ in urls]
    for store, object_id in zip(stores, ids, strict=True):
        store.write(object_id, b"x")
    for store, object_id in zip(stores, ids, strict=True):
        assert list(store.older_than(datetime.now(UTC) + timedelta(hours=1))) == [object_id]
        for other in set(ids) - {object_id}:
            with pytest.raises(BlobMissing):
                store.read(other)


@pytest.mark.parametrize(
    "url",
    ["s3:", "s3://", "s3:///prefix", "s3:bucket", "s3://B", "s3://user:secret@bucket/x", "s3://ab/x", "s3://bucket/a//b",
     "s3://bucket/../x", "s3://bucket/é", "s3://bucket/a?b", f"s3://bucket/{'x' * 901}"],
)  # fmt: skip
def test_a_url_that_is_none_of_a_bucket_is_refused_in_words_without_it(url):
    with pytest.raises(ValueError, match="IMAGES_URL must be s3://bucket or s3://bucket/prefix") as refused:
        open_blobs(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("s3://bucket", f"s3://bucket/{KEY}"),
        ("s3://bucket/", f"s3://bucket/{KEY}"),
        ("s3://bucket/a/b/", f"s3://bucket/a/b/{KEY}"),
        ("s3://my.bucket-1/a", f"s3://my.bucket-1/a/{KEY}"),
    ],
)
def test_a_url_may_end_in_a_slash(nobody, url, link):
    assert nobody(url=url).link(KEY) == link


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_ENDPOINT_URL_S3", "no address"), ("AWS_PROFILE", "that-nobody-wrote")]
)
def test_what_boto3_cannot_be_set_up_with_is_said_at_the_start(nobody, monkeypatch, name, value):
    nobody()
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="IMAGES_URL is on S3, and boto3 can't be set up for it: "):
        open_blobs("s3://bucket")


@pytest.mark.parametrize(("url", "loaded"), [("file:images", "False"), ("s3://bucket/images", "True")])
def test_boto3_is_loaded_for_a_bucket_and_never_for_a_folder(tmp_path, url, loaded):
    program = (
        "import sys; from image_service.settings import Settings; from image_service.app import create_app\n"
        f"service = create_app(Settings(data_dir='.', images_url={url!r}, instance='loads'))\n"
        "print(any(name.partition('.')[0] in ('boto3', 'botocore') for name in sys.modules)); service.close()"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.returncode) == (loaded, 0), done.stderr


def _text(value):
    return value.decode() if isinstance(value, bytes) else value
