"""How SQLite is opened for the catalog: several processes, several threads, and commits that survive a power cut."""

import os
import sqlite3
import time
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from image_service.storage.errors import StoreError, StoreFull, StoreUnavailable

BUSY_TIMEOUT_SECONDS = 5
_SCHEME = "sqlite:///"
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def open_engine(url: str) -> Engine:
    """An engine whose transactions take the write lock at once where ``writes`` is among the execution options."""
    path = url.removeprefix(_SCHEME)  # not parsed as a URL: a folder's name may well hold a "?" or "%"
    if path in {"", url, ":memory:"} or path.startswith("file:"):
        raise ValueError("DATABASE_URL must name a file: sqlite:///folder/images.db")
    engine = create_engine(
        URL.create("sqlite", database=path),
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
        pool_size=8,
        max_overflow=24,
        pool_timeout=BUSY_TIMEOUT_SECONDS,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _use_wal(path)
    except (OSError, sqlite3.Error) as error:
        raise in_words(error) from error
    return engine


def migrating(engine: Engine) -> AbstractContextManager[Connection]:
    """A connection that changes the tables; it holds the write lock, so of processes that start at once one has it."""
    return engine.execution_options(writes=True).begin()


def ping(connection: Connection) -> None:
    """Raise StoreUnavailable where the file was taken away under the open connections, which would not notice."""
    path = connection.engine.url.database
    if not os.path.exists(path):
        raise StoreUnavailable("the database of images: its file is gone")


def in_words(error: Exception) -> StoreError | None:
    """What a failure of SQLite, of SQLAlchemy or of a file means to the rest of the program; None: our own mistake."""
    if isinstance(error, IntegrityError):
        return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    full = _code(cause) == sqlite3.SQLITE_FULL
    if isinstance(error, SQLAlchemyError) and cause is error:
        cause = type(error).__name__  # its own text goes on about the pool and the statement
    return (StoreFull if full else StoreUnavailable)(f"the database of images: {cause}")


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _begin does
    # FULL syncs the log at each commit. With NORMAL, WAL's usual companion, a power cut loses the last commits,
    # and a commit here is the promise to whoever uploaded that the image is kept.
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later can't wait for another writer, it just fails: take the lock now.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_wal(path: str) -> None:
    # Once a file, for good. SQLite does not wait for its lock in this one statement, so processes that start together
    # try again.
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) not in _BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        finally:
            connection.close()


def _code(error: object) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the kind, the rest its detail
