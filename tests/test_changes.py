"""What another instance changed is forgotten here, however late its record shows; and how far the cache is trusted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.memory import MemoryCache
from image_service import changes
from image_service.changes import LATE_SECONDS, WINDOW_SECONDS, Changes, Trust, Window
from image_service.storage.catalog import DATABASES, Catalog
from image_service.storage.change import Change
from image_service.storage.errors import StoreUnavailable
from tests.test_catalog_contract import image

STALE_SECONDS = 600


class Instance:
    """A catalog object of its own on the shared database, a cache, and the clock of a test."""

    def __init__(self, url):
        self.now = 0.0
        self.catalog = Catalog(url)
        self.cache = MemoryCache("lru", 1 << 20)
        self.changes = Changes(self.catalog, self.cache, STALE_SECONDS, clock=lambda: self.now)
        self.changes.poll()

    def holds(self, *keys):
        for key in keys:
            self.cache.put(key, self.cache.generation(key), image(key), 0, b"body", 4)
        return self

    @property
    def held(self):
        return {key for key in ("a", "b", "c") if self.cache.row(key)}

    def pass_seconds(self, seconds, step=1.0):
        until = self.now + seconds
        while self.now < until:
            self.now += step
            self.changes.poll()


@pytest.fixture(params=DATABASES)
def url(request, tmp_path):
    return (
        f"sqlite:///{tmp_path}/images.db" if request.param == "sqlite" else request.getfixturevalue("mariadb").new_url()
    )


@pytest.fixture
def make(url):
    made = []

    def make():
        made.append(Instance(url))
        return made[-1]

    yield make
    for instance in made:
        instance.catalog.close()


def test_what_another_instance_put_or_deleted_is_forgotten_with_the_next_poll(make):
    here, there = make().holds("a", "b", "c"), make()
    there.catalog.put([image("a")])
    here.changes.poll()
    assert here.held == {"b", "c"}
    there.catalog.delete("a")
    there.catalog.put([image("b"), image("b")])
    here.holds("a").changes.poll()
    assert here.held == {"c"}


def test_a_fill_that_is_under_way_when_the_change_is_seen_is_not_kept(make):
    here, there = make(), make()
    generation = here.cache.generation("a")
    there.catalog.put([image("a")])
    here.changes.poll()
    here.cache.put("a", generation, image("a"), 0, b"old", 3)
    assert here.held == set()


def test_what_this_instance_changed_itself_is_not_forgotten_again(make):
    here, there = make(), make()
    here.catalog.put([image("a")])
    here.catalog.delete("a")
    here.holds("a").pass_seconds(2 * WINDOW_SECONDS)
    assert here.held == {"a"}
    there.changes.poll()
    assert [change.own for change in here.catalog.changes(2, 10)] == [True, True]
    assert [change.own for change in there.catalog.changes(2, 10)] == [False, False]


def test_a_change_is_acted_upon_once(make):
    here, there = make(), make()
    there.catalog.put([image("a")])
    here.changes.poll()
    here.holds("a").pass_seconds(2 * WINDOW_SECONDS)
    assert here.held == {"a"}


def test_a_change_that_is_committed_after_a_later_one_still_arrives(mariadb):
    url = mariadb.new_url()
    here, there = Instance(url), Instance(url)
    with mariadb.connect(url, autocommit=False) as slow, slow.cursor() as cursor:
        cursor.execute("INSERT INTO changes (`key`, at) VALUES (_binary'a', UTC_TIMESTAMP())")
        there.catalog.put([image("b")])
        here.holds("a", "b", "c").changes.poll()
        assert here.held == {"a", "c"}
        here.pass_seconds(WINDOW_SECONDS - 2)
        slow.commit()
    ids = [change.id for change in here.catalog.changes(0, 10) if change.key]
    assert [change.key for change in here.catalog.changes(0, 10) if change.key] == ["a", "b"]
    assert ids == sorted(ids)
    here.pass_seconds(1)
    assert here.held == {"c"}
    for instance in (here, there):
        instance.catalog.close()


def test_a_change_that_was_under_way_when_an_instance_started_arrives_there_too(mariadb):
    url = mariadb.new_url()
    there = Instance(url)
    with mariadb.connect(url, autocommit=False) as slow, slow.cursor() as cursor:
        cursor.execute("INSERT INTO changes (`key`, at) VALUES (_binary'a', UTC_TIMESTAMP())")
        there.catalog.put([image("b")])
        here = Instance(url).holds("a", "b")
        here.pass_seconds(5)
        slow.commit()
    here.pass_seconds(1)
    assert here.held == {"b"}
    for instance in (here, there):
        instance.catalog.close()


def test_who_was_away_for_longer_than_records_are_kept_forgets_everything(make):
    here, there = make(), make()
    there.catalog.put([image("a")])
    here.pass_seconds(WINDOW_SECONDS + 1)
    here.holds("a", "b", "c")
    there.catalog.put([image("b")])
    there.catalog.put([image("c")])
    later = datetime.now(UTC) + timedelta(hours=25)
    assert there.catalog.drop_changes(later, 500) == 3
    here.changes.poll()
    assert here.held == set()
    here.holds("a", "b", "c").pass_seconds(2)
    there.catalog.put([image("a")])
    here.pass_seconds(1)
    assert here.held == {"b", "c"}


def test_a_database_that_was_restored_to_an_earlier_state_makes_all_be_forgotten(make, url, mariadb):
    here, there = make(), make()
    there.catalog.put([image("a")])
    here.pass_seconds(WINDOW_SECONDS + 1)
    here.holds("a", "b", "c")
    with there.catalog._writer.begin() as connection:
        connection.exec_driver_sql("DELETE FROM changes WHERE id > 1")
    here.changes.poll()
    assert here.held == set()


def test_the_removal_of_old_records_makes_nobody_forget_anything(make):
    here, there = make(), make()
    for _ in range(3):
        there.catalog.put([image("a")])
    here.pass_seconds(WINDOW_SECONDS + 1)
    here.holds("a", "b")
    later = datetime.now(UTC) + timedelta(hours=25)
    while there.catalog.drop_changes(later, 1):
        here.pass_seconds(1)
    assert len(here.catalog.changes(0, 10)) == 1
    assert here.held == {"a", "b"}


def test_a_backlog_is_read_in_batches_and_one_that_is_too_long_not_at_all(make, monkeypatch):
    monkeypatch.setattr(changes, "_A_BATCH", 3)
    monkeypatch.setattr(changes, "_MOST_BATCHES", 4)
    here, there = make(), make()
    there.catalog.put([image(f"other/{number}") for number in range(8)] + [image("a")])
    here.holds("a", "b").changes.poll()
    assert here.held == {"b"}
    there.catalog.put([image(f"other/{number}") for number in range(12)])
    here.changes.poll()
    assert here.held == set()


def test_after_a_flood_of_changes_all_is_forgotten_once_and_not_at_every_poll(make, monkeypatch):
    monkeypatch.setattr(changes, "_A_BATCH", 3)
    monkeypatch.setattr(changes, "_MOST_BATCHES", 4)
    here, there = make(), make()
    there.catalog.put([image(f"other/{number}") for number in range(30)])
    here.changes.poll()
    late = make()  # began just after it
    for instance in (here, late):
        instance.holds("a", "b", "c").changes.poll()
        assert instance.held == {"a", "b", "c"}
    there.catalog.put([image("b")])
    for instance in (here, late):
        instance.changes.poll()
        assert instance.held == {"a", "c"}


# --- the window, by itself -------------------------------------------------------------------------------------------

RECORDS = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 28)), min_size=1, max_size=30)


@given(records=RECORDS, poll_each=st.floats(0.5, 7))
def test_every_record_committed_within_half_a_minute_is_taken_exactly_once(records, poll_each):
    written = sorted(records)
    seen_at = {Change(1 + n, str(n)): begun + lasted for n, (begun, lasted) in enumerate(written)}
    window, taken, now = Window(Change(0, "")), [], 0.0
    while now < 90:
        now += poll_each
        visible = [Change(0, ""), *(change for change, when in seen_at.items() if when <= now)]
        taken += window.take(now, [change for change in visible if change.id >= window.first.id])
    assert sorted(taken, key=lambda change: change.id) == list(seen_at)
    assert len(window._seen) == 1


# --- trust -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path, monkeypatch):
    instance = Instance(f"sqlite:///{tmp_path}/images.db")

    def fail(*_):
        raise StoreUnavailable("it does not answer")

    instance.away = lambda: monkeypatch.setattr(instance.catalog, "changes", fail)
    instance.back = monkeypatch.undo
    yield instance
    instance.catalog.close()


def test_while_polls_succeed_the_cache_is_current(here):
    here.pass_seconds(10)
    here.now += LATE_SECONDS
    assert here.changes.trust() is Trust.CURRENT


def test_with_the_first_poll_that_fails_it_is_stale_and_after_a_time_lost(here):
    here.away()
    here.changes.poll()
    assert here.changes.trust() is Trust.STALE
    here.now += STALE_SECONDS
    assert here.changes.trust() is Trust.STALE
    here.now += 1
    assert here.changes.trust() is Trust.LOST
    here.back()
    here.changes.poll()
    assert here.changes.trust() is Trust.CURRENT


def test_a_poll_that_does_not_come_back_makes_it_stale_too(here):
    here.now += LATE_SECONDS + 1
    assert here.changes.trust() is Trust.STALE


def test_an_outage_is_logged_once_and_its_end_too(here, caplog):
    caplog.set_level("INFO", "image_service.changes")
    here.away()
    here.pass_seconds(5)
    here.back()
    here.pass_seconds(2)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_what_happened_during_an_outage_is_caught_up_with(here, tmp_path):
    there = Catalog(f"sqlite:///{tmp_path}/images.db")
    here.holds("a", "b").away()
    here.pass_seconds(120)
    there.put([image("a")])
    here.back()
    here.pass_seconds(1)
    assert here.held == {"b"}
    there.close()
