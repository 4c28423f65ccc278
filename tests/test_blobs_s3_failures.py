"""What goes wrong with S3: each failure told apart in words, and nothing waited for long."""

import logging
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from image_service.storage import s3_errors
from image_service.storage.errors import StoreFull, StoreUnavailable
from image_service.storage.fuse import BLOWS_AFTER, PAUSE_SECONDS
from image_service.storage.urls import open_blobs
from tests.processes import PATIENCE_SECONDS, free_port
from tests.s3_stores import assert_says, at, nobody, stubbed
from tests.seaweed import BUCKET, OWNER, READER
from web.serving import THREADS

TRIED_SECONDS = 1.5
"""Whoever really asks waits for at least so long: two attempts of a second or two."""
KEY = "0123456789abcdef0123456789abcdef"

__all__ = ["at", "nobody", "stubbed"]


@pytest.fixture
def silent():
    """The address of a socket that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def new_id():
    return uuid.uuid4().hex


def all_acts(blobs):
    """Everything that asks S3."""
    return (
        lambda: blobs.read(new_id()),
        lambda: blobs.write(new_id(), b"x"),
        lambda: blobs.delete(new_id()),
        lambda: list(blobs.older_than(datetime.now(UTC))),
        blobs.ping,
    )


# --- each failure told apart, by the real server ----------------------------------------------------------------------


def test_a_bucket_that_is_not_there_is_unavailable_and_is_not_made(at, seaweed):
    blobs = at(f"s3://not-there/{new_id()}")
    assert_says(all_acts(blobs), s3_errors.NO_BUCKET)
    with pytest.raises(ClientError):
        seaweed.client().head_bucket(Bucket="not-there")


@pytest.mark.parametrize(
    "identity", [("NOBODYSKEY", OWNER[1]), (OWNER[0], "a wrong secret")], ids=["unknown key", "wrong secret"]
)
def test_credentials_that_are_not_accepted_are_said_so(at, identity):
    assert_says(all_acts(at(identity=identity)), s3_errors.BAD_CREDENTIALS)


def test_what_the_credentials_do_not_allow_is_denied_and_the_rest_goes_on(at, seaweed, caplog):
    url, object_id = seaweed.new_url(), new_id()
    at(url).write(object_id, b"x")
    reader = at(url, READER)
    assert reader.read(object_id) == b"x"
    reader.ping()
    with caplog.at_level(logging.WARNING):
        assert_says([lambda: reader.write(new_id(), b"x")] * 2, s3_errors.DENIED)
    assert [
        record.message
        for record in caplog.records
        if "AccessDenied" in record.message and "PutObject" in record.message
    ]
    assert len(caplog.records) == 1, "the same is not logged over and over"


def test_no_credentials_are_said_so(at, monkeypatch):
    at()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert_says(all_acts(open_blobs(f"s3://{BUCKET}")), s3_errors.NO_CREDENTIALS)


def test_an_address_where_nobody_listens_is_unreachable(nobody):
    assert_says(all_acts(nobody(f"http://127.0.0.1:{free_port()}")), s3_errors.UNREACHABLE)


def test_a_message_names_neither_bucket_nor_object(at):
    blobs = at(f"s3://a-secret-name/{new_id()}")
    for act in (lambda: blobs.read(KEY), blobs.ping):
        with pytest.raises(StoreUnavailable) as raised:
            act()
        assert "secret" not in str(raised.value)
        assert KEY not in str(raised.value)


# --- and by what S3 would say -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "words"), s3_errors.CODES.items())
def test_each_code_of_s3_has_its_words(stubbed, code, words):
    blobs = stubbed
    with Stubber(blobs._client) as stub:
        stub.add_client_error("get_object", code, http_status_code=400)
        with pytest.raises(StoreFull if words == s3_errors.FULL else StoreUnavailable) as raised:
            blobs.read(KEY)
    assert str(raised.value) == f"S3: {words}"


def test_a_code_that_nobody_foresaw_is_named(stubbed):
    blobs = stubbed
    with Stubber(blobs._client) as stub:
        stub.add_client_error("put_object", "NeverHeardOf")
        assert_says([lambda: blobs.write(KEY, b"x")], "it refused (NeverHeardOf)")


def test_an_object_that_could_not_be_deleted_is_a_failure(stubbed):
    blobs = stubbed
    with Stubber(blobs._client) as stub:
        stub.add_response("delete_objects", {"Errors": [{"Key": KEY, "Code": "AccessDenied"}]})
        assert_says([lambda: blobs.delete(KEY)], s3_errors.DENIED)


def answers(status, code, asked):
    """A server that says this to every request, and lists them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = f"<Error><Code>{code}</Code><Message>as it is</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.mark.parametrize(
    ("status", "code", "words", "attempts"),
    [
        (503, "SlowDown", s3_errors.THROTTLED, 2),
        (500, "InternalError", "it refused (InternalError)", 2),
        (403, "RequestTimeTooSkewed", s3_errors.CLOCK, 1),
        (404, "NoSuchBucket", s3_errors.NO_BUCKET, 1),
    ],
)
def test_what_may_pass_is_tried_once_more_and_the_rest_is_not(nobody, status, code, words, attempts):
    asked = []
    with answers(status, code, asked) as server, ThreadPoolExecutor(1) as pool:
        pool.submit(server.serve_forever)
        assert_says([lambda: nobody(f"http://127.0.0.1:{server.server_port}").read(KEY)], words)
        server.shutdown()
    assert asked == [f"/images/prefix/{KEY}"] * attempts


