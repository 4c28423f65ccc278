"""What every store of image bytes must do, in a folder and on a real S3 server."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from image_service.storage.errors import BlobMissing
from image_service.storage.urls import BLOBS, open_blobs
from tests.processes import wait_until


@pytest.fixture(params=BLOBS)
def url(request, tmp_path, monkeypatch):
    """The URL of an empty store of each kind."""
    if request.param == "file":
        return f"file:{tmp_path / 'images'}"
    assert request.param == "s3"
    server = request.getfixturevalue("seaweed")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return server.new_url()


@pytest.fixture
def blobs(url):
    return open_blobs(url)


def new_id():
    return uuid.uuid4().hex


def in_an_hour():
    return datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize("data", [b"", b"x", os.urandom(10_485_760)], ids=len)
def test_what_was_written_is_read(blobs, data):
    object_id = new_id()
    blobs.write(object_id, data)
    assert blobs.read(object_id) == data


def test_objects_survive_opening_the_store_again(blobs, url):
    object_id = new_id()
    blobs.write(object_id, b"x")
    assert open_blobs(url).read(object_id) == b"x"


def test_a_link_leads_to_its_object_alone(blobs):
    one, other = new_id(), new_id()
    assert blobs.link(one).endswith(one)
    assert blobs.link(one) != blobs.link(other)
    assert len(blobs.link(one)) <= 1024


def test_what_is_not_there_is_missing_and_not_a_failure(blobs):
    with pytest.raises(BlobMissing):
        blobs.read(new_id())


def test_deleting_twice_is_no_error(blobs):
    object_id = new_id()
    blobs.write(object_id, b"x")
    blobs.delete(object_id)
    blobs.delete(object_id)
    with pytest.raises(BlobMissing):
        blobs.read(object_id)


def test_many_are_deleted_at_once_and_no_others(blobs):
    ids = [new_id() for _ in range(230)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda object_id: blobs.write(object_id, b"x"), ids))
    blobs.delete(*ids[:-1], new_id())
    assert list(blobs.older_than(in_an_hour())) == ids[-1:]
    blobs.delete()


@pytest.mark.parametrize("object_id", ["", "../../etc/passwd", "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_only_object_ids_name_objects(blobs, object_id):
    for act in (blobs.read, blobs.delete, blobs.link, lambda name: blobs.write(name, b"x")):
        with pytest.raises(ValueError, match="object id"):
            act(object_id)
    kept = new_id()
    blobs.write(kept, b"x")
    with pytest.raises(ValueError, match="object id"):
        blobs.delete(kept, object_id)
    assert blobs.read(kept) == b"x"


def test_old_objects_are_found_and_young_ones_are_not(blobs):
    old, young = new_id(), new_id()
    blobs.write(old, b"x")
    between = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)  # stores date in whole seconds
    wait_until(lambda: datetime.now(UTC) >= between)
    blobs.write(young, b"x")
    assert list(blobs.older_than(between)) == [old]
    assert set(blobs.older_than(in_an_hour())) == {old, young}
    assert list(blobs.older_than(datetime.now(UTC) - timedelta(hours=1))) == []


def test_objects_may_be_deleted_while_they_are_walked(blobs):
    ids = {new_id() for _ in range(20)}
    for object_id in ids:
        blobs.write(object_id, b"x")
    for object_id in blobs.older_than(in_an_hour()):
        blobs.delete(object_id)
        ids.remove(object_id)
    assert ids == set()
    assert list(blobs.older_than(in_an_hour())) == []


def test_a_ping_leaves_nothing_behind(blobs):
    blobs.ping()
    assert list(blobs.older_than(in_an_hour())) == []


def test_many_threads_may_use_it_at_once(blobs):
    written = {new_id(): os.urandom(20_000 + number) for number in range(60)}
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(blobs.write, written, written.values()))
        assert list(pool.map(blobs.read, written)) == list(written.values())
        list(pool.map(blobs.delete, written))
    assert list(blobs.older_than(in_an_hour())) == []


def test_the_store_says_how_often_it_may_be_walked(blobs):
    assert blobs.looks_for_orphans_each_seconds >= 3600
