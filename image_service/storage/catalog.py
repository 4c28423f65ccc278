"""The rows of all images: which there are, where their bytes lie, and which objects nobody needs any more."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from image_service.image import Image
from image_service.storage import sqlite
from image_service.storage.errors import KeyExists
from image_service.storage.migrate import migrate
from image_service.storage.tables import GARBAGE, IMAGES

_IDS_AT_ONCE = 500  # databases bound how many parameters a statement may have
# Made once: every miss asks it, and making it costs more than asking.
_GET = select(IMAGES).where(IMAGES.c.key == bindparam("wanted"))


class Catalog:
    """Opening it makes the database and brings its schema up to date.

    Any number of threads and processes may share a database. Every method may raise StoreUnavailable, writing ones also
    StoreFull. A change is kept for good once the method returns.
    """

    def __init__(self, url: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._engine = sqlite.open_engine(url)
        self._writer = self._engine.execution_options(writes=True)
        with self._writing() as connection:
            migrate(connection)

    def get(self, key: str) -> Image | None:
        """The image of this key."""
        with self._reading() as connection:
            row = connection.execute(_GET, {"wanted": _bytes(key)}).mappings().first()
        return row and _image(row)

    def page(self, prefix: str, after: str | None, limit: int) -> list[Image]:
        """The first images whose keys begin with ``prefix`` and come behind ``after``, by the bytes of the key."""
        query = select(IMAGES).order_by(IMAGES.c.key).limit(limit)
        if prefix:
            query = query.where(IMAGES.c.key >= _bytes(prefix), IMAGES.c.key < _successor(_bytes(prefix)))
        if after is not None:
            query = query.where(IMAGES.c.key > _bytes(after))
        with self._reading() as connection:
            return [_image(row) for row in connection.execute(query).mappings()]

    def put(self, images: Sequence[Image], only_new: bool = False) -> list[bool]:
        """Store all or none, as if one after another; True for each key that was not there.

        A replaced image keeps its ``created_at``, and its object becomes garbage. Of a key given twice the last stays.
        With ``only_new`` a key that is there raises KeyExists.
        """
        with self._writing() as connection:
            return [self._put(connection, image, only_new) for image in images]

    def delete(self, key: str) -> bool:
        """Remove the image of this key; False where there is none."""
        with self._writing() as connection:
            old = _old(connection, key)
            if old is None:
                return False
            connection.execute(delete(IMAGES).where(IMAGES.c.key == _bytes(key)))
            self._discard(connection, old["object_id"])
            return True

    def garbage(self, before: datetime, limit: int) -> list[str]:
        """The ids of objects that have been garbage since before a time, oldest first."""
        query = select(GARBAGE.c.object_id).where(GARBAGE.c.since < before).order_by(GARBAGE.c.since).limit(limit)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def drop_garbage(self, ids: Iterable[str]) -> None:
        """Forget objects that have been removed from the store."""
        with self._writing() as connection:
            for some in _batches(ids):
                connection.execute(delete(GARBAGE).where(GARBAGE.c.object_id.in_(some)))

    def known_objects(self, ids: Iterable[str]) -> set[str]:
        """Those of the objects that a row names or that are known as garbage; the others are orphans."""
        known: set[str] = set()
        with self._reading() as connection:
            for some in _batches(ids):
                for table in (IMAGES, GARBAGE):
                    known.update(connection.scalars(select(table.c.object_id).where(table.c.object_id.in_(some))))
        return known

    def ping(self) -> None:
        """Return if the database can be asked now."""
        with self._reading() as connection:
            sqlite.ping(connection)
            connection.execute(text("SELECT 1 FROM images LIMIT 1"))

    def close(self) -> None:
        """Let go of the database; whoever asks it afterwards opens it again."""
        self._engine.dispose()

    def _put(self, connection: Connection, image: Image, only_new: bool) -> bool:
        old = _old(connection, image.key)
        if old is None:
            connection.execute(insert(IMAGES).values(_row(image)))
            return True
        if only_new:
            raise KeyExists(image.key)
        row = _row(image) | {"created_at": old["created_at"]}
        connection.execute(update(IMAGES).where(IMAGES.c.key == row["key"]).values(row))
        if old["object_id"] != image.object_id:
            self._discard(connection, old["object_id"])
        return False

    def _discard(self, connection: Connection, object_id: str) -> None:
        connection.execute(insert(GARBAGE).values(object_id=object_id, since=self._now()))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with _errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _errors(), self._writer.begin() as connection:
            yield connection


def _old(connection: Connection, key: str) -> RowMapping | None:
    query = select(IMAGES.c.object_id, IMAGES.c.created_at).where(IMAGES.c.key == _bytes(key))
    return connection.execute(query).mappings().first()


def _row(image: Image) -> dict[str, Any]:
    return asdict(image) | {"key": _bytes(image.key)}


def _image(row: RowMapping) -> Image:
    return Image(**{**row, "key": row["key"].decode("utf-8")})


def _bytes(key: str) -> bytes:
    # What is searched for may hold what no key can hold: then nothing is found, which is no reason to fail.
    return key.encode("utf-8", "surrogatepass")


def _successor(prefix: bytes) -> bytes:
    return prefix[:-1] + bytes([prefix[-1] + 1])  # UTF-8 never ends in 0xFF


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while some := list(islice(rest, _IDS_AT_ONCE)):
        yield some


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise  # two rows for one object: a mistake of ours, that trying again does not mend
    except (DBAPIError, SQLAlchemyError) as error:
        raise sqlite.in_words(error) from error
