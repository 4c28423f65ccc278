"""Uploads as bodies and as forms: all or none, within limits, and nothing left behind."""

import io
import uuid

import pytest

from tests.asking import Client, small_images
from tests.processes import image_service, wait_until

LIMIT = 100_000


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    app = image_service(tmp_path_factory.mktemp("uploads") / "data", MAX_UPLOAD_BYTES=LIMIT)
    try:
        app.start()
        yield app
    finally:
        app.close()


@pytest.fixture(scope="module")
def client(service):
    return Client(service.url)


@pytest.fixture(scope="module")
def images():
    return list(small_images(25).values())


def form(*parts, end=True):
    """A multipart body of (name, file name or None, content) parts."""
    boundary = uuid.uuid4().hex
    body = io.BytesIO()
    for name, filename, content in parts:
        named = f'; filename="{filename}"' if filename is not None else ""
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode())
        body.write(content if isinstance(content, bytes) else content.encode())
        body.write(b"\r\n")
    body.write(f"--{boundary}--\r\n".encode() if end else b"")
    return body.getvalue(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def post(client, *parts, **more):
    body, headers = form(*parts)
    return client.ask("POST", "/images", body, headers | more)


def objects(service):
    return {path.name for path in (service.data_dir / "images").rglob("*") if path.is_file()}


def keys(client):
    return {image["key"] for image in client.listed()}


def test_a_form_with_one_file_is_named_after_it(client, images):
    answer = post(client, ("file", "photos/été 1.png", images[0]))
    assert (answer.status, answer.json()["key"]) == (201, "été 1.png")
    assert answer.headers["Location"] == "/images/%C3%A9t%C3%A9%201.png"
    assert client.get("été 1.png").body == images[0]


def test_names_of_files_are_composed_and_cut_to_their_base(client, images):
    answer = post(client, ("file", "folder/cafe\u0301.png", images[0]))
    assert answer.json()["key"] == "caf\u00e9.png"


def test_a_form_may_name_the_key(client, images):
    answer = post(client, ("key", None, "albums/one.png"), ("file", "x.png", images[0]))
    assert answer.json()["key"] == "albums/one.png"


def test_several_files_are_answered_with_a_list(client, images):
    answer = post(client, ("file", "l1.png", images[1]), ("file", "l2.png", images[2]))
    assert answer.status == 201
    assert [image["key"] for image in answer.json()] == ["l1.png", "l2.png"]
    assert client.get("l2.png").body == images[2]


def test_twenty_files_are_stored_and_twenty_one_are_not(client, images):
    assert post(client, *[("file", f"twenty-{n}.png", images[n]) for n in range(20)]).status == 201
    refused = post(client, *[("file", f"more-{n}.png", images[n]) for n in range(21)])
    assert refused.status == 400
    assert not any(key.startswith("more-") for key in keys(client))


def test_one_bad_file_refuses_all_and_leaves_nothing(client, service, images):
    before = objects(service), keys(client)
    refused = post(
        client, ("file", "good.png", images[0]), ("file", "bad.png", b"no image"), ("file", "3.png", images[1])
    )
    assert refused.status == 415
    assert (objects(service), keys(client)) == before


def test_of_several_files_one_that_exists_refuses_all_with_if_none_match(client, service, images):
    client.put("exists.png", images[0])
    before = objects(service), keys(client)
    parts = [("file", "new.png", images[1]), ("file", "exists.png", images[2])]
    assert post(client, *parts, **{"If-None-Match": "*"}).status == 412
    assert (objects(service), keys(client)) == before


BAD_FORMS = {
    "no file": [("key", None, "a.png")],
    "a field instead of a file": [("file", None, "text")],
    "a key that is none": [("key", None, "a//b"), ("file", "x.png", b"x")],
    "an empty name": [("file", "", b"x")],
    "a name that is a folder": [("file", "..", b"x")],
    "fewer keys than files": [("key", None, "a"), ("file", "x.png", b"x"), ("file", "y.png", b"x")],
    "more keys than files": [("key", None, "a"), ("key", None, "b"), ("file", "x.png", b"x")],
    "one name twice": [("file", "a/x.png", b"x"), ("file", "b/x.png", b"x")],
}


@pytest.mark.parametrize("parts", BAD_FORMS.values(), ids=BAD_FORMS.keys())
def test_a_bad_form_is_refused_in_words(client, parts):
    answer = post(client, *parts)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert len(answer.json()["detail"]) > 10


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"x", "image/png"),
        (b"x", ""),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary="),
        (b"x", "multipart/form-data; boundary=\xe9".encode("latin-1").decode("latin-1")),
        (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nx", "multipart/form-data; boundary=b"),
        (b"--b\nContent-Disposition: form-data\n\nx\n--b--", "multipart/form-data; boundary=b"),
        (b"--b\r\n\xff\xfe: x\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b"),
        (b"--b--", "multipart/form-data; boundary=b"),
        (b"", "multipart/form-data; boundary=b"),
    ],
)
def test_what_is_no_form_is_refused(client, body, content_type):
    assert client.ask("POST", "/images", body, {"Content-Type": content_type}).status == 400


