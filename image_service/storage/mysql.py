"""How MySQL is opened for the catalog: an end to every wait, TLS where asked for, and recovery from a failover."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, ExceptionContext, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from image_service.storage.errors import StoreBusy, StoreError, StoreFull, StoreSilent, StoreUnavailable
from web.serving import THREADS

CONNECT_SECONDS = 1
LOCK_SECONDS = 1
ANSWER_SECONDS = 1.5  # more than a lock is waited for, so that a lock is told as what it is
MIGRATION_SECONDS = 600
JOBS = 4
"""What runs beside the requests: the poller, the reconciler, readiness."""

_SHAPE = "DATABASE_URL must read mysql+pymysql://user:password@host/name, with what is special in the password as %40"
_SILENT = {
    1040: "it has too many connections",
    1053: "it is shutting down",
    2002: "it can't be reached",
    2003: "it can't be reached",
    2006: "it has gone away",
    2013: "it does not answer",
    2014: "it does not answer",
    2055: "it does not answer",
}
_BUSY = {1205: "others hold the same rows for too long", 1213: "others change the same rows just now"}
_FULL = {1021: "its disk is full", 1114: "it is full"}
_READ_ONLY = {1290: "it is read-only just now", 1836: "it is read-only just now"}
_REFUSED = {
    1044: "it refuses this user this database",
    1045: "it refuses the user or the password",
    1049: "it has no database of this name",
    1142: "the user lacks a right",
    3159: "it wants TLS: add ?ssl_ca=/path/to/ca.pem to DATABASE_URL",
    **_READ_ONLY,
}
_KINDS: tuple[tuple[type[StoreError], dict[int, str]], ...] = (
    (StoreSilent, _SILENT),
    (StoreBusy, _BUSY),
    (StoreFull, _FULL),
    (StoreUnavailable, _REFUSED),
)
_DUPLICATE = 1062


def open_engine(url: str) -> Engine:
    """An engine with a connection a thread that serves, each tried before it is used."""
    read = _read(url)
    engine = create_engine(
        read,
        connect_args=_arguments(read, ANSWER_SECONDS),
        isolation_level="READ COMMITTED",  # no locks on gaps between keys; what is read to be changed is locked by name
        pool_size=THREADS,
        max_overflow=JOBS,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        pool_reset_on_return=None,  # each use ends its own transaction; a reset of a dead connection logs a traceback
        pool_recycle=900,  # a name may have come to mean another server meanwhile
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", _let_go_of_a_former_primary)
    return engine


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A connection with more patience than requests have; of instances that start at once, one has it at a time."""
    patient = create_engine(engine.url, poolclass=NullPool, connect_args=_arguments(engine.url, MIGRATION_SECONDS))
    # MySQL commits at each change of a table, so no transaction would keep the others out.
    lock = {"name": f"hitrate:{engine.url.database}"[:64], "seconds": MIGRATION_SECONDS // 2}
    with patient.connect() as connection:
        if connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), lock) != 1:
            raise StoreUnavailable("the database of images: another instance has been changing its tables for minutes")
        try:
            yield connection
            connection.commit()
        finally:
            if not connection.invalidated:
                connection.rollback()
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), lock)


def ping(connection: Connection) -> None:
    """Raise StoreUnavailable where the server only follows another one, as a primary does after a failover."""
    if connection.scalar(text("SELECT @@global.read_only")):
        connection.invalidate()
        connection.engine.dispose()  # the name leads to the new primary; open connections still lead here
        raise StoreUnavailable(f"the database of images: {_READ_ONLY[1290]}")


def in_words(error: Exception) -> StoreError | None:
    """What a failure of MySQL or of SQLAlchemy means to the rest of the program; None where it is a mistake of ours.

    Never the server's own words: these are shown to anybody, and name hosts and users.
    """
    kind, words = _meaning(error)
    return kind and kind(f"the database of images: {words}")


def _meaning(error: Exception) -> tuple[type[StoreError] | None, str]:
    if isinstance(error, PoolTimeout):
        return StoreSilent, "all connections to it are waiting for answers"
    if not isinstance(error, DBAPIError):
        return StoreUnavailable, _of_a_file(error) or type(error).__name__
    code, message = _code(error.orig), str(error.orig)
    if code == _DUPLICATE:  # another instance was first, between our look and our insert
        return (StoreBusy, _BUSY[1213]) if "PRIMARY" in message else (None, "")
    certificate = getattr(error.orig, "original_exception", None)
    if isinstance(certificate, ssl.SSLError):
        reason = getattr(certificate, "verify_message", "") or certificate.reason
        return StoreUnavailable, f"TLS to it can't be trusted ({reason})"
    for kind, words in _KINDS:
        if code in words:
            return kind, words[code]
    return StoreUnavailable, f"it refused (error {code})"


def _of_a_file(error: Exception) -> str:
    return f"a file that DATABASE_URL names can't be read ({error.strerror})" if isinstance(error, OSError) else ""


def _read(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(_SHAPE) from None  # what it was may hold a password
    if not (parsed.host and parsed.username and parsed.database):
        raise ValueError(_SHAPE)
    unknown = [name for name in parsed.query if not name.startswith("ssl_")]
    if unknown:
        raise ValueError(f"DATABASE_URL can have ssl_ca=... and its like after the ?, but not {', '.join(unknown)}")
    return parsed


def _arguments(url: URL, answer_seconds: float) -> dict[str, Any]:
    return {
        "password": str(url.password or "").encode("utf-8"),  # the driver alone would try latin1
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": answer_seconds,
        "write_timeout": answer_seconds,
        # Nothing is cut to fit, whatever the server's default says.
        "init_command": f"SET SESSION sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = {LOCK_SECONDS}",
    }


def _let_go_of_a_former_primary(context: ExceptionContext) -> None:
    if _code(context.original_exception) in _READ_ONLY:
        context.is_disconnect = True


def _code(error: BaseException | None) -> int:
    code = error.args[0] if error is not None and error.args else 0
    return code if isinstance(code, int) else 0
