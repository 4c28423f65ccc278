"""Whatever comes over the wire, nothing is answered with a 5xx and nothing keeps the next request waiting."""

import contextlib
import os
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.asking import Client, small_images

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
SETTINGS = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)

line = st.binary(max_size=40).filter(lambda raw: not set(raw) & set(b"\r\n\0"))
percent = st.binary(max_size=12).map(lambda raw: "".join(f"%{byte:02X}" for byte in raw).encode())
method = st.sampled_from([b"GET", b"HEAD", b"PUT", b"POST", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"X-Y"])
base = st.sampled_from(
    [b"/images/", b"/images", b"/", b"/get", b"/add", b"/assets/", b"/healthz", b"/readyz", b"/images/known", b""]
)
name = st.sampled_from([b"width", b"limit", b"after", b"prefix", b"key", b"back", b"q"])
query = st.lists(
    st.builds(lambda key, value: key + b"=" + value, name, percent | st.sampled_from([b"160", b"1", b"a"]))
)
path = st.builds(
    lambda base, rest, query: base + rest + (b"?" + b"&".join(query) if query else b""),
    base,
    percent | st.just(b"") | line.filter(lambda raw: b" " not in raw),
    query,
)
header_name = st.sampled_from(
    [
        b"Range",
        b"If-Range",
        b"If-None-Match",
        b"If-Match",
        b"If-Modified-Since",
        b"Content-Type",
        b"Origin",
        b"Sec-Fetch-Site",
        b"Accept",
        b"Accept-Encoding",
        b"Cookie",
        b"X-Forwarded-For",
        b"Transfer-Encoding",
        b"Content-Encoding",
        b"Expect",
        b"Host",
    ]
)
likely = st.sampled_from(
    [b"*", b'"x"', b"bytes=0-", b"bytes=-1", b"W/", b"chunked", b"gzip", b"100-continue", b"multipart/form-data",
     b"multipart/form-data; boundary=b", b"null", b"Mon, 23 Nov 2026 20:00:00 GMT", b"Mon, 99 Nov 99999999 20:00:00"]
)  # fmt: skip
headers = st.lists(st.tuples(header_name, likely | line), max_size=4)
body = st.binary(max_size=200) | st.sampled_from(
    [
        b"--b\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nx\r\n--b--\r\n",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
    ]
)


@pytest.fixture(scope="module")
def known(service):
    Client(service.url).put("known", next(iter(small_images(1).values())))


def send(service, request):
    """The status that a raw request is answered with; None where the connection just ends."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=0.5) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
            try:
                while piece := connection.recv(65_536):
                    answer += piece
            except TimeoutError:  # it waits for more of the body: there is none
                connection.settimeout(20)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65_536):
                    answer += piece
    while answer.startswith(b"HTTP/1.1 100"):
        answer = answer.partition(b"\r\n\r\n")[2]
    return int(answer[9:12]) if answer else None


@SETTINGS
@given(method, path, headers, body)
def test_requests_of_any_kind_are_never_a_failure_of_ours(service, known, method, path, headers, body):
    lines = [method + b" " + (path or b"/") + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
    lines += [name + b": " + value for name, value in headers]
    if not any(name == b"Transfer-Encoding" for name, _ in headers):
        lines.append(b"Content-Length: %d" % len(body))
    status = send(service, b"\r\n".join(lines) + b"\r\n\r\n" + body)
    assert status is None or status < 500, status


@SETTINGS
@given(st.binary(max_size=300))
def test_bytes_that_are_no_http_are_never_a_failure_of_ours(service, known, raw):
    status = send(service, raw + b"\r\n\r\n")
    assert status is None or status < 500, status


@SETTINGS
@given(st.binary(max_size=400))
def test_bytes_that_are_no_image_are_refused(service, known, raw):
    answer = Client(service.url).ask("PUT", "/images/fuzz", raw)
    assert answer.status in (415, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_afterwards_it_still_answers_and_has_logged_nothing_unexpected(service, known):
    data = next(iter(small_images(1).values()))
    assert Client(service.url).put("known", data).status in (200, 201)
    assert Client(service.url).get("known").body == data
    assert "Traceback" not in service.tail()
