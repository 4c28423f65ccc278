"""The catalog on MySQL: shared by instances, failing in words and in time, and back by itself after any failure."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import certifi
import pymysql
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import make_url

from image_service.storage import fuse, mysql
from image_service.storage.catalog import Catalog
from image_service.storage.errors import KeyExists, StoreBusy, StoreSilent, StoreTooNew, StoreUnavailable
from image_service.storage.mysql import JOBS
from image_service.storage.tables import METADATA
from image_service.storage.urls import open_catalog
from tests.mariadb import PASSWORD
from tests.processes import PATIENCE_SECONDS, wait_until
from tests.test_catalog_contract import image
from web.serving import THREADS


@pytest.fixture
def url(mariadb):
    return mariadb.new_url()


@pytest.fixture
def catalog(url):
    catalog = Catalog(url)
    yield catalog
    catalog.close()


def test_the_migrations_make_the_tables_that_the_code_means(catalog, mariadb, url):
    with catalog._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA) == []
    kinds = mariadb.run(
        "SELECT table_name, engine, table_collation FROM information_schema.tables WHERE table_schema = %s",
        make_url(url).database,
    )
    ours = {name: rest for name, *rest in kinds if name != "alembic_version"}
    assert ours == {key: ["InnoDB", "utf8mb4_bin"] for key in ("images", "garbage", "changes")}


def test_instances_that_start_at_once_on_an_empty_database_all_open_it(url):
    with ThreadPoolExecutor(6) as pool:
        catalogs = list(pool.map(Catalog, [url] * 6))
    for catalog in catalogs:
        catalog.ping()
        catalog.close()


def test_a_start_that_was_killed_in_the_middle_is_made_up_for_by_the_next(mariadb, url):
    whole = Catalog(url)
    whole.put([image("a")])
    whole.close()
    mariadb.run("DROP TABLE changes", url=url)
    mariadb.run("DROP INDEX images_object_id ON images", url=url)
    mariadb.run("DELETE FROM alembic_version", url=url)
    again = Catalog(url)
    assert again.get("a")
    again.put([image("b")])
    assert mariadb.run("SHOW INDEX FROM images WHERE key_name = 'images_object_id'", url=url)
    again.close()


def test_a_database_newer_than_the_code_is_refused_in_words_and_left_alone(catalog, mariadb, url):
    catalog.put([image("a")])
    mariadb.run("UPDATE alembic_version SET version_num = '9999'", url=url)
    with pytest.raises(StoreTooNew, match="run a newer version"):
        Catalog(url)
    assert mariadb.run("SELECT count(*) FROM images", url=url) == ((1,),)


# --- several at once -------------------------------------------------------------------------------------------------


def test_of_instances_that_want_the_same_new_key_one_has_it(url):
    catalogs = [Catalog(url) for _ in range(2)]

    def create(number):
        try:
            return catalogs[number % 2].put([image("wanted")], only_new=True)
        except KeyExists:
            return None

    with ThreadPoolExecutor(12) as pool:
        for _ in range(10):
            assert sorted(filter(None, pool.map(create, range(12)))) == [[True]]
            catalogs[0].delete("wanted")
    for catalog in catalogs:
        catalog.close()


def test_one_that_looked_before_another_committed_is_told_that_the_key_exists(mariadb, url, monkeypatch):
    for name in ("LOCK_SECONDS", "ANSWER_SECONDS"):  # else it may give up before it is seen to wait
        monkeypatch.setattr(mysql, name, 2 * PATIENCE_SECONDS)
    catalog = Catalog(url)
    other = Catalog(url)
    first = other._writer.connect()
    transaction = first.begin()
    other._put(first, image("wanted"), only_new=True)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(catalog.put, [image("wanted")], True)
        waiting = "SELECT 1 FROM information_schema.innodb_lock_waits"
        wait_until(lambda: mariadb.run(waiting), what="the second to wait for the first")
        transaction.commit()
        with pytest.raises(KeyExists):
            waits.result(PATIENCE_SECONDS)
    first.close()
    other.close()
    catalog.close()


def test_threads_of_two_instances_that_replace_the_same_keys_lose_nothing(url):
    catalogs = [Catalog(url) for _ in range(2)]
    put = []

    def work(thread):
        for n in range(12):
            one = image(f"key-{(thread + n) % 4}")
            catalogs[thread % 2].put([one])
            put.append(one.object_id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    rows = {one.object_id for one in catalogs[0].page("", None, 100)}
    assert len(rows) == 4
    assert catalogs[0].known_objects(put) == set(put)
    assert len(catalogs[0].changes(0, 1000)) == 1 + len(put)
    for catalog in catalogs:
        catalog.close()


def test_a_deadlock_is_tried_again(catalog, url):
    other = Catalog(url)
    catalog.put([image("a"), image("b")])
    both_hold = threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def work(which, first, second):
        tries = []

        def change(connection):
            tries.append(1)
            which._put(connection, image(first), False)
            if len(tries) == 1:
                both_hold.wait()
            return which._put(connection, image(second), False)

        which._write(change)
        return len(tries)

    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(work, catalog, "a", "b"), pool.submit(work, other, "b", "a")]
        assert sorted(each.result(PATIENCE_SECONDS) for each in tries) == [1, 2]
    other.close()


def test_a_row_that_is_held_for_too_long_is_told_as_that(catalog, mariadb, url):
    catalog.put([image("a")])
    with mariadb.connect(url, autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM images FOR UPDATE")
        with pytest.raises(StoreBusy, match="hold the same rows"):
            catalog.put([image("a")])
        assert catalog.get("a")
        other.rollback()
    assert catalog.put([image("a")]) == [False]


# --- failing in words, and without the password ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "mysql+pymysql:",
        "mysql+pymysql://",
        "mysql+pymysql://host/name",
        "mysql+pymysql://user:sesame@host",
        "mysql+pymysql://user:sesame@/name",
        "mysql+pymysql://user:ses/ame:@host:port/name",
        "mysql+pymysql://user:sesame@host/name?read_timeout=3",
    ],
)
def test_a_url_that_is_not_whole_is_refused_without_its_password(url):
    with pytest.raises(ValueError, match="DATABASE_URL") as refused:
        open_catalog(url)
    assert "ses" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong-sesame"}, "refuses the user or the password"),
        ({"database": "test_nowhere"}, "no database of this name"),
        ({"database": "mysql"}, "refuses this user this database"),
        ({"port": 1}, "can't be reached"),
        ({"query": {"ssl_ca": "/nowhere/ca.pem"}}, "can't be read"),
    ],
)
def test_what_is_wrong_is_said_in_words_without_hosts_users_and_passwords(url, change, words, caplog):
    caplog.set_level("DEBUG")
    wrong = make_url(url).set(**change).render_as_string(hide_password=False)
    with pytest.raises(StoreUnavailable, match=words) as refused:
        Catalog(wrong)
    said = f"{refused.value} {refused.value.__cause__} {caplog.text}"
    assert "wrong-sesame" not in said
    assert PASSWORD not in said
    assert "hitrate@" not in str(refused.value).replace("'", "")


# --- TLS -------------------------------------------------------------------------------------------------------------


def with_tls(url, authority, **changes):
    changed = make_url(url).set(**changes).update_query_dict({"ssl_ca": str(authority)})
    return changed.render_as_string(hide_password=False)


@pytest.fixture
def only_tls(mariadb):
    mariadb.run("SET GLOBAL require_secure_transport = 1")
    yield
    with mariadb.connect(ssl={"ca": str(mariadb.authority)}) as connection, connection.cursor() as cursor:
        cursor.execute("SET GLOBAL require_secure_transport = 0")


def test_a_server_that_wants_tls_gets_it_where_its_authority_is_named(mariadb, url, only_tls):
    catalog = Catalog(with_tls(url, mariadb.authority))
    with catalog._reading() as connection:
        assert connection.exec_driver_sql("SHOW STATUS LIKE 'Ssl_cipher'").one()[1]
    catalog.close()


def test_a_server_whose_certificate_nobody_vouches_for_is_not_talked_to(url):
    with pytest.raises(StoreUnavailable, match="can't be trusted"):
        Catalog(with_tls(url, certifi.where()))


def test_a_certificate_for_another_host_is_not_accepted(mariadb, url):
    with pytest.raises(StoreUnavailable, match="can't be trusted"):
        Catalog(with_tls(url, mariadb.authority, host="localhost"))


# --- failing in time, and back again ---------------------------------------------------------------------------------


def test_a_connection_that_was_cut_while_idle_is_not_noticed(catalog, mariadb, url):
    catalog.put([image("a")])
    for (number,) in mariadb.run("SELECT id FROM information_schema.processlist WHERE db = %s", make_url(url).database):
        mariadb.run(f"KILL {number}")
    assert catalog.get("a")
    assert catalog.put([image("b")]) == [True]


def test_a_server_that_died_is_told_at_once_and_used_again_when_it_is_back(catalog, mariadb):
    catalog.put([image("a")])
    mariadb.kill()
    try:
        for ask in (lambda: catalog.get("a"), lambda: catalog.put([image("b")]), catalog.ping):
            with pytest.raises(StoreSilent):
                ask()
    finally:
        mariadb.start()
    assert wait_until(lambda: _or_none(lambda: catalog.get("a")))
    assert catalog.put([image("b")]) == [True]


def _or_none(ask):
    try:
        return ask()
    except StoreUnavailable:
        return None


@pytest.mark.parametrize("ask", ["put", "ping", "changes"])
def test_a_primary_that_became_a_replica_is_let_go_of(catalog, mariadb, ask):
    asks = {"put": lambda: catalog.put([image("a")]), "ping": catalog.ping, "changes": lambda: catalog.changes(0, 10)}
    with ThreadPoolExecutor(3) as pool:
        before = set(pool.map(lambda _: _connection(catalog, 0.1), range(3)))
    mariadb.run("SET GLOBAL read_only = 1")
    try:
        with pytest.raises(StoreUnavailable, match="read-only"):
            asks[ask]()
    finally:
        mariadb.run("SET GLOBAL read_only = 0")
    with ThreadPoolExecutor(3) as pool:
        assert not before & set(pool.map(lambda _: _connection(catalog, 0.1), range(3)))
    assert catalog.put([image("b")]) == [True]


def _connection(catalog, seconds):
    with catalog._reading() as connection:
        return connection.exec_driver_sql(f"SELECT CONNECTION_ID() + SLEEP({seconds})").scalar()


def test_a_host_that_swallows_everything_costs_seconds_and_then_nothing(catalog, mariadb, url):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        hole = make_url(url).set(port=silent.getsockname()[1])
        catalog.close()
        catalog._engine = catalog._database.open_engine(hole.render_as_string(hide_password=False))
        for _ in range(fuse.BLOWS_AFTER):
            with pytest.raises(StoreSilent):
                catalog.get("a")
        assert _arrived_at(silent) > 0
        catalog._fuse._clock = lambda: 0.0  # no pause passes: it is nobody's turn to try again
        for _ in range(100):
            with pytest.raises(StoreSilent):
                catalog.get("a")
        assert _arrived_at(silent) == 0


def _arrived_at(listener):
    """How many connections were made since the last time."""
    listener.setblocking(False)
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


def test_a_statement_that_takes_too_long_is_given_up(catalog):
    with pytest.raises(StoreSilent, match="does not answer"), catalog._reading() as connection:
        connection.exec_driver_sql("SELECT SLEEP(600)")


def test_no_more_connections_are_opened_than_there_are_threads(catalog, mariadb, url):
    with ThreadPoolExecutor(THREADS + JOBS) as pool:
        list(pool.map(lambda n: catalog.get(f"key-{n}"), range(200)))
    database = make_url(url).database
    ((count,),) = mariadb.run("SELECT count(*) FROM information_schema.processlist WHERE db = %s", database)
    assert 0 < count <= THREADS


def test_a_search_by_prefix_reads_only_what_it_gives(catalog, mariadb, url):
    catalog.put([image(f"{letter}/{n}") for letter in "abcdef" for n in range(30)])
    statement = "EXPLAIN SELECT * FROM images WHERE `key` >= _binary'c' AND `key` < _binary'd' ORDER BY `key` LIMIT 5"
    with mariadb.connect(url, cursorclass=pymysql.cursors.DictCursor) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        (plan,) = cursor.fetchall()
    assert (plan["key"], plan["type"]) == ("PRIMARY", "range")
    assert "filesort" not in plan["Extra"]
