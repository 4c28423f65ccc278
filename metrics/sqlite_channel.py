"""The channel of a single machine: one SQLite file that both apps open."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from cache.config import DEFAULT, Configuration
from metrics import decisions, sqlite_curves
from metrics.channel import (
    Announcement,
    ChannelUnavailable,
    ConfigurationRefused,
    Traits,
    VersionConflict,
    announced,
)
from metrics.curves import Curve, of_document
from metrics.decisions import Decision
from metrics.schema import MINUTE, Minute, add_minutes

HOUR = 3600
MINUTES_KEPT_SECONDS = 90 * 86_400
HOURS_KEPT_SECONDS = 455 * 86_400
DECISIONS_KEPT_SECONDS = 90 * 86_400
BUSY_TIMEOUT_SECONDS = 5

TABLES = """
CREATE TABLE IF NOT EXISTS minutes (time INTEGER, instance TEXT, counts TEXT NOT NULL, latency TEXT NOT NULL,
    PRIMARY KEY (time, instance)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hours (time INTEGER, instance TEXT, counts TEXT NOT NULL, latency TEXT NOT NULL,
    PRIMARY KEY (time, instance)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS configurations (version INTEGER PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS instances (instance TEXT PRIMARY KEY, announcement TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (time REAL, id TEXT, decision TEXT NOT NULL, PRIMARY KEY (time, id)) WITHOUT ROWID;
"""


class SqliteChannel:
    traits = Traits()
    dropped = 0
    calls = None

    def __init__(self, path: str, clock: Callable[[], float] = time.time) -> None:
        self._path = Path(path)
        self._clock = clock
        self._pruned_hour = 0
        self._made = False

    def send(self, minutes: Sequence[Minute]) -> None:
        with self._writing() as connection:
            _store(connection, "minutes", minutes)
            for instance, hour in {(minute.instance, minute.time // HOUR * HOUR) for minute in minutes}:
                of_hour = _load(connection, "minutes", MINUTE, hour, hour + HOUR, instance)
                _store(connection, "hours", [add_minutes(of_hour, instance, hour, HOUR)])
            self._prune(connection)

    def minutes(self, start: int, end: int) -> list[Minute]:
        with self._connect() as connection:
            (oldest,) = connection.execute("SELECT min(time) FROM minutes").fetchone()
            hours_end = end if oldest is None else min(end, oldest // HOUR * HOUR)
            hours = _load(connection, "hours", HOUR, start, hours_end)
            return [*hours, *_load(connection, "minutes", MINUTE, start, end)]

    def publish(self, document: Configuration) -> None:
        with self._writing() as connection:
            (newest,) = connection.execute("SELECT coalesce(max(version), 0) FROM configurations").fetchone()
            if document.parent == newest and document.version == newest + 1:
                connection.execute(
                    "INSERT INTO configurations VALUES (?, ?)", (document.version, document.model_dump_json())
                )
                return
        raise VersionConflict(self.newest())

    def newest(self) -> Configuration:
        with self._connect() as connection:
            row = connection.execute("SELECT * FROM configurations ORDER BY version DESC LIMIT 1").fetchone()
        if row is None:
            return DEFAULT
        try:
            return Configuration.model_validate_json(row[1])
        except ValidationError as refused:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in refused.errors())
            raise ConfigurationRefused(row[0], problems) from refused

    def history(self, after: int = -1) -> list[Configuration]:
        with self._connect() as connection:
            rows = connection.execute(
                "SELECT document FROM configurations WHERE version > ? ORDER BY version DESC", (after,)
            ).fetchall()
        return [*_readable(row[0] for row in rows), *([DEFAULT] if after < 0 else [])]

    def keep(self) -> None:
        """Nothing to do: no age takes a document away here."""

    def announce(self, announcement: Announcement) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO instances VALUES (?, ?)",
                (announcement.instance, json.dumps(asdict(announcement))),
            )

    def announcements(self) -> list[Announcement]:
        with self._connect() as connection:
            rows = connection.execute("SELECT announcement FROM instances ORDER BY instance").fetchall()
        return [announced(json.loads(row[0])) for row in rows]

    def send_curve(self, document: Mapping[str, Any]) -> None:
        with self._writing() as connection:
            sqlite_curves.store(connection, of_document(document))

    def curves(self, start: int, end: int, by_hours: bool = False) -> list[Curve]:
        with self._connect() as connection:
            return sqlite_curves.load(connection, start, end, by_hours)

    def send_decision(self, decision: Decision) -> None:
        with self._writing() as connection:
            row = decision.time, decision.id, decisions.written(decision)
            connection.execute("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?)", row)

    def decisions(self, start: int, end: int) -> list[Decision]:
        with self._connect() as connection:
            rows = connection.execute("SELECT decision FROM decisions WHERE time >= ? AND time < ?", (start, end))
            return decisions.once_each(decisions.read(text) for (text,) in rows.fetchall())

    def _prune(self, connection: sqlite3.Connection) -> None:
        hour = int(self._clock()) // HOUR * HOUR
        if hour != self._pruned_hour:
            connection.execute("DELETE FROM minutes WHERE time < ?", (hour - MINUTES_KEPT_SECONDS,))
            connection.execute("DELETE FROM hours WHERE time < ?", (hour - HOURS_KEPT_SECONDS,))
            connection.execute("DELETE FROM decisions WHERE time < ?", (hour - DECISIONS_KEPT_SECONDS,))
            sqlite_curves.prune(connection, hour)
            self._pruned_hour = hour

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        # One connection a call: calls are rare, come from several threads, and a file moved away is noticed at once.
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)) as connection:
                if not self._made:
                    connection.execute("PRAGMA journal_mode=WAL")
                    connection.executescript(TABLES + sqlite_curves.TABLES)
                    self._made = True
                yield connection
        except (sqlite3.Error, OSError) as error:
            self._made = False  # whatever is wrong, the file may be another one next time
            raise ChannelUnavailable(f"{self._path}: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _store(connection: sqlite3.Connection, table: str, minutes: Iterable[Minute]) -> None:
    connection.executemany(
        f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?)",
        [(m.time, m.instance, json.dumps(dict(m.values)), json.dumps(_flat(m.latency))) for m in minutes],
    )


def _flat(latency: Mapping[int, int]) -> list[int]:
    # [bucket, answers, bucket, answers, ...]: a month of minutes is read in a third less time than as objects, whose
    # keys are text.
    return [*chain.from_iterable(latency.items())]


def _load(
    connection: sqlite3.Connection, table: str, period_seconds: int, start: int, end: int, instance: str | None = None
) -> list[Minute]:
    query = f"SELECT time, instance, counts, latency FROM {table} WHERE time >= ? AND time < ?"
    of_instance = () if instance is None else (instance,)
    rows = connection.execute(
        query + (" AND instance = ?" if of_instance else "") + " ORDER BY time, instance", (start, end, *of_instance)
    )
    # pydantic's parser halves the time of json.loads here, which is what a month of minutes takes to read.
    return [
        Minute(name, at, from_json(counts, cache_strings="keys"), _histogram(from_json(latency)), period_seconds)
        for at, name, counts, latency in rows
    ]


def _histogram(flat: list[int]) -> dict[int, int]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _readable(documents: Iterable[str]) -> Iterator[Configuration]:
    for document in documents:
        try:
            yield Configuration.model_validate_json(document)
        except ValidationError:
            continue  # written by a later program; the follower reports it, a history can't show it
