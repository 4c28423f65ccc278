"""The images over HTTP, from a real process: what is answered, and with which headers."""

import hashlib
import io
import re
from email.utils import parsedate_to_datetime

import pytest
from PIL import Image

from tests.asking import Client, small_images

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def client(service):
    return Client(service.url)


@pytest.fixture(scope="module")
def data():
    return next(iter(small_images(1, seed=77).values()))


@pytest.fixture(scope="module")
def wide():
    out = io.BytesIO()
    Image.effect_noise((900, 600), 60).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def test_a_new_image_is_created_and_described(client, data):
    answer = client.ask("PUT", "/images/new/a%20b.png", data)
    width, height = Image.open(io.BytesIO(data)).size
    described = answer.json()
    assert answer.status == 201
    assert answer.headers["Location"] == "/images/new/a%20b.png"
    assert list(described) == [
        "key", "url", "content_type", "bytes", "width", "height", "etag", "created_at", "updated_at",
    ]  # fmt: skip
    assert described["key"] == "new/a b.png"
    assert described["url"] == "/images/new/a%20b.png"
    assert (described["content_type"], described["bytes"]) == ("image/png", len(data))
    assert (described["width"], described["height"]) == (width, height)
    assert described["etag"] == hashlib.sha256(data).hexdigest()
    assert ISO.fullmatch(described["created_at"])
    assert ISO.fullmatch(described["updated_at"])


def test_a_replaced_image_is_answered_with_200_and_no_location(client, data, wide):
    client.put("twice", data)
    answer = client.put("twice", wide)
    assert (answer.status, answer.headers["Location"]) == (200, None)
    assert client.get("twice").body == wide


def test_an_image_comes_back_as_it_was_sent_with_its_headers(client, data):
    client.put("back", data)
    answer = client.get("back")
    assert answer.status == 200
    assert answer.body == data
    expected = {
        "Content-Type": "image/png",
        "Content-Length": str(len(data)),
        "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
        "Cache-Control": "no-cache",
        "Cache-Status": "hitrate; fwd=miss; stored",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Accept-Ranges": "bytes",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert parsedate_to_datetime(answer.headers["Last-Modified"])
    assert client.get("back").headers["Cache-Status"] == "hitrate; hit"


def test_head_is_get_without_the_body(client, data):
    client.put("head", data)
    client.get("head")
    get, head = client.get("head"), client.ask("HEAD", "/images/head")
    assert (head.status, head.body) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Status"):
        assert head.headers[name] == get.headers[name], name


def test_the_type_is_that_of_the_content_whatever_is_claimed(client, data):
    client.ask("PUT", "/images/claim.jpg", data, {"Content-Type": "image/jpeg"})
    assert client.get("claim.jpg").headers["Content-Type"] == "image/png"


def test_what_the_client_holds_is_not_sent_again(client, data):
    client.put("held", data)
    first = client.get("held")
    for condition in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-None-Match": f'"x", W/{first.headers["ETag"]}'},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.ask("GET", "/images/held", headers=condition)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Content-Type"] is None


def test_a_part_is_answered_with_206(client, data):
    client.put("part", data)
    answer = client.ask("GET", "/images/part", headers={"Range": "bytes=10-19"})
    assert (answer.status, answer.body) == (206, data[10:20])
    assert answer.headers["Content-Range"] == f"bytes 10-19/{len(data)}"
    assert answer.headers["Content-Length"] == "10"


def test_a_part_behind_the_end_is_answered_with_416(client, data):
    client.put("part", data)
    answer = client.ask("GET", "/images/part", headers={"Range": f"bytes={len(data)}-"})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(data)}"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_several_parts_are_answered_with_the_whole(client, data):
    client.put("part", data)
    answer = client.ask("GET", "/images/part", headers={"Range": "bytes=0-1,5-6"})
    assert (answer.status, answer.body) == (200, data)


def test_a_head_request_has_no_parts(client, data):
    client.put("part", data)
    assert client.ask("HEAD", "/images/part", headers={"Range": "bytes=0-1"}).status == 200


def test_a_rendition_is_smaller_of_the_same_kind_and_has_an_etag_of_its_own(client, wide):
    client.put("wide", wide)
    original, small = client.get("wide"), client.get("wide", width=320)
    assert small.status == 200
    assert small.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(small.body)).size == (320, 213)
    assert small.headers["ETag"] == f'"{hashlib.sha256(small.body).hexdigest()}"'
    assert small.headers["ETag"] != original.headers["ETag"]
    again = client.get("wide", width=320)
    assert (again.hit, again.body) == (True, small.body)
    assert client.ask("GET", "/images/wide?width=320", headers={"If-None-Match": small.headers["ETag"]}).status == 304


