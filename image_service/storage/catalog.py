"""The rows of all images: which there are, where their bytes lie, and which objects nobody needs any more."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, RowMapping, bindparam, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from image_service.image import Image
from image_service.storage import mysql, sqlite
from image_service.storage.change import Change
from image_service.storage.errors import KeyExists, StoreBusy, StoreSilent
from image_service.storage.fuse import Fuse
from image_service.storage.migrate import migrate
from image_service.storage.tables import CHANGES, GARBAGE, IMAGES

T = TypeVar("T")

DATABASES = {"sqlite": sqlite, "mysql+pymysql": mysql}
"""What is different from one database to another: how it is opened and pinged, and what its errors mean."""

ATTEMPTS = 2  # of a change that another one got in the way of; nothing else is tried again

_OWN_CHANGES = 10_000  # many more than are written while one poll is under way
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
        self._database = DATABASES[url.partition(":")[0]]
        self._engine = self._database.open_engine(url)
        self._writer = self._engine.execution_options(writes=True)
        self._fuse = Fuse()
        self._own: deque[int] = deque(maxlen=_OWN_CHANGES)
        with self._errors(), self._database.migrating(self._engine) as connection:
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

        def work(connection: Connection) -> tuple[list[bool], list[int]]:
            created = [self._put(connection, image, only_new) for image in images]
            return created, self._note(connection, (image.key for image in images))

        created, changes = self._write(work)
        self._own.extend(changes)
        return created

    def delete(self, key: str) -> bool:
        """Remove the image of this key; False where there is none."""

        def work(connection: Connection) -> list[int]:
            old = _old(connection, key)
            if old is None:
                return []
            connection.execute(delete(IMAGES).where(IMAGES.c.key == _bytes(key)))
            self._discard(connection, old["object_id"])
            return self._note(connection, [key])

        changes = self._write(work)
        self._own.extend(changes)
        return bool(changes)

    def changes(self, first: int, limit: int) -> list[Change]:
        """The records of changes from this id on, by id, as the primary has them now.

        Ids are given when a record is written and seen when it is committed: a smaller one may appear after a larger.
        Of one key they appear in order. Records of this catalog's own changes say so.
        """
        query = select(CHANGES.c.id, CHANGES.c.key).where(CHANGES.c.id >= first).order_by(CHANGES.c.id).limit(limit)
        with self._reading() as connection:
            self._database.ping(connection)
            rows = connection.execute(query).all()
        own = frozenset(self._own.copy())
        return [Change(row.id, row.key.decode("utf-8"), row.id in own) for row in rows]

    def last_change(self, before: datetime) -> Change:
        """The newest record written before a time; else the oldest there is."""
        columns = select(CHANGES.c.id, CHANGES.c.key).limit(1)
        with self._reading() as connection:
            row = (
                connection.execute(columns.where(CHANGES.c.at < before).order_by(CHANGES.c.id.desc())).first()
                or connection.execute(columns.order_by(CHANGES.c.id)).one()
            )
        return Change(row.id, row.key.decode("utf-8"))

    def change_followed_by(self, count: int) -> Change:
        """The record behind which so many come; the oldest where there are fewer."""
        columns = select(CHANGES.c.id, CHANGES.c.key).limit(1)
        with self._reading() as connection:
            row = (
                connection.execute(columns.order_by(CHANGES.c.id.desc()).offset(count)).first()
                or connection.execute(columns.order_by(CHANGES.c.id)).one()
            )
        return Change(row.id, row.key.decode("utf-8"))

    def drop_changes(self, before: datetime, limit: int) -> int:
        """Remove the oldest of the records written before a time, and say how many.

        The newest of them stays: who reads the records goes on from the last one, however long ago that was.
        """
        old = select(CHANGES.c.id).where(CHANGES.c.at < before)
        with self._reading() as connection:
            newest = connection.scalar(select(func.max(CHANGES.c.id)).where(CHANGES.c.at < before))
            ids = set(connection.scalars(old.order_by(CHANGES.c.at, CHANGES.c.id).limit(limit))) - {newest}
        self._delete(CHANGES.c.id, sorted(ids))
        return len(ids)

    def garbage(self, before: datetime, limit: int) -> list[str]:
        """The ids of objects that have been garbage since before a time, oldest first."""
        query = select(GARBAGE.c.object_id).where(GARBAGE.c.since < before).order_by(GARBAGE.c.since).limit(limit)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def drop_garbage(self, ids: Iterable[str]) -> None:
        """Forget objects that have been removed from the store."""
        self._delete(GARBAGE.c.object_id, ids)

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
            self._database.ping(connection)
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

    def _note(self, connection: Connection, keys: Iterable[str]) -> list[int]:
        # Last in the transaction, when the rows are locked: so the records of one key are in the order of its changes.
        notes = [insert(CHANGES).values(key=_bytes(key), at=self._now()) for key in dict.fromkeys(keys)]
        return [connection.execute(note).inserted_primary_key[0] for note in notes]

    def _delete(self, column: Column[Any], values: Iterable[Any]) -> None:
        for some in _batches(values):
            self._write(partial(Connection.execute, statement=delete(column.table).where(column.in_(some))))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._errors(), self._engine.begin() as connection:
            yield connection

    def _write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, once it is committed; done again from the start if another change was in the way."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._errors(), self._writer.begin() as connection:
                    return work(connection)
            except StoreBusy:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("not reached")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        if why := self._fuse.blown():
            raise StoreSilent(why)
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            told = self._database.in_words(error)
            if told is None:
                raise  # two rows for one object, say: a mistake of ours, that trying again does not mend
            if isinstance(told, StoreSilent):
                self._fuse.unanswered(str(told))
            else:
                self._fuse.answered()
            raise told from error
        self._fuse.answered()


def _old(connection: Connection, key: str) -> RowMapping | None:
    # Locked by name; SQLite, whose writers come one at a time, knows no such locks and needs none.
    query = select(IMAGES.c.object_id, IMAGES.c.created_at).where(IMAGES.c.key == _bytes(key)).with_for_update()
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