def chunks(data, size=10_000):
    for sent in range(0, len(data), size):
        yield data[sent : sent + size]


@pytest.mark.parametrize("length", [LIMIT + 1, 10 * LIMIT, 300 * LIMIT])
def test_a_body_that_is_too_long_is_refused_however_it_is_framed(client, service, length):
    before = objects(service)
    assert client.ask("PUT", "/images/long", bytes(length)).status == 413
    assert client.ask("PUT", "/images/long", chunks(bytes(length))).status == 413
    assert (objects(service), client.get("long").status) == (before, 404)


def test_a_file_of_a_form_that_is_too_long_is_refused(client, service, images):
    before = objects(service)
    refused = post(client, ("file", "a.png", images[0]), ("file", "long.png", bytes(LIMIT + 1)))
    assert refused.status == 413
    body, headers = form(("file", "long.png", bytes(LIMIT + 1)))
    assert client.ask("POST", "/images", chunks(body), headers).status == 413
    assert objects(service) == before


def test_a_form_of_files_that_are_all_short_enough_may_be_longer_than_one_may(client, images):
    parts = [("file", f"sum-{n}.png", images[n]) for n in range(20)]
    assert sum(len(content) for _, _, content in parts) > LIMIT
    assert post(client, *parts).status == 201


def test_a_form_with_a_huge_field_or_without_end_is_refused(client):
    assert post(client, ("key", None, "x" * 3_000_000), ("file", "x", b"x")).status in (400, 413)
    endless, headers = form(("file", "x.png", bytes(50_000)), end=False)
    assert client.ask("POST", "/images", endless, headers).status == 400


def test_a_chunked_body_comes_back_byte_for_byte(client, images):
    assert client.ask("PUT", "/images/chunked", chunks(images[3], 100)).status == 201
    assert client.get("chunked").body == images[3]


def test_an_empty_body_is_no_image(client):
    assert client.ask("PUT", "/images/empty", b"").status == 415


def test_a_refused_body_that_was_not_read_ends_the_connection_and_says_so(client, images):
    refused = client.ask("PUT", "/images/long", chunks(bytes(10 * LIMIT)))
    assert (refused.status, refused.headers["Connection"]) == (413, "close")
    assert client.ask("PUT", "/images/short", images[0]).headers["Connection"] is None


def test_nothing_of_a_form_stays_in_the_folder_for_temporary_files(client, service, images, tmp_path):
    other = image_service(tmp_path / "data", TMPDIR=tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    try:
        other.start()
        big = images[0] + bytes(3_000_000)
        post(Client(other.url), ("file", "a.png", big), ("file", "b.png", b"bad" * 1_000_000))
        wait_until(lambda: not [path for path in (tmp_path / "tmp").iterdir() if path.is_file()])
    finally:
        other.close()
