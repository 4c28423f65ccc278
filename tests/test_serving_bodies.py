"""Bodies that come slowly, partly or in vain, against the real server. There are eight threads, and so two slots."""

import http.client
import json
import select
import socket
from contextlib import suppress

import pytest

from tests.processes import PATIENCE_SECONDS, wait_until
from tests.serving import start, starting

__all__ = ["start"]

SLOTS = 2
STATUS_BYTES = 12


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    with starting(tmp_path_factory.mktemp("served")) as start:
        yield start()


@pytest.fixture(autouse=True)
def _slots_are_free_again(app):
    yield
    wait_until(lambda: put(app, "/read", b"x")[0] == 200, what="a free slot")


def status(connection):
    """The status that a raw connection is answered with, waited for."""
    return int(connection.recv(4096)[9:STATUS_BYTES])


def put(app, path, body, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=PATIENCE_SECONDS)
    connection.request("PUT", path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers


def pieces(total, size=65_536):
    for sent in range(0, total, size):
        yield bytes(min(size, total - sent))


@pytest.mark.parametrize("length", [1, 1023, 1024, 1025, 65_536, 3_000_000])
def test_a_body_arrives_whole_however_it_is_framed(app, length):
    assert put(app, "/read", bytes(length))[:2] == (200, str(length))
    assert put(app, "/read", pieces(length))[:2] == (200, str(length))


def test_beyond_the_slots_uploads_are_refused_at_once_and_the_rest_is_answered(start):
    app = start(STALL_SECONDS=600)
    held = []

    def no_slot_is_left():
        held.append(app.half_sent())  # one that comes while this upload has a slot is refused: another follows it
        return put(app, "/read", b"x")[0] == 503

    wait_until(no_slot_is_left)
    more = [app.half_sent() for _ in range(10)]
    assert [status(connection) for connection in more] == [503] * 10
    for connection in more:
        connection.close()  # of those that it refused, the server lets only so many finish what they send

    def refused():
        with suppress(ConnectionError):
            return put(app, "/read", bytes(3_000_000))

    code, _, headers = wait_until(refused, what="an answer to somebody who goes on sending")
    assert (code, headers["Retry-After"]) == (503, "2")
    assert app.ask("healthz") == "well"
    for connection in held:
        connection.close()


def test_a_body_that_stalls_is_given_up_and_frees_its_slot_and_its_thread(app):
    held = [app.half_sent() for _ in range(SLOTS)]
    assert [status(connection) for connection in held] == [408] * SLOTS
    assert put(app, "/read", b"x" * 5000)[:2] == (200, "5000")
    # The connections are over as well: nothing of them is left in the server.
    assert [connection.recv(100) for connection in held] == [b""] * SLOTS


def test_a_body_that_only_drips_has_stalled(app):
    drip = app.half_sent()
    drip.settimeout(0.1)
    # By drips alone its 5,000 bytes would take minutes; the answer comes before they are together.
    for _ in range(1000):
        try:
            assert status(drip) == 408
            return
        except TimeoutError:
            drip.sendall(b"x")
    raise AssertionError("it was never given up")


def test_a_slow_body_that_keeps_coming_is_read_to_its_end(start):
    app = start(STALL_SECONDS=4)
    connection = socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE_SECONDS)
    connection.sendall(b"PUT /read HTTP/1.1\r\nHost: x\r\nContent-Length: 12000\r\n\r\n")
    for _ in range(12):
        # Altogether it takes longer than a stall may last.
        assert select.select([connection], [], [], 0.4)[0] == []
        connection.sendall(bytes(1000))
    assert connection.recv(4096).endswith(b"12000")


def test_stalled_bodies_of_others_do_not_disturb_requests_under_way(app):
    held = [app.half_sent()]
    assert put(app, "/read", pieces(2_000_000))[:2] == (200, "2000000")
    assert status(held[0]) == 408


def test_a_refused_client_that_sends_everything_first_sees_the_answer(app):
    for length in (10_000, 300_000, 30_000_000):
        assert put(app, "/refuse", bytes(length))[:2] == (413, "too long")
        assert put(app, "/refuse", pieces(length))[:2] == (413, "too long")


def test_a_refused_client_that_sends_nothing_is_answered_at_once(app):
    connection = socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE_SECONDS)
    connection.sendall(b"PUT /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n")
    assert status(connection) == 413


def test_a_client_that_asks_before_it_sends_is_told_no_without_sending(app):
    connection = socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE_SECONDS)
    connection.sendall(b"PUT /refuse HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9000\r\n\r\n")
    assert status(connection) == 413


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(app):
    connection = socket.create_connection(("127.0.0.1", app.port), timeout=PATIENCE_SECONDS)
    connection.sendall(b"PUT /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    assert status(connection) == 100
    connection.sendall(b"12345")
    assert status(connection) == 200


def test_a_body_that_ends_early_is_an_error(app):
    connection = app.half_sent()
    connection.shutdown(socket.SHUT_WR)
    assert status(connection) == 400
    assert put(app, "/read", b"x")[:2] == (200, "1")


def test_bodies_on_routes_that_never_read_them_hold_nothing(app):
    held = [app.half_sent("healthz") for _ in range(30)]
    assert {status(connection) for connection in held} == {200}
    threads = len(json.loads(app.ask("threads")))
    assert threads < 40
    assert put(app, "/read", b"x")[:2] == (200, "1")


def test_the_next_request_on_a_kept_connection_is_answered(app):
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=PATIENCE_SECONDS)
    for body in (b"x" * 5000, b"", b"y" * 100_000):
        connection.request("PUT", "/read", body)
        assert connection.getresponse().read() == str(len(body)).encode()
