"""The story of fetching: what is asked of whom, and what is counted, with all parts real."""

import threading
from collections import Counter

import pytest

from image_service.changes import Trust
from image_service.heads import entry_of
from image_service.images import AS_SENT, CorruptObject, NoSuchImage
from image_service.storage.errors import StoreUnavailable
from tests.asking import small_images
from tests.images_world import World, decoders
from tests.photos import picture, saved
from tests.processes import PATIENCE_SECONDS, wait_until

__all__ = ["decoders"]


@pytest.fixture
def world(tmp_path, decoders):
    return World(tmp_path, decoders)


@pytest.fixture(scope="module")
def data():
    return next(iter(small_images(1).values()))


@pytest.fixture(scope="module")
def wide():
    return saved(picture(700, 500, seed=1, grain=1.0), "PNG")


def test_a_cold_image_asks_each_store_once_and_a_hit_asks_none(world, data):
    world.put("a", data)
    world.asked()
    cold = world.images.fetch("a")
    assert (cold.hit, cold.stored, cold.body.data, world.asked()) == (False, True, data, (1, 1))
    warm = world.images.fetch("a")
    assert (warm.hit, warm.body.data, warm.image, world.asked()) == (True, data, cold.image, (0, 0))


def test_hits_are_answered_while_the_stores_are_down(world, data):
    world.put("a", data)
    world.images.fetch("a")
    world.catalog.failing = world.blobs.failing = True
    assert world.images.fetch("a").hit
    with pytest.raises(StoreUnavailable):
        world.images.fetch("b")
    assert world.counts["errors"] == 1


def test_an_unknown_key_is_counted_and_not_an_error(world):
    with pytest.raises(NoSuchImage):
        world.images.fetch("nothing")
    assert world.counts == {"not_found": 1}


def test_a_replaced_image_is_never_answered_with_its_old_bytes(world, data, wide):
    world.put("a", data)
    world.images.fetch("a")
    world.put("a", wide)
    assert world.images.fetch("a").body.data == wide
    assert world.cache.usage().items == 1


def test_a_deleted_image_is_gone_from_the_cache(world, data):
    world.put("a", data)
    world.images.fetch("a")
    world.images.forget("a")
    with pytest.raises(NoSuchImage):
        world.images.fetch("a")
    assert world.cache.usage().items == 0
    with pytest.raises(NoSuchImage):
        world.images.forget("a")


def test_a_row_read_before_a_replacement_is_answered_and_not_kept(world, data, wide):
    world.put("a", data)
    world.blobs.gate = threading.Event()
    results = []
    reader = threading.Thread(target=lambda: results.append(world.images.fetch("a")))
    reader.start()
    wait_until(lambda: world.blobs.counts["read"])
    gate, world.blobs.gate = world.blobs.gate, None
    world.put("a", wide)
    gate.set()
    reader.join(PATIENCE_SECONDS)
    assert (results[0].body.data, results[0].stored) == (data, False)
    assert world.images.fetch("a").body.data == wide


def test_an_object_that_vanished_with_a_replacement_is_looked_for_once_more(world, data, wide):
    old = world.put("a", data)
    get = world.catalog._store.get
    stale = iter([get("a")])
    world.put("a", wide)
    world.blobs.delete(old.object_id)
    world.catalog._store.get = lambda key: next(stale, None) or get(key)
    assert world.images.fetch("a").body.data == wide


def test_an_object_that_is_gone_is_corrupt(world, data):
    image = world.put("a", data)
    world.blobs.delete(image.object_id)
    with pytest.raises(CorruptObject):
        world.images.fetch("a")
    assert world.counts == {"uploads": 1, "errors": 1}


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b[:-1] + bytes([b[-1] ^ 1])])
def test_bytes_that_are_not_those_that_were_sent_are_corrupt(world, data, tmp_path, damage):
    image = world.put("a", data)
    (path,) = (path for path in (tmp_path / "images").rglob(image.object_id))
    path.write_bytes(damage(data))
    with pytest.raises(CorruptObject):
        world.images.fetch("a")
    assert world.cache.usage().items == 0


