"""Breaks the stores of a running service, as disks and people do."""

import sqlite3
from contextlib import closing
from pathlib import Path


def take_table_away(data_dir: Path, back: bool = False) -> None:
    """From now on the catalog can't be asked; with ``back`` it can be again."""
    names = ("taken_away", "images") if back else ("images", "taken_away")
    with closing(sqlite3.connect(data_dir / "images.db", timeout=5)) as database, database:
        database.execute("ALTER TABLE {} RENAME TO {}".format(*names))


def spoil_objects(data_dir: Path) -> None:
    """No stored image is what it was."""
    for path in (data_dir / "images").rglob("*"):
        if path.is_file():
            path.write_bytes(b"what the disk made of it")
