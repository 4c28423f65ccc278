"""The story of storing: all or none, the commit as the promise, and nothing left behind."""

from datetime import UTC, datetime, timedelta

import pytest

from image_service.images import NoSuchImage, Upload
from image_service.reconciler import GARBAGE_AGE, ORPHAN_AGE, Reconciler
from image_service.storage.errors import KeyExists, StoreFull, StoreSilent, StoreUnavailable
from tests.asking import small_images
from tests.images_world import World, decoders

__all__ = ["decoders"]


@pytest.fixture
def world(tmp_path, decoders):
    world = World(tmp_path, decoders)
    world.folder = tmp_path / "images"
    return world


@pytest.fixture(scope="module")
def some():
    return list(small_images(4).values())


def uploads(*data, keys="abcdef"):
    return [Upload(key, lambda each=each: each) for key, each in zip(keys, data, strict=False)]


def objects(world):
    return {path.name for path in world.folder.rglob("*") if path.is_file()}


def test_a_stored_image_is_described_and_counted(world, some):
    (stored,) = world.images.store(uploads(some[0]))
    assert stored.created
    assert stored.image == world.images.find("a")
    assert stored.image.link.endswith(stored.image.object_id)
    assert world.counts == {"uploads": 1}


def test_a_replaced_image_keeps_the_time_it_was_first_stored(world, some):
    times = iter([datetime(2026, 11, 23, 20, 0, second, 999, tzinfo=UTC) for second in (1, 2)])
    world.images._now = lambda: next(times)
    (first,) = world.images.store(uploads(some[0]))
    (second,) = world.images.store(uploads(some[1]))
    assert not second.created
    assert second.image.created_at == first.image.created_at == datetime(2026, 11, 23, 20, 0, 1, tzinfo=UTC)
    assert second.image.updated_at == datetime(2026, 11, 23, 20, 0, 2, tzinfo=UTC)


def test_all_are_stored_or_none(world, some):
    with pytest.raises(Exception, match="image"):
        world.images.store(uploads(some[0], some[1], b"no image", some[2]))
    assert (objects(world), world.images.page("", None, 10).images) == (set(), [])
    assert world.counts == {}


def test_only_new_ones_leave_what_exists(world, some):
    world.images.store(uploads(some[0]))
    before = objects(world)
    with pytest.raises(KeyExists):
        world.images.store(uploads(some[1], some[2], keys="ba"), only_new=True)
    assert objects(world) == before
    assert [image.key for image in world.images.page("", None, 10).images] == ["a"]


@pytest.mark.parametrize("error", [StoreFull("no room"), StoreUnavailable("down")])
def test_an_object_whose_row_was_not_written_is_removed(world, some, monkeypatch, error):
    def put(*_):
        raise error

    monkeypatch.setattr(world.catalog._store, "put", put)
    with pytest.raises(type(error)):
        world.images.store(uploads(*some))
    assert objects(world) == set()


def test_an_object_whose_row_was_written_stays_whatever_the_error(world, some, monkeypatch):
    put = world.catalog._store.put

    def put_and_fail(*args):
        put(*args)
        raise StoreUnavailable("the connection was lost after the commit")

    monkeypatch.setattr(world.catalog._store, "put", put_and_fail)
    with pytest.raises(StoreUnavailable):
        world.images.store(uploads(some[0]))
    assert world.images.fetch("a").body.data == some[0]


def test_an_object_that_could_not_be_written_leaves_no_row(world, some, monkeypatch):
    def write(*_):
        raise StoreFull("no room")

    monkeypatch.setattr(world.blobs._store, "write", write)
    with pytest.raises(StoreFull):
        world.images.store(uploads(some[0]))
    assert world.images.find("a") is None


def test_pages_end_where_the_images_end(world, some):
    world.images.store(uploads(*some))
    first = world.images.page("", None, 3)
    assert ([image.key for image in first.images], first.next) == (["a", "b", "c"], "c")
    rest = world.images.page("", first.next, 3)
    assert ([image.key for image in rest.images], rest.next) == (["d"], None)
    assert world.images.page("", None, 4).next is None


# --- the reconciler ---------------------------------------------------------------------------------------------------


def reconcile(world, after=timedelta()):
    Reconciler(world.catalog, world.blobs).reconcile((datetime.now(UTC) + after).timestamp())


def test_replaced_and_deleted_objects_go_a_minute_later(world, some):
    world.images.store(uploads(some[0], some[1]))
    kept = world.images.store(uploads(some[2]))[0].image.object_id
    world.images.forget("b")
    reconcile(world, GARBAGE_AGE - timedelta(seconds=5))
    assert len(objects(world)) == 3
    reconcile(world, GARBAGE_AGE + timedelta(seconds=5))
    assert objects(world) == {kept}
    assert world.catalog.garbage(datetime.now(UTC) + timedelta(days=1), 10) == []


def test_orphans_go_an_hour_later_and_images_never(world, some):
    image = world.images.store(uploads(some[0]))[0].image
    orphan = "0123456789abcdef0123456789abcdef"
    world.blobs.write(orphan, b"left by a killed upload")
    reconcile(world, ORPHAN_AGE - timedelta(seconds=5))
    assert objects(world) == {image.object_id, orphan}
    reconcile(world, ORPHAN_AGE + timedelta(seconds=5))
    assert objects(world) == {image.object_id}


def test_garbage_whose_object_cannot_be_removed_is_told_of_once_and_tried_again(world, some, caplog):
    world.images.store(uploads(some[0]))
    world.images.forget("a")
    reconciler, later = Reconciler(world.catalog, world.blobs), (datetime.now(UTC) + GARBAGE_AGE * 2).timestamp()
    world.blobs.failing = True
    for _ in range(3):
        reconciler.reconcile(later)
    assert caplog.messages == ["What nobody needs any more is not removed just now: it does not answer"]
    world.blobs.failing = False
    reconciler.reconcile(later)
    assert objects(world) == set()


def test_what_is_gone_cannot_be_forgotten(world):
    with pytest.raises(NoSuchImage):
        world.images.forget("a")


def test_an_object_whose_row_may_still_be_on_its_way_is_left_to_the_reconciler(world, some, monkeypatch):
    def put(*_):
        raise StoreSilent("the connection was lost in the middle of the commit")

    monkeypatch.setattr(world.catalog._store, "put", put)
    with pytest.raises(StoreSilent):
        world.images.store(uploads(some[0]))
    assert len(objects(world)) == 1
    reconcile(world, ORPHAN_AGE + timedelta(seconds=5))
    assert objects(world) == set()


def test_records_of_changes_go_a_day_later(world, some):
    for data in some[:3]:
        world.images.store(uploads(data))
    written = world.catalog.changes(2, 10)
    reconcile(world, timedelta(hours=23))
    assert world.catalog.changes(2, 10) == written
    reconcile(world, timedelta(hours=25))
    assert world.catalog.changes(0, 10) == written[-1:]
