"""Keys in paths, byte for byte as they come over the wire."""

import socket

import pytest

from tests.asking import Client, small_images
from tests.processes import PATIENCE_SECONDS


def ask(service, method, path, body=b""):
    """The status of a request whose path is sent as it stands."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE_SECONDS) as connection:
        head = b"%b %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % (method, path, len(body)) + body)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module")
def data():
    return next(iter(small_images(1, seed=3).values()))


REFUSED = [
    b"/images/",
    b"/images//a",
    b"/images/a//b",
    b"/images/a/",
    b"/images/./a",
    b"/images/a/../b",
    b"/images/..",
    b"/images/%2e%2e/a",
    b"/images/a%2F%2Fb",
    b"/images/%00",
    b"/images/a%0Ab",
    b"/images/a%0D",
    b"/images/a%7F",
    b"/images/a%5Cb",
    b"/images/%ff",
    b"/images/%fe",
    b"/images/a%c3",
    b"/images/%ed%a0%80",
    b"/images/" + b"x" * 256,
    b"/images/" + "ä".encode() * 128,
]


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"PUT", b"DELETE"])
@pytest.mark.parametrize("path", REFUSED)
def test_what_is_no_key_is_refused_whatever_is_asked(service, data, method, path):
    status, body = ask(service, method, path, data if method == b"PUT" else b"")
    assert status == 400
    assert method == b"HEAD" or b'"status": 400' in body


ACCEPTED = [
    ("plain", b"/images/plain"),
    ("a/b", b"/images/a%2Fb"),
    ("a/b", b"/images/a/b"),
    ("space here", b"/images/space%20here"),
    ("plus+", b"/images/plus+"),
    ("percent%41", b"/images/percent%2541"),
    ("ünï", "/images/ünï".encode()),
    ("ünï", b"/images/%c3%bcn%C3%AF"),
    ("😀", b"/images/%F0%9F%98%80"),
    ("q?#", b"/images/q%3F%23"),
    ("...", b"/images/..."),
    (" ", b"/images/%20"),
    ("images/images", b"/images/images/images"),
    ("x" * 255, b"/images/" + b"x" * 255),
]


@pytest.mark.parametrize(("key", "path"), ACCEPTED)
def test_what_is_a_key_names_one_image_however_it_is_written(service, data, key, path):
    assert ask(service, b"PUT", path, data)[0] in (200, 201)
    assert ask(service, b"GET", path) == (200, data)
    listed = [image for image in Client(service.url).listed() if image["key"] == key]
    assert len(listed) == 1
    assert ask(service, b"GET", listed[0]["url"].encode()) == (200, data)


def test_keys_are_the_same_only_byte_for_byte(service, data):
    names = [b"Case", b"case", b"case%20", b"caf%C3%A9", b"cafe%CC%81"]
    for name in names:
        ask(service, b"DELETE", b"/images/" + name)
    for name in names:
        assert ask(service, b"PUT", b"/images/" + name, data)[0] == 201
    assert ask(service, b"DELETE", b"/images/case")[0] == 204
    assert ask(service, b"GET", b"/images/Case")[0] == 200
