"""Image bytes as files of a folder: aa/bb/<object id>, each written once and never changed."""

import errno
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from image_service.storage.errors import BlobMissing, StoreFull, StoreUnavailable
from image_service.storage.object_ids import checked, is_object_id

_INCOMING = "incoming"  # on the same file system as the rest, so that a rename is atomic
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FolderBlobs:
    looks_for_orphans_each_seconds = 3600.0

    def __init__(self, path: str | Path) -> None:
        self._root = Path(path)
        with _errors():
            (self._root / _INCOMING).mkdir(parents=True, exist_ok=True)

    def link(self, object_id: str) -> str:
        """Where the object lies, relative to the folder."""
        checked(object_id)
        return f"{object_id[:2]}/{object_id[2:4]}/{object_id}"

    def write(self, object_id: str, data: bytes) -> None:
        path = self._root / self.link(object_id)
        incoming = self._root / _INCOMING / uuid.uuid4().hex
        with _errors():
            try:
                with open(incoming, "xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                self._make_folder(path.parent)
                os.replace(incoming, path)
                _sync_folder(path.parent)
            except BaseException:
                with suppress(OSError):
                    incoming.unlink(missing_ok=True)
                raise

    def read(self, object_id: str) -> bytes:
        with _errors():
            try:
                return (self._root / self.link(object_id)).read_bytes()
            except FileNotFoundError:
                if not self._root.is_dir():  # a disk that is not mounted must not look like lost images
                    raise
                raise BlobMissing(f"there is no object {object_id}") from None

    def delete(self, *object_ids: str) -> None:
        with _errors():
            for path in [self._root / self.link(object_id) for object_id in object_ids]:
                path.unlink(missing_ok=True)

    def older_than(self, before: datetime) -> Iterator[str]:
        """As the port says; what a killed process left half-written before that time is removed on the way."""
        with _errors():
            for path, written in _files(self._root / _INCOMING):
                if written < before.timestamp():
                    path.unlink(missing_ok=True)
            for folder in _folders(self._root):
                for path, written in _files(folder):
                    if written < before.timestamp() and is_object_id(path.name):
                        yield path.name

    def ping(self) -> None:
        """Return if an object could be written now."""
        with _errors(), tempfile.TemporaryFile(dir=self._root / _INCOMING) as file:
            file.write(b"ping")
            file.flush()

    def _make_folder(self, folder: Path) -> None:
        # Step by step and never the root: where that has gone, a new one in its place would swallow the images.
        for step in (folder.parent, folder):
            with suppress(FileExistsError):
                step.mkdir()
                _sync_folder(step.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folders(root: Path) -> Iterator[Path]:
    for outer in _subfolders(root):
        if outer.name != _INCOMING:
            yield from _subfolders(outer)


def _subfolders(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        yield from (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))


def _files(folder: Path) -> Iterator[tuple[Path, float]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # deleted while we look
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_mtime


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in _NO_ROOM
        raise (StoreFull if full else StoreUnavailable)(f"the folder of images: {error.strerror or error}") from error