def test_a_rendition_has_no_parts(client, wide):
    client.put("wide", wide)
    answer = client.ask("GET", "/images/wide?width=160", headers={"Range": "bytes=0-9"})
    assert answer.status == 200
    assert answer.headers["Accept-Ranges"] is None


def test_a_rendition_as_wide_as_the_image_is_the_original(client, wide):
    client.put("entry", wide)
    assert client.get("entry", width=1280).body == wide
    assert client.get("entry").hit


@pytest.mark.parametrize(
    "width", ["0", "-160", "161", "160.0", "1e2", "", "x", "0160", "%31%36%30%20", "99999999999999"]
)
def test_other_widths_are_refused(client, data, width):
    client.put("narrow", data)
    assert client.ask("GET", f"/images/narrow?width={width}").status == 400


def test_a_deleted_image_is_gone(client, data):
    client.put("gone", data)
    client.get("gone")
    deleted = client.ask("DELETE", "/images/gone")
    assert (deleted.status, deleted.body, deleted.headers["Content-Type"]) == (204, b"", None)
    assert client.get("gone").status == 404
    assert client.ask("DELETE", "/images/gone").status == 404
    assert "gone" not in [image["key"] for image in client.listed()]


def test_if_none_match_star_stores_only_what_is_new(client, data, wide):
    only_new = {"If-None-Match": "*"}
    assert client.ask("PUT", "/images/only-new", data, only_new).status == 201
    refused = client.ask("PUT", "/images/only-new", wide, only_new)
    assert (refused.status, refused.headers["Content-Type"]) == (412, "application/problem+json")
    assert client.get("only-new").body == data


def test_if_match_writes_and_deletes_only_what_was_seen(client, data, wide):
    client.put("seen", data)
    etag = client.get("seen").headers["ETag"]
    assert client.ask("PUT", "/images/seen", wide, {"If-Match": '"other"'}).status == 412
    assert client.ask("DELETE", "/images/seen", headers={"If-Match": '"other"'}).status == 412
    assert client.ask("PUT", "/images/seen", wide, {"If-Match": etag}).status == 200
    assert client.ask("PUT", "/images/never-seen", wide, {"If-Match": "*"}).status == 412


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/images/x", {"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}),
        ("PATCH", "/images/x", {"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}),
        ("PUT", "/images", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("DELETE", "/images", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("TRACE", "/images/x", {"DELETE", "GET", "HEAD", "OPTIONS", "PUT"}),
        ("BREW", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_other_methods_are_refused_and_the_right_ones_named(client, method, path, allowed):
    answer = client.ask(method, path)
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed
    assert answer.headers["Content-Type"] == "application/problem+json"
    options = client.ask("OPTIONS", path)
    assert (options.status, set(options.headers["Allow"].split(", "))) == (200, allowed)


def test_no_image_and_no_page_are_problem_documents(client):
    for path in ("/images/none", "/nothing", "/images/none?width=160"):
        answer = client.ask("GET", path)
        assert (answer.status, answer.json()["status"]) == (404, 404)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_writes_from_pages_of_others_are_refused(client, data):
    foreign = {"Origin": "http://evil.example"}
    assert client.ask("PUT", "/images/evil", data, foreign).status == 403
    assert client.ask("DELETE", "/images/evil", headers=foreign).status == 403
    assert client.ask("GET", "/images", headers={"Host": "evil.example"}).status == 400


def test_no_answer_may_be_taken_for_another_type(client):
    for path in ("/images", "/images/none", "/nothing", "/healthz", "/assets/tokens.css", "/"):
        assert client.ask("GET", path).headers["X-Content-Type-Options"] == "nosniff"


def test_health_asks_nothing_and_readiness_names_each_dependency(client):
    assert (client.ask("GET", "/healthz").status, client.ask("HEAD", "/healthz").status) == (200, 200)
    ready = client.ask("GET", "/readyz")
    assert ready.status == 200
    assert ready.json() == {
        "state": "ready",
        "dependencies": {"database": "ok", "images": "ok", "channel": "ok"},
    }


def test_assets_are_kept_and_asked_for_again(client):
    asset = client.ask("GET", "/assets/tokens.css")
    assert asset.status == 200
    assert asset.headers["Cache-Control"]
    assert client.ask("GET", "/assets/tokens.css", headers={"If-None-Match": asset.headers["ETag"]}).status == 304
    assert client.ask("GET", "/assets/../image_service/app.py").status == 404
    assert client.ask("GET", "/assets/%2e%2e/image_service/app.py").status == 404
