"""The requests of all who share a Redis come to the one who reads, and what gets lost is told."""

import pytest

from cache.redis_line import Line
from cache.redis_records import RedisRecords
from cache.whatif.hashes import everywhere
from cache.whatif.records import (
    CLEARED,
    COLLAPSED,
    CONFIGURED,
    HIT,
    KIND_BITS,
    KIND_MASK,
    MINUTE_ENDED,
    MISS,
    SHED,
    numbers,
)
from cache.whatif.sizes import in_redis
from cache.whatif.tap import Entry, Tap
from image_service.packing import HEAD_BYTES
from tests.processes import wait_until

SECONDS = 30


@pytest.fixture
def joined(redis):
    """Makes one who shares that Redis; ``one.is_reader`` may be changed."""
    made = []

    def join(reads=False, database=0):
        line = Line(f"redis://127.0.0.1:{redis.port}/{database}", 1.0)
        one = RedisRecords(line, line.listener(), lambda: one.is_reader, database)
        one.is_reader, one.line = reads, line
        one.read()
        made.append(one)
        return one

    yield join
    for one in made:
        one.close()
        one.line.close()


def some(*outcomes, more=()):
    """Records of requests with these outcomes, ten bytes each, and of what else a tap may be told."""
    tap = Tap(hashed=everywhere)
    for number, outcome in enumerate(outcomes):
        tap.request(Entry(f"k{number}", "object"), 10, outcome)
    for tell in more:
        tell(tap)
    return tap.take(1 << 20)


def kinds(records):
    return [third & KIND_MASK for third in numbers(records)[2::3]]


def read(one, count):
    """At least so many records, as they come in."""
    records = bytearray()

    def there():
        records.extend(one.read())
        return len(kinds(bytes(records))) >= count

    wait_until(there, SECONDS, f"{count} records")
    return bytes(records)


def test_who_reads_gets_the_records_of_all_and_its_own(joined):
    reader, other = joined(reads=True), joined()
    reader.publish(some(HIT, MISS))
    other.publish(some(MISS, COLLAPSED))
    assert sorted(kinds(read(reader, 4))) == sorted([HIT, MISS, MISS, COLLAPSED])
    assert other.read() == b""


def test_minutes_and_settings_are_the_readers_own_to_say(joined):
    control = (
        lambda tap: tap.minute_ended(60),
        lambda tap: tap.configured(0, 1 << 20),
        lambda tap: tap.cleared(),
    )
    reader, other = joined(reads=True), joined()
    other.publish(some(HIT, more=control))
    assert kinds(read(reader, 2)) == [HIT, CLEARED]
    reader.publish(some(HIT, more=control))
    assert kinds(read(reader, 4)) == [HIT, MINUTE_ENDED, CONFIGURED, CLEARED]


def test_the_readers_own_minutes_and_settings_need_no_redis(joined):
    reader = joined(reads=True)
    reader._line = Line("redis://127.0.0.1:1/0", 0.05)
    reader.publish(some(HIT, more=[lambda tap: tap.minute_ended(60), lambda tap: tap.configured(0, 1 << 20)]))
    assert kinds(read(reader, 3)) == [HIT, MINUTE_ENDED, CONFIGURED]


def test_who_shares_another_database_of_the_same_server_is_not_heard(joined):
    reader, other, stranger = joined(reads=True), joined(), joined(database=1)
    stranger.publish(some(MISS))
    stranger.tell({"start": 60, "reasons": {"cold": 9}})
    other.publish(some(HIT))
    assert kinds(read(reader, 1)) == [HIT]
    assert reader.heard() == []


def test_what_was_lost_on_the_way_is_told_as_shed(joined, redis):
    reader, other = joined(reads=True), joined()
    other.publish(some(HIT))
    read(reader, 1)
    redis.client().client_kill_filter(_type="pubsub")
    other.publish(some(HIT, MISS, MISS))  # to nobody
    told = bytearray()

    def there():
        told.extend(reader.read())
        other.publish(some(HIT))
        return HIT in kinds(bytes(told))

    wait_until(there, SECONDS, "records after the break")
    records = numbers(bytes(told))
    lost = {records[place + 2]: records[place] for place in range(0, len(records), 3)}
    assert lost[MISS << KIND_BITS | SHED] == 2
    assert lost[HIT << KIND_BITS | SHED] >= 1


def test_what_could_not_be_published_is_told_as_shed(joined):
    reader, other = joined(reads=True), joined()
    other.publish(some(HIT))
    read(reader, 1)
    line, other._line = other._line, Line("redis://127.0.0.1:1/0", 0.05)
    other.publish(some(HIT, MISS, MISS))
    other._line = line
    other.publish(some(COLLAPSED))
    records = numbers(read(reader, 3))
    told = [tuple(records[place : place + 3]) for place in range(0, len(records), 3)]
    assert told[:2] == [(1, 10, HIT << KIND_BITS | SHED), (2, 20, MISS << KIND_BITS | SHED)]


def test_another_may_read_from_one_moment_to_the_next(joined):
    first, second = joined(reads=True), joined()
    first.is_reader, second.is_reader = False, True
    assert second.read() == first.read() == b""
    first.publish(some(HIT))
    assert kinds(read(second, 1)) == [HIT]
    assert first.read() == b""


def test_what_is_told_of_a_minute_comes_to_all(joined):
    reader, other = joined(reads=True), joined()
    reader.tell({"start": 60, "reasons": {"cold": 3}})
    for one in (reader, other):
        heard = []
        wait_until(lambda one=one, heard=heard: one.read() or heard.extend(one.heard()) or heard, SECONDS, "the word")
        assert heard == [{"start": 60, "reasons": {"cold": 3}}]


def test_hashes_are_the_same_in_every_process():
    assert everywhere("holiday/beach.jpg") == 2322062560564955086


def test_an_entry_is_taken_for_as_much_as_it_takes_up(redis):
    client = redis.client()
    before, expected = redis.info()["used_memory"], 0
    for number in range(2000):
        payload_bytes = 500 + 13 * number
        client.set(f"hitrate:{number:032x}:160", bytes(payload_bytes + HEAD_BYTES))
        expected += in_redis(payload_bytes)
    taken = redis.info()["used_memory"] - before
    assert abs(taken - expected) < 0.02 * taken
