"""Objects in a folder, beyond what any store must do: kept for good, never half, and failures told apart."""

import errno
import os
import resource
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from image_service.storage.errors import StoreFull, StoreUnavailable
from image_service.storage.folder_blobs import FolderBlobs


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "images"


@pytest.fixture
def blobs(folder):
    return FolderBlobs(folder)


def new_id():
    return uuid.uuid4().hex


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def in_an_hour():
    return datetime.now(UTC) + timedelta(hours=1)


def test_an_object_lies_where_its_link_says_and_nothing_else_does(blobs, folder):
    object_id = new_id()
    blobs.write(object_id, b"x")
    assert blobs.link(object_id) == f"{object_id[:2]}/{object_id[2:4]}/{object_id}"
    assert files(folder) == [folder / blobs.link(object_id)]


def test_old_objects_are_found_and_young_ones_are_not(blobs, folder):
    old, young = new_id(), new_id()
    for object_id in (old, young):
        blobs.write(object_id, b"x")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    os.utime(folder / blobs.link(old), (yesterday.timestamp(), yesterday.timestamp()))
    assert list(blobs.older_than(datetime.now(UTC) - timedelta(hours=1))) == [old]
    assert set(blobs.older_than(in_an_hour())) == {old, young}


def test_what_a_killed_process_left_half_written_is_removed_when_old(blobs, folder):
    left = folder / "incoming" / new_id()
    left.write_bytes(b"half")
    assert list(blobs.older_than(datetime.now(UTC) - timedelta(hours=1))) == []
    assert left.exists()
    assert list(blobs.older_than(in_an_hour())) == []
    assert not left.exists()


def test_a_ping_leaves_nothing_behind(blobs, folder):
    blobs.ping()
    assert files(folder) == []


@pytest.mark.parametrize(
    ("number", "failure"),
    [
        (errno.ENOSPC, StoreFull),
        (errno.EDQUOT, StoreFull),
        (errno.EACCES, StoreUnavailable),
        (errno.EIO, StoreUnavailable),
    ],
)
def test_a_write_that_fails_says_how_and_leaves_nothing(blobs, folder, monkeypatch, number, failure):
    def fsync(_descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(failure):
        blobs.write(new_id(), b"x")
    assert files(folder) == []


def test_a_disk_that_takes_no_more_is_full(folder):
    FolderBlobs(folder)
    program = f"""
import resource
from image_service.storage.errors import StoreFull
from image_service.storage.folder_blobs import FolderBlobs
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    FolderBlobs({str(folder)!r}).write({new_id()!r}, bytes(2000))
except StoreFull as full:
    print(full)
"""
    assert resource.RLIMIT_FSIZE is not None
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "File too large" in told.stdout
    assert files(folder) == []


def test_a_folder_that_has_gone_is_unavailable_and_nothing_is_missing_or_made_anew(blobs, folder):
    object_id = new_id()
    blobs.write(object_id, b"x")
    folder.rename(folder.parent / "elsewhere")
    for act in (lambda: blobs.read(object_id), lambda: blobs.write(new_id(), b"x"), blobs.ping):
        with pytest.raises(StoreUnavailable):
            act()
    assert not folder.exists()


def test_a_file_in_the_folders_place_is_unavailable(tmp_path):
    (tmp_path / "images").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        FolderBlobs(tmp_path / "images")
