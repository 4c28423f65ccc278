"""The list of images: by key, page after page, and by the beginning of a key."""

from urllib.parse import quote

import pytest

from tests.asking import Client, small_images

KEYS = ["a", "a/1", "a/2", "a b", "A", "b", "ä", "日本", "😀", "z%25", "+", "a\u0308"]


@pytest.fixture(scope="module")
def client(service):
    client = Client(service.url)
    data = next(iter(small_images(1).values()))
    for key in KEYS:
        assert client.put(key, data).status == 201
    return client


def page(client, query):
    answer = client.ask("GET", f"/images?{query}")
    assert answer.status == 200
    return [image["key"] for image in answer.json()["images"]], answer.json()["next"]


def test_images_are_listed_in_the_order_of_their_bytes(client):
    assert page(client, "") == (sorted(KEYS, key=str.encode), None)


@pytest.mark.parametrize("limit", [1, 2, 5, 11, 12, 500])
def test_pages_follow_each_other_without_gap_or_repeat(client, limit):
    seen, after = [], ""
    while after is not None:
        keys, after = page(client, f"limit={limit}&after={quote(after)}")
        assert len(keys) <= limit
        seen += keys
    assert seen == sorted(KEYS, key=str.encode)


def test_the_last_full_page_is_the_end(client):
    assert page(client, f"limit={len(KEYS)}")[1] is None


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("a", ["a", "a b", "a/1", "a/2", "a\u0308"]),
        ("a%2F", ["a/1", "a/2"]),
        ("a/1", ["a/1"]),
        ("%F0%9F", []),
        ("q", []),
    ],
)
def test_only_keys_that_begin_so_are_listed(client, prefix, keys):
    assert page(client, f"prefix={prefix}")[0] == keys


def test_prefix_and_after_go_together(client):
    assert page(client, "prefix=a&after=a/1&limit=1") == (["a/2"], "a/2")


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "1.5", "٣", "1e2", "9" * 5000])
def test_other_limits_are_refused(client, limit):
    answer = client.ask("GET", f"/images?limit={quote(limit)}")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_a_listed_url_is_that_of_the_image(client):
    for image in client.listed():
        assert client.ask("GET", image["url"]).status == 200
