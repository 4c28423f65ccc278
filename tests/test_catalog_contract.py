"""The rows of images: all or none, by the bytes of their keys, with the objects nobody needs remembered."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_service.image import Image
from image_service.keys import read_key
from image_service.storage.catalog import DATABASES, Catalog
from image_service.storage.errors import KeyExists

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
AWKWARD = ["Key", "key", "key ", "KEY", "É", "E\u0301", "é", "a", "a/b", "a-b", "a0", "a\uffff", "a🐈", "%", "_", "a%b"]


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    """Of an empty database, once for each kind there is."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/images.db"
    return request.getfixturevalue("mariadb").new_url()


@pytest.fixture
def catalog(url):
    catalog = Catalog(url, now=lambda: NOON)
    yield catalog
    catalog.close()


def image(key, at=NOON, **facts):
    object_id = uuid.uuid4().hex
    row = Image(key, object_id, "image/png", 3, 4, 5, "e" * 64, at, at, link=f"x/{object_id}")
    return replace(row, **facts)


def test_what_was_put_is_found_whole(catalog):
    beach = image("Zürich/beach 🌅.png", bytes=5_000_000_000)
    assert catalog.put([beach], only_new=False) == [True]
    assert catalog.get(beach.key) == beach
    assert catalog.get("zürich/beach 🌅.png") is None


def test_times_are_kept_in_utc_and_whole_seconds(catalog):
    elsewhere = NOON.replace(microsecond=999_999).astimezone(tz=None)
    catalog.put([image("a", at=elsewhere)], only_new=False)
    assert catalog.get("a").created_at == NOON
    assert catalog.get("a").updated_at.tzinfo == UTC


def test_keys_are_the_same_only_if_their_bytes_are(catalog):
    images = [image(key) for key in AWKWARD]
    assert catalog.put(images, only_new=True) == [True] * len(AWKWARD)
    assert [catalog.get(key) for key in AWKWARD] == images
    assert [found.key for found in catalog.page("", None, 100)] == sorted(AWKWARD, key=str.encode)


def test_a_replaced_image_keeps_when_it_was_made_and_leaves_its_object_as_garbage(catalog):
    first, second = image("a"), image("a", at=NOON + timedelta(days=1))
    catalog.put([first], only_new=False)
    assert catalog.put([second], only_new=False) == [False]
    found = catalog.get("a")
    assert (found.object_id, found.created_at, found.updated_at) == (second.object_id, NOON, second.updated_at)
    assert catalog.garbage(NOON + timedelta(seconds=1), 10) == [first.object_id]


def test_putting_the_same_object_again_makes_no_garbage(catalog):
    one = image("a")
    assert catalog.put([one], only_new=False) == [True]
    assert catalog.put([one], only_new=False) == [False]
    assert catalog.garbage(NOON + timedelta(days=1), 10) == []


def test_of_a_key_given_twice_the_last_stays(catalog):
    first, last = image("a"), image("a")
    assert catalog.put([first, last], only_new=False) == [True, False]
    assert catalog.get("a").object_id == last.object_id
    assert catalog.garbage(NOON + timedelta(days=1), 10) == [first.object_id]


def test_only_new_stores_none_where_one_exists(catalog):
    old = image("b")
    catalog.put([old], only_new=True)
    with pytest.raises(KeyExists) as refused:
        catalog.put([image("a"), image("b"), image("c")], only_new=True)
    assert refused.value.key == "b"
    assert catalog.page("", None, 10) == [old]
    assert catalog.garbage(NOON + timedelta(days=1), 10) == []


def test_deleting_makes_garbage_once(catalog):
    one = image("a")
    catalog.put([one], only_new=False)
    assert catalog.delete("a") is True
    assert catalog.delete("a") is False
    assert catalog.get("a") is None
    assert catalog.garbage(NOON + timedelta(seconds=1), 10) == [one.object_id]


