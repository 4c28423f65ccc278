"""Curves in SQLite: minutes for two weeks, hours for as long as statistics are kept."""

import sqlite3
import zlib
from collections.abc import Iterator

from metrics.curve_text import read, written
from metrics.curves import HOUR, Curve, fuller, hours_and_minutes, roll

MINUTES_KEPT_SECONDS = 14 * 86_400
HOURS_KEPT_SECONDS = 455 * 86_400

TABLES = """
CREATE TABLE IF NOT EXISTS curves (time INTEGER, instance TEXT, curve BLOB NOT NULL,
    PRIMARY KEY (time, instance)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS curve_hours (time INTEGER, instance TEXT, curve BLOB NOT NULL,
    PRIMARY KEY (time, instance)) WITHOUT ROWID;
"""


def store(connection: sqlite3.Connection, minute: Curve) -> None:
    """Keep a minute, and roll the hour before as the first minute of the next comes in: once, not sixty times."""
    [known] = [*_load(connection, "curves", minute.start, minute.start + 1, minute.instance)] or [None]
    _keep(connection, "curves", fuller(known, minute))
    hour = minute.start // HOUR * HOUR
    row = connection.execute(
        "SELECT max(time) FROM curves WHERE instance = ? AND time < ?", (minute.instance, hour)
    ).fetchone()
    before = None if row[0] is None else row[0] // HOUR * HOUR
    if before is not None and not _rolled(connection, before, minute.instance):
        _roll(connection, before, minute.instance)
    if _rolled(connection, hour, minute.instance):
        _roll(connection, hour, minute.instance)  # it came late, or again


def load(connection: sqlite3.Connection, start: int, end: int, by_hours: bool) -> list[Curve]:
    """By time and instance; by hours where that is asked for and an hour is over, by minutes elsewhere."""
    if not by_hours:
        return [*_load(connection, "curves", start, end)]
    (first, last), edges = hours_and_minutes(start, end)
    hours = [*_load(connection, "curve_hours", first, last)]
    minutes = [curve for edge in edges for curve in _load(connection, "curves", *edge)]
    # Not rolled yet is the hour that is just over, and that of who fell silent in it.
    rolled = dict(connection.execute("SELECT instance, max(time) FROM curve_hours GROUP BY instance"))
    names = connection.execute("SELECT DISTINCT instance FROM curves WHERE time >= ? AND time < ?", (first, last))
    for (name,) in names.fetchall():
        since = max(first, rolled[name] + HOUR) if name in rolled else first
        minutes += _load(connection, "curves", since, last, name)
    return sorted([*hours, *minutes], key=lambda curve: (curve.start, curve.instance))


def prune(connection: sqlite3.Connection, hour: int) -> None:
    limit = hour - MINUTES_KEPT_SECONDS
    # Of who fell silent no later minute came that would have rolled the last hour: it would go with its minutes.
    over = connection.execute("SELECT DISTINCT instance, time / ? * ? FROM curves WHERE time < ?", (HOUR, HOUR, limit))
    for instance, last in over.fetchall():
        if not _rolled(connection, last, instance):
            _roll(connection, last, instance)
    connection.execute("DELETE FROM curves WHERE time < ?", (limit,))
    connection.execute("DELETE FROM curve_hours WHERE time < ?", (hour - HOURS_KEPT_SECONDS,))


def _roll(connection: sqlite3.Connection, hour: int, instance: str) -> None:
    whole = roll(_load(connection, "curves", hour, hour + HOUR, instance), instance, hour)
    if whole is not None:
        _keep(connection, "curve_hours", whole)


def _rolled(connection: sqlite3.Connection, hour: int, instance: str) -> bool:
    row = connection.execute("SELECT 1 FROM curve_hours WHERE time = ? AND instance = ?", (hour, instance))
    return row.fetchone() is not None


def _keep(connection: sqlite3.Connection, table: str, curve: Curve) -> None:
    # Compressed: two weeks of minutes of an instance are some 25 MB so, and 70 MB as they are.
    packed = zlib.compress(written(curve).encode(), 3)
    connection.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", (curve.start, curve.instance, packed))


def _load(
    connection: sqlite3.Connection, table: str, start: int, end: int, instance: str | None = None
) -> Iterator[Curve]:
    query = f"SELECT curve FROM {table} WHERE time >= ? AND time < ?"
    of_instance = () if instance is None else (instance,)
    rows = connection.execute(
        query + (" AND instance = ?" if of_instance else "") + " ORDER BY time, instance", (start, end, *of_instance)
    ).fetchall()
    for (packed,) in rows:
        curve = read(zlib.decompress(packed))
        if curve is not None:
            yield curve