def test_many_who_ask_for_a_cold_image_at_once_cost_one_fetch(world, data):
    world.put("a", data)
    world.asked()
    world.blobs.gate = threading.Event()
    results = []
    readers = [threading.Thread(target=lambda: results.append(world.images.fetch("a"))) for _ in range(12)]
    for reader in readers:
        reader.start()
    name = ("a", AS_SENT, world.cache.generation("a"))
    wait_until(lambda: world.flights.waiting(name) == 11)
    world.blobs.gate.set()
    for reader in readers:
        reader.join(PATIENCE_SECONDS)
    assert world.asked() == (1, 1)
    assert [result.body.data for result in results] == [data] * 12
    assert Counter((result.hit, result.collapsed) for result in results) == {(False, False): 1, (False, True): 11}


def test_something_larger_than_the_cache_is_answered_and_not_kept(tmp_path, decoders, wide):
    world = World(tmp_path, decoders, capacity_bytes=70_000)
    assert len(wide) > 70_000
    world.put("a", wide)
    for _ in range(2):
        fetched = world.images.fetch("a")
        assert (fetched.body.data, fetched.hit, fetched.stored, fetched.too_large) == (wide, False, False, True)


def test_a_rendition_is_an_entry_of_its_own_made_from_a_held_original(world, wide):
    world.put("a", wide)
    world.images.fetch("a")
    world.asked()
    small = world.images.fetch("a", 160)
    assert (small.hit, small.body.width, small.body.height) == (False, 160, 114)
    assert small.body.etag != small.image.etag
    assert world.asked() == (0, 0)
    assert world.images.fetch("a", 160).hit
    assert world.cache.usage().items == 2


def test_an_entry_is_the_same_as_long_as_its_body_is_held(world, wide):
    world.put("a", wide)
    world.images.fetch("a")
    entries = [entry_of(world.images.fetch("a", width)) for width in (0, 160, 0, 160)]
    object_id = world.images.find("a").object_id
    assert [(entry.key, entry.object_id, entry.width) for entry in entries] == [
        ("a", object_id, 0),
        ("a", object_id, 160),
    ] * 2
    assert entries[0] is entries[2]
    assert entries[1] is entries[3]
    world.put("a", wide)
    assert entry_of(world.images.fetch("a")).object_id != object_id


def test_a_rendition_reads_the_original_without_keeping_it(world, wide):
    world.put("a", wide)
    world.images.fetch("a", 320)
    assert world.cache.usage().items == 1
    assert world.counts == {"uploads": 1, "origin_reads": 1, "origin_bytes": len(wide)}
    assert not world.images.fetch("a").hit


def test_a_rendition_as_wide_as_the_image_is_the_originals_entry(world, wide):
    world.put("a", wide)
    first = world.images.fetch("a", 1280)
    assert (first.hit, first.body.data) == (False, wide)
    assert world.images.fetch("a").hit
    assert world.images.fetch("a", 1280).hit
    assert world.cache.usage().items == 1
    assert world.counts["origin_reads"] == 1


def test_making_a_rendition_is_no_use_of_the_original(tmp_path, decoders, wide):
    filler = list(small_images(60).values())
    world = World(tmp_path, decoders, capacity_bytes=len(wide) + 200_000)
    world.put("a", wide)
    for number, each in enumerate(filler):
        world.put(f"f{number}", each)
    world.images.fetch("a")
    world.images.fetch("f0")
    world.images.fetch("a", 160)  # makes the rendition from the original, which stays the oldest
    number = 0
    while world.cache.usage().evictions == 0:
        number += 1
        world.images.fetch(f"f{number}")
    assert not world.images.fetch("a").hit


def test_while_the_database_is_away_hits_are_told_to_be_stale_and_what_is_cold_fails(world, data):
    world.put("a", data)
    world.images.fetch("a")
    world.images._trust = lambda: Trust.STALE
    world.catalog.failing = True
    fetched = world.images.fetch("a")
    assert (fetched.hit, fetched.stale, fetched.body.data) == (True, True, data)
    with pytest.raises(StoreUnavailable):
        world.images.fetch("b")


def test_when_it_is_away_for_too_long_it_is_asked_each_time(world, data, wide):
    world.put("a", data)
    world.images.fetch("a")
    world.images._trust = lambda: Trust.LOST
    world.catalog.failing = True
    with pytest.raises(StoreUnavailable):
        world.images.fetch("a")
    world.catalog.failing = False
    world.asked()
    for _ in range(2):
        fetched = world.images.fetch("a")
        assert (fetched.hit, fetched.stale, fetched.body.data) == (False, False, data)
    assert world.asked()[0] == 2
