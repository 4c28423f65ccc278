"""An answer on a kept connection comes at once: its body must not wait for the client to acknowledge its head."""

import select
import socket

from web.serving import _listen


def test_answers_on_a_kept_connection_wait_for_nothing():
    # Seen from outside it is 40 ms an answer, which on a busy machine other things cost as well.
    listener = _listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()):
        select.select([listener], [], [])
        with listener.accept()[0] as connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