# --- nothing is waited for long ---------------------------------------------------------------------------------------


def seconds(act):
    """How long it took to be given up."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=s3_errors.SLOW):
        act()
    return time.monotonic() - began


def test_a_server_that_never_answers_is_given_up_in_seconds(nobody, silent):
    for act in all_acts(nobody(silent))[:BLOWS_AFTER]:
        assert seconds(act) > TRIED_SECONDS


def test_after_some_calls_in_vain_the_next_fail_at_once_and_one_tries_again(nobody, silent):
    blobs = nobody(silent)
    now = 0.0
    blobs._fuse._clock = lambda: now
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: seconds(blobs.ping), range(BLOWS_AFTER)))
        assert max(pool.map(lambda _: seconds(blobs.ping), range(THREADS))) < TRIED_SECONDS
        now += PAUSE_SECONDS + 0.1
        took = sorted(pool.map(lambda _: seconds(blobs.ping), range(THREADS)))
    assert took[-1] > TRIED_SECONDS, "one asked"
    assert took[-2] < TRIED_SECONDS, "and only one"


def test_an_answer_mends_the_fuse_whatever_it_says(stubbed):
    blobs = stubbed
    for _ in range(BLOWS_AFTER):
        blobs._fuse.unanswered("S3: silence")
    assert blobs._fuse.blown() == "S3: silence"
    blobs._fuse._next_try_at = 0.0
    with Stubber(blobs._client) as stub:
        stub.add_client_error("get_object", "AccessDenied")
        assert_says([blobs.ping], s3_errors.DENIED)
    assert blobs._fuse.blown() == ""


def serve_once(server, answer):
    """Answer one request with these bytes, and leave the connection open."""
    connection, _ = server.accept()
    connection.recv(65_536)
    connection.sendall(answer)
    return connection


@pytest.mark.parametrize("comes", [b"", b"x" * 100])
def test_a_body_that_stops_in_the_middle_is_given_up(nobody, comes):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        blobs = nobody(f"http://127.0.0.1:{server.getsockname()[1]}")
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        held = pool.submit(serve_once, server, head + comes)
        seconds(lambda: blobs.read(KEY))
        held.result().close()


def test_a_body_that_trickles_is_given_up(nobody):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        blobs = nobody(f"http://127.0.0.1:{server.getsockname()[1]}")

        def trickle():
            with serve_once(server, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n") as connection:
                try:
                    while True:
                        connection.sendall(bytes(20_000))
                        time.sleep(0.2)
                except OSError:
                    return True

        hung_up = pool.submit(trickle)
        seconds(lambda: blobs.read(KEY))
        assert hung_up.result(PATIENCE_SECONDS)


def test_a_body_that_is_cut_short_is_not_taken_for_the_object(nobody):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        blobs = nobody(f"http://127.0.0.1:{server.getsockname()[1]}")
        held = pool.submit(serve_once, server, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        held.add_done_callback(lambda done: done.result().close())
        with pytest.raises(StoreUnavailable, match=r"broke off|reached"):
            blobs.read(KEY)