def test_garbage_is_given_when_old_enough_until_it_is_dropped(catalog):
    images = [image("a") for _ in range(601)]
    catalog.put(images, only_new=False)
    assert catalog.garbage(NOON, 10) == []
    assert len(catalog.garbage(NOON + timedelta(seconds=1), 7)) == 7
    catalog.drop_garbage(one.object_id for one in images[1:-1])
    assert catalog.garbage(NOON + timedelta(seconds=1), 5000) == [images[0].object_id]


def test_objects_of_rows_and_garbage_are_known_and_others_are_orphans(catalog):
    kept, deleted = image("a"), image("b")
    catalog.put([kept, deleted], only_new=False)
    catalog.delete("b")
    orphans = [uuid.uuid4().hex for _ in range(1200)]
    assert catalog.known_objects([*orphans, kept.object_id, deleted.object_id]) == {kept.object_id, deleted.object_id}
    assert catalog.known_objects([]) == set()


@pytest.mark.parametrize(
    "prefix", ["", "a", "a/", "k", "K", "É", "é", "🐈", "zzz", "%", "_", "a\uffff", "\ud800", "a\0"]
)
def test_pages_hold_what_begins_with_the_prefix_and_nothing_twice(catalog, prefix):
    catalog.put([image(key) for key in AWKWARD], only_new=False)
    found, after = [], None
    while page := [one.key for one in catalog.page(prefix, after, 2)]:
        found += page
        after = page[-1]
    assert found == sorted((key for key in AWKWARD if key.startswith(prefix)), key=str.encode)


def test_a_page_begins_behind_a_key_that_is_gone(catalog):
    catalog.put([image(key) for key in "acd"], only_new=False)
    assert [one.key for one in catalog.page("", "b", 10)] == ["c", "d"]


KEYS = st.sampled_from(AWKWARD) | st.text(st.sampled_from("ab/é🐈 "), min_size=1, max_size=4).filter(
    lambda key: not {"", ".", ".."} & set(key.split("/"))
)
STEPS = st.lists(
    st.tuples(st.just("put"), st.lists(KEYS, min_size=1, max_size=4), st.booleans())
    | st.tuples(st.just("delete"), KEYS)
    | st.tuples(st.just("page"), st.sampled_from(["", "a", "a/", "é", "K"]), st.none() | KEYS, st.integers(1, 5)),
    max_size=25,
)


@pytest.fixture(scope="module", params=DATABASES)
def shared(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalog")
    mysql = request.param != "sqlite"
    url = request.getfixturevalue("mariadb").new_url() if mysql else f"sqlite:///{folder}/images.db"
    catalog = Catalog(url, now=lambda: NOON)
    yield catalog
    catalog.close()


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_it_does_what_a_dictionary_does(shared, steps):
    for one in shared.page("", None, 10_000):
        shared.delete(one.key)
    shared.drop_garbage(shared.garbage(NOON + timedelta(days=1), 10_000))
    model, garbage = {}, set()
    for step in steps:
        _DO[step[0]](shared, model, garbage, *step[1:])
    assert shared.page("", None, 10_000) == [model[key] for key in sorted(model, key=str.encode)]
    assert set(shared.garbage(NOON + timedelta(days=1), 10_000)) == garbage


def _put(catalog, model, garbage, keys, only_new):
    images = [image(read_key(key.encode())) for key in keys]
    if only_new and (set(keys) & set(model) or len(set(keys)) < len(keys)):
        with pytest.raises(KeyExists):
            catalog.put(images, only_new=True)
        return
    created = []
    for one in images:
        old = model.get(one.key)
        created.append(old is None)
        garbage |= {old.object_id} if old else set()
        model[one.key] = one
    assert catalog.put(images, only_new) == created


def _delete(catalog, model, garbage, key):
    old = model.pop(key, None)
    garbage |= {old.object_id} if old else set()
    assert catalog.delete(key) is (old is not None)
    assert catalog.get(key) is None


def _page(catalog, model, garbage, prefix, after, limit):
    keys = sorted((key for key in model if key.startswith(prefix)), key=str.encode)
    expected = [key for key in keys if after is None or key.encode() > after.encode()][:limit]
    assert [one.key for one in catalog.page(prefix, after, limit)] == expected


_DO = {"put": _put, "delete": _delete, "page": _page}
