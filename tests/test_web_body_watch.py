"""The watch over bodies and the connections of a process, by themselves and at any time of day."""

import socket
import sys
from contextlib import contextmanager

import pytest

from web.body_watch import PIECE_BYTES, STALL_SECONDS, TOTAL_SECONDS, BodyWatch
from web.connections import cut_silent, traffic_with, unread_bytes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="connections are told apart on Linux only")


class Body:
    def __init__(self, began=100.0):
        self.address = "127.0.0.1"
        self.began = self.waits_since = began
        self.late = None


@contextmanager
def connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with client, server:
            yield client, server


def test_a_body_is_late_when_nothing_came_for_so_long():
    watch, body = BodyWatch(), Body()
    with connection() as (client, server), watch.over(body):
        for seconds in (1, STALL_SECONDS / 2, STALL_SECONDS - 0.1):
            watch.look(100.0 + seconds)
            assert body.late is None
        watch.look(100.0 + STALL_SECONDS)
        assert "stalled" in body.late
        assert server.recv(1) == b""
        server.sendall(b"answer")
        assert client.recv(100) == b"answer"


def test_bytes_that_came_start_the_time_anew():
    watch, body = BodyWatch(), Body()
    with connection(), watch.over(body):
        watch.look(100.0 + STALL_SECONDS / 2)
        body.waits_since = 100.0 + STALL_SECONDS - 1
        watch.look(100.0 + STALL_SECONDS + 1)
        assert body.late is None


def test_time_that_the_reader_takes_is_not_the_clients():
    watch, body = BodyWatch(), Body()
    body.waits_since = None
    with watch.over(body):
        watch.look(100.0 + STALL_SECONDS)
        watch.look(100.0 + 2 * STALL_SECONDS)
        assert body.late is None


def test_a_body_is_late_when_all_of_it_took_too_long():
    watch, body = BodyWatch(), Body()
    body.waits_since = None
    with watch.over(body):
        watch.look(100.0 + TOTAL_SECONDS)
    assert f"{TOTAL_SECONDS} seconds" in body.late


def test_a_connection_on_which_bytes_come_is_left_alone():
    with connection() as (client, server):
        before = traffic_with("127.0.0.1")
        client.sendall(bytes(PIECE_BYTES))
        assert server.recv(PIECE_BYTES, socket.MSG_WAITALL) == bytes(PIECE_BYTES)
        cut_silent("127.0.0.1", {server.getpeername(): before[server.getpeername()]}, PIECE_BYTES)
        client.sendall(b"more")
        assert server.recv(4) == b"more"


def test_a_connection_on_which_an_answer_goes_out_is_left_alone():
    with connection() as (client, server):
        before = {server.getpeername(): traffic_with("127.0.0.1")[server.getpeername()]}
        server.sendall(bytes(100))
        cut_silent("127.0.0.1", before, PIECE_BYTES)
        client.sendall(b"next")
        assert server.recv(4) == b"next"


def test_a_connection_that_was_not_there_before_is_left_alone():
    with connection() as (client, server):
        assert cut_silent("127.0.0.1", {}, PIECE_BYTES) == 0
        client.sendall(b"x")
        assert server.recv(1) == b"x"


def test_connections_of_others_are_not_seen():
    with connection():
        assert traffic_with("127.0.0.9") == {}


def test_what_lies_unread_is_counted():
    with connection() as (client, server):
        client.sendall(bytes(1234))
        server.recv(1, socket.MSG_PEEK)
        assert unread_bytes("127.0.0.1")[server.getpeername()] == 1234
