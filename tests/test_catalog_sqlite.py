"""The catalog's database: made and brought up to date at start, shared by processes and threads, failing in words."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, create_engine
from test_catalog_contract import image

from image_service.storage.catalog import Catalog
from image_service.storage.errors import KeyExists, StoreFull, StoreTooNew, StoreUnavailable
from image_service.storage.tables import METADATA

ROOT = Path(__file__).parent.parent
OPEN = "import sys; from image_service.storage.catalog import Catalog; Catalog(sys.argv[1]).ping(); print('open')"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new 100%41 why?" / "images.db"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


@pytest.fixture
def catalog(url):
    catalog = Catalog(url)
    yield catalog
    catalog.close()


def test_the_migrations_make_the_tables_that_the_code_means(catalog, path):
    with create_engine(URL.create("sqlite", database=str(path))).connect() as connection:
        as_made = MigrationContext.configure(connection, opts={"compare_type": False})  # SQLite knows no types
        assert compare_metadata(as_made, METADATA) == []


def test_images_survive_a_restart(url):
    first, one = Catalog(url), image("a")
    first.put([one], only_new=False)
    first.close()
    again = Catalog(url)
    assert again.get("a") == one
    again.close()


def test_processes_that_start_at_once_from_any_folder_all_open_it(url, tmp_path):
    def start():
        return subprocess.Popen(
            [sys.executable, "-c", OPEN, url],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    for process in [start() for _ in range(4)]:
        out, err = process.communicate(timeout=60)
        assert (out.strip(), process.returncode) == ("open", 0), err


def test_a_database_newer_than_the_code_is_refused_in_words_and_left_alone(catalog, path, url):
    catalog.put([image("a")], only_new=False)
    catalog.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreTooNew, match="run a newer version"):
            Catalog(url)
        assert connection.execute("SELECT count(*) FROM images").fetchone() == (1,)


def test_commits_are_synced_and_readers_do_not_wait_for_writers(catalog, path):
    with catalog._reading() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert catalog.get("a") is None


def test_threads_that_write_and_read_lose_nothing(catalog):
    def work(thread):
        for n in range(15):
            catalog.put([image(f"{thread}/{n}")], only_new=True)
            assert catalog.get(f"{thread}/{n}")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    assert len(catalog.page("", None, 1000)) == 12 * 15


def test_of_threads_that_want_the_same_new_key_one_has_it(catalog):
    def create(_):
        try:
            return catalog.put([image("wanted")], only_new=True)
        except KeyExists:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(filter(None, pool.map(create, range(8)))) == [[True]]


def test_a_database_that_is_locked_for_too_long_is_unavailable(url, path, monkeypatch):
    monkeypatch.setattr("image_service.storage.sqlite.BUSY_TIMEOUT_SECONDS", 0.05)
    catalog = Catalog(url)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            catalog.put([image("a")], only_new=False)
        other.execute("ROLLBACK")
    assert catalog.put([image("a")], only_new=False) == [True]
    catalog.close()


def test_a_database_that_may_not_grow_is_full_and_keeps_nothing_of_the_change(catalog):
    with catalog._reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull, match="full"):
        catalog.put([image(f"{n:05}") for n in range(200)], only_new=False)
    assert catalog.page("", None, 10) == []


def test_a_database_whose_file_has_gone_does_not_answer_a_ping(catalog, path):
    catalog.ping()
    path.rename(path.with_suffix(".away"))
    with pytest.raises(StoreUnavailable, match="gone"):
        catalog.ping()


def test_a_search_by_prefix_reads_only_what_it_gives(catalog):
    with catalog._reading() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM images WHERE key >= x'61' AND key < x'62' AND key > x'6162' "
            "ORDER BY key LIMIT 5"
        ).all()
    assert len(plan) == 1
    assert "SEARCH images USING PRIMARY KEY" in plan[0][-1]
