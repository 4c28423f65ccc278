"""The same key rules on every database: two keys are the same only if their bytes are, seen over HTTP."""

import unicodedata
from urllib.parse import quote

import pytest

from image_service.storage.catalog import DATABASES
from tests import processes
from tests.asking import Client, path_of, small_images

LONGEST = ["x" * 255, "x" * 254 + "X", "ä" * 127 + "a", "ä" * 127 + "b", "🐈" * 63 + "abc", "🐈" * 63 + "abC"]
KEYS = [
    "Key",
    "key",
    "KEY",
    "key ",
    "key  ",
    " key",
    unicodedata.normalize("NFC", "café"),
    unicodedata.normalize("NFD", "café"),
    "cafe",
    "CAFÉ",
    "straße",
    "strasse",
    "😀",
    "😁",
    "ﬁ",
    "fi",
    "ı",
    "i",
    "%",
    "_",
    "a\u200bb",
    "ab",
    *LONGEST,
]


@pytest.fixture(scope="module", params=DATABASES)
def client(request, tmp_path_factory):
    url = "" if request.param == "sqlite" else request.getfixturevalue("mariadb").new_url()
    service = processes.image_service(tmp_path_factory.mktemp("keys") / "data", DATABASE_URL=url)
    try:
        service.start()
        yield Client(service.url)
    finally:
        service.close()


@pytest.fixture(scope="module")
def images():
    return dict(zip(KEYS, small_images(len(KEYS)).values(), strict=True))


def test_keys_are_the_same_only_if_their_bytes_are(client, images):
    for key, data in images.items():
        assert client.put(key, data).status == 201, key
    for _ in range(2):
        for key, data in images.items():
            assert client.get(key).body == data, key
    assert [image["key"] for image in client.listed()] == sorted(KEYS, key=str.encode)


def test_each_is_replaced_and_deleted_by_itself(client, images):
    for key in KEYS:
        client.put(key, images[key])
    assert client.put("key", images["KEY"]).status == 200
    assert client.ask("PUT", "/images/key", images["key"], {"If-None-Match": "*"}).status == 412
    assert client.get("Key").body == images["Key"]
    gone = KEYS[::2]
    for key in gone:
        assert client.ask("DELETE", path_of(key)).status == 204
    for key in KEYS:
        assert client.get(key).status == (404 if key in gone else 200), key


def test_what_is_longer_than_255_bytes_is_no_key(client, images):
    for key in ("x" * 256, "ä" * 128, "🐈" * 64):
        assert client.put(key, images["key"]).status == 400
        assert client.get(key).status == 400


def test_a_prefix_is_compared_by_bytes_too(client, images):
    for key in KEYS:
        client.put(key, images[key])
    for prefix in ("key", "K", "ä", "🐈", "%", "_"):
        listed = client.ask("GET", "/images?prefix=" + quote(prefix, safe="")).json()["images"]
        assert [image["key"] for image in listed] == sorted((k for k in KEYS if k.startswith(prefix)), key=str.encode)
