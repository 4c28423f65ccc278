"""The TCP connections of this process, told apart by what moves on them: the server does not say which is whose."""

import array
import fcntl
import os
import socket
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

ESTABLISHED = 1
# struct tcp_info of linux/tcp.h, as far as tcpi_notsent_bytes (Linux 4.6): 8 bytes, 24 words, 4 long words, 3 words.
_INFO = struct.Struct("8B24I4Q3I")
_UNACKED, _BYTES_ACKED, _BYTES_RECEIVED, _NOT_SENT = 8 + 4, 32 + 2, 32 + 3, 36 + 2


@dataclass(frozen=True)
class Traffic:
    """What a connection has carried so far; ``pending_bytes`` are those sent that have not arrived yet."""

    received_bytes: int
    sent_bytes: int
    pending_bytes: int


Peer = tuple[str, int]


def traffic_with(address: str) -> dict[Peer, Traffic]:
    """The open connections with a client's address; none where the system does not tell."""
    return {peer: traffic for _, peer, traffic in _connections(address)}


def unread_bytes(address: str) -> dict[Peer, int]:
    """How many bytes have arrived on each connection of a client that the server has not read yet."""
    return {peer: _unread(connection) for connection, peer, _ in _connections(address)}


def cut_silent(address: str, before: Mapping[Peer, Traffic], fewer_than_bytes: int) -> int:
    """Stop receiving on the connections of a client that have carried next to nothing since ``before``; how many.

    These are requests whose bodies do not come, and connections that idle, which a server may end at any time. What is
    still to be sent on them is sent.
    """
    cut = 0
    for connection, peer, now in _connections(address):
        then = before.get(peer)
        if then and _is_silent(then, now, fewer_than_bytes):
            connection.shutdown(socket.SHUT_RD)
            cut += 1
    return cut


def _is_silent(then: Traffic, now: Traffic, fewer_than_bytes: int) -> bool:
    nothing_sent = now.sent_bytes == then.sent_bytes and not now.pending_bytes
    return nothing_sent and now.received_bytes - then.received_bytes < fewer_than_bytes


def _unread(connection: socket.socket) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, count)
    return count[0]


def _connections(address: str) -> Iterator[tuple[socket.socket, Peer, Traffic]]:
    if sys.platform != "linux":
        return
    for name in os.listdir("/proc/self/fd"):
        try:
            # A copy: whatever becomes of the server's own descriptor meanwhile, this one stays what it is.
            copy = os.dup(int(name))
        except OSError:
            continue
        try:
            connection = socket.socket(fileno=copy)
        except OSError:
            os.close(copy)
            continue
        with closing(connection):
            try:
                peer = connection.getpeername()
                info = _INFO.unpack(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size))
            except (OSError, struct.error):
                continue
            if info[0] == ESTABLISHED and peer[0] == address:
                pending = info[_UNACKED] + info[_NOT_SENT]
                yield connection, peer[:2], Traffic(info[_BYTES_RECEIVED], info[_BYTES_ACKED], pending)
