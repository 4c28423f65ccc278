"""The cache in Redis, against a real one: who may set it up, who reports it, and what is kept of a row."""

import hashlib
import time
import uuid
from dataclasses import dataclass

import pytest

from cache.cache import Put, Rubbish, Unsuitable
from cache.caches import check_url
from cache.config import MIB
from cache.redis_cache import RedisCache, entry_name
from cache.redis_info import BUFFERS_BYTES
from cache.redis_lease import HELD_MILLISECONDS, Lease
from cache.redis_line import EngineSilent, Line
from cache.redis_url import read_url
from cache.rows import Rows
from image_service.body import Body
from image_service.packing import HEAD_BYTES, Packing

PACKING = Packing((0, 160))
VERSION = (7, 0, 15)


@dataclass(frozen=True)
class Row:
    object_id: str


def body_of(data=b"bytes", content_type="image/webp"):
    return Body(data, hashlib.sha256(data).hexdigest(), content_type, 3, 4)


def keep(cache, key, body=None, width=0, generation=None, object_id=None):
    """The row that it was kept under."""
    row = Row(object_id or uuid.uuid4().hex)
    body = body or body_of()
    generation = cache.generation(key) if generation is None else generation
    assert cache.put(key, generation, row, width, body, len(body.data)) is Put.STORED
    return row


@pytest.fixture
def opened(redis):
    """Opens caches on that Redis: ``opened(manage=1)``."""
    caches = []

    def opened(url=None, find=lambda key: None, clock=time.time, **options):
        caches.append(RedisCache(url or redis.url(**options), PACKING, find, clock=clock))
        return caches[-1]

    yield opened
    for cache in caches:
        cache.close()


# --- entries and rows ----------------------------------------------------------------------------------------------


def test_a_body_is_found_under_its_object_by_everybody_and_its_row_by_who_learned_it(opened):
    one, other = opened(), opened()
    row = keep(one, "a")
    assert one.row("a") == row
    assert other.row("a") is None
    assert one.get(row.object_id, 0) == other.get(row.object_id, 0) == body_of()
    assert one.get(row.object_id, 160) is None
    assert other.learn("a", other.generation("a"), row)
    assert other.row("a") == row


def test_a_row_read_before_an_invalidation_is_not_kept(opened):
    cache = opened()
    generation = cache.generation("a")
    cache.invalidate("a")
    assert cache.put("a", generation, Row(uuid.uuid4().hex), 0, body_of(), 5) is Put.STALE
    assert not cache.learn("a", generation, Row(uuid.uuid4().hex))
    assert cache.row("a") is None


def test_invalidating_frees_every_size_of_an_image(opened, redis):
    cache = opened()
    row = keep(cache, "a")
    keep(cache, "a", width=160, object_id=row.object_id)
    assert redis.client().exists(entry_name(row.object_id, 0), entry_name(row.object_id, 160)) == 2
    cache.invalidate("a")
    assert redis.client().exists(entry_name(row.object_id, 0), entry_name(row.object_id, 160)) == 0


def test_a_purge_finds_the_object_of_a_key_that_this_process_never_saw(opened):
    row = keep(opened(), "a")
    cache = opened(find={"a": row}.get)
    cache.purge("a")
    assert cache.get(row.object_id, 0) is None


def test_clearing_leaves_what_others_keep_in_the_same_redis(opened, redis):
    redis.client().set("theirs", "1")
    cache = opened()
    rows = [keep(cache, f"k{number}") for number in range(1100)]
    cache.clear()
    assert all(cache.get(row.object_id, 0) is None for row in rows[::100])
    assert cache.row("k5") is None
    assert redis.client().get("theirs") == b"1"


def test_what_is_bigger_than_all_is_not_kept(opened):
    cache = opened(manage=1)
    cache.reconfigure("lru", MIB)
    data = bytes(MIB)
    assert cache.put("a", cache.generation("a"), Row(uuid.uuid4().hex), 0, body_of(data), MIB) is Put.TOO_LARGE


def test_a_body_of_many_megabytes_comes_back_whole(opened):
    cache = opened()
    body = body_of(b"0123456789" * 1_000_000)
    assert cache.get(keep(cache, "a", body).object_id, 0) == body


def test_rows_are_bounded():
    rows = Rows(most=3)
    for number in range(5):
        assert rows.learn(f"k{number}", rows.generation(f"k{number}"), Row(str(number)))
    assert [rows.get(f"k{number}") is None for number in range(5)] == [True, True, False, False, False]


OBJECT = "00112233445566778899aabbccddeeff"
GOOD = PACKING.pack(OBJECT, 160, body_of(b"x" * 100, "image/jpeg"))


def test_a_packed_body_is_the_same_again():
    assert PACKING.unpack(OBJECT, 160, GOOD) == body_of(b"x" * 100, "image/jpeg")


@pytest.mark.parametrize("place", range(0, len(GOOD), 7))
def test_no_changed_byte_goes_unnoticed(place):
    spoilt = bytearray(GOOD)
    spoilt[place] ^= 1
    with pytest.raises(Rubbish):
        PACKING.unpack(OBJECT, 160, bytes(spoilt))


@pytest.mark.parametrize("data", [b"", b"x", GOOD[:-1], GOOD + b"x", GOOD[:HEAD_BYTES], b"\x80\x04N."])
def test_what_is_cut_long_or_of_somebody_else_is_rubbish(data):
    with pytest.raises(Rubbish):
        PACKING.unpack(OBJECT, 160, data)


@pytest.mark.parametrize(("object_id", "width"), [("ff" + OBJECT[2:], 160), (OBJECT, 0)])
def test_an_entry_under_the_name_of_another_is_rubbish(object_id, width):
    with pytest.raises(Rubbish):
        PACKING.unpack(object_id, width, GOOD)


# --- who may set it up -----------------------------------------------------------------------------------------------


def set_up(redis):
    info = redis.info()
    return info["maxmemory_policy"], info["maxmemory"]


def test_with_manage_policy_and_capacity_are_ours(opened, redis):
    cache = opened(manage=1)
    cache.reconfigure("random", 5 * MIB)
    policy, max_bytes = set_up(redis)
    assert policy == "allkeys-random"
    info = redis.info()
    beside = info["used_memory_startup"] + info["mem_clients_normal"] + BUFFERS_BYTES
    assert 5 * MIB <= max_bytes - beside <= 6 * MIB
    applied = cache.applied()
    assert (applied.policy, applied.capacity_bytes, applied.fixed) == ("random", 5 * MIB, "")


def test_without_manage_they_are_the_servers(opened, redis):
    cache = opened()
    cache.reconfigure("gdsf", 5 * MIB)
    assert set_up(redis) == ("noeviction", 0)
    assert cache.applied().policy == "noeviction"
    assert "manage=1" in cache.applied().fixed


def test_a_policy_that_redis_does_not_have_is_refused_in_words(opened):
    with pytest.raises(Unsuitable, match="evicts by lru, random, lfu, not by sieve"):
        opened(manage=1).reconfigure("sieve", MIB)


@pytest.mark.parametrize("database", [0, 3])
def test_keys_of_somebody_else_keep_us_from_changing_anything(opened, redis, database):
    client = redis.client()
    client.select(database)
    client.set("session:1", "theirs")
    cache = opened(manage=1)
    cache.reconfigure("lru", 5 * MIB)
    assert set_up(redis) == ("noeviction", 0)
    assert "somebody else" in cache.applied().fixed


def test_an_engine_that_refuses_config_keeps_its_settings_and_works(opened, redis):
    client = redis.client()
    client.execute_command("ACL", "SETUSER", "tenant", "reset", "on", ">secret", "~*", "+@all", "-config")
    url = redis.url(manage=1).replace("redis://", "redis://tenant:secret@")
    cache = opened(url)
    cache.reconfigure("lru", 5 * MIB)
    assert set_up(redis) == ("noeviction", 0)
    assert "managed" in cache.applied().fixed
    row = keep(cache, "a")
    assert cache.get(row.object_id, 0) == body_of()


def test_more_than_most_of_its_machines_memory_is_not_given_to_it(opened, redis):
    cache = opened(manage=1)
    cache.reconfigure("lru", 1 << 40)
    memory_bytes = redis.info()["total_system_memory"]
    assert cache.applied().capacity_bytes == cache.applied().most_bytes == int(memory_bytes * 0.7)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://", "host"),
        ("unix://", "path"),
        ("redis://h/first", "database"),
        ("redis://h/0?manage=2", "manage"),
        ("redis://h/0?timeout_milliseconds=0", "timeout_milliseconds"),
        ("redis://h/0?password_of=hunter2", "password_of"),
        ("memcached://h", "memcached"),
    ],
)
def test_a_url_that_does_not_hold_is_refused_in_words(url, told):
    with pytest.raises(ValueError, match=told) as refused:
        check_url(url)
    assert "hunter2" not in str(refused.value)


def test_a_url_may_name_a_socket_and_an_address_with_tls():
    socket = read_url("unix:///run/redis.sock?db=2&manage=1")
    assert (socket.url, socket.database, socket.manage) == ("unix:///run/redis.sock?db=2", 2, True)
    tls = read_url("rediss://user:word@host:6380/1?timeout_milliseconds=50")
    assert (tls.url, tls.timeout_milliseconds) == ("rediss://user:word@host:6380/1", 50)


def test_it_answers_on_a_socket(opened, redis):
    cache = opened(f"unix://{redis.socket}?timeout_milliseconds=1000")
    assert cache.get(keep(cache, "a").object_id, 0) == body_of()


# --- who reports it --------------------------------------------------------------------------------------------------


def seen(cache: RedisCache):
    cache.watch()
    return cache.usage()


def test_one_of_those_who_share_it_reports_it(opened):
    caches = [opened(manage=1) for _ in range(3)]
    for cache in caches:
        cache.reconfigure("lru", 5 * MIB)
        cache.watch()
    keep(caches[1], "a")
    usages = [seen(cache) for cache in caches]
    assert [usage.items for usage in usages] == [1, 0, 0]
    assert [usage.capacity_bytes for usage in usages] == [5 * MIB, 0, 0]


def expires(redis):
    redis.client().delete("hitrate:lease")


def test_another_reports_it_when_the_first_is_gone_and_no_eviction_is_lost_or_told_twice(opened, redis):
    now = [1200.0]
    first, second = (opened(manage=1, clock=lambda: now[0]) for _ in range(2))
    for cache in (first, second):
        cache.reconfigure("lru", MIB)
        cache.watch()
    fill(first)
    told = seen(first).evictions
    assert told > 0
    assert seen(second).evictions == 0
    fill(second)
    expires(redis)
    now[0] += 60
    assert seen(second).items > 0
    assert seen(first).items == 0
    assert told + seen(second).evictions == int(redis.client().get("hitrate:evicted"))


def test_an_answer_that_came_too_late_loses_no_eviction(redis):
    line = LateLine(f"redis://127.0.0.1:{redis.port}/0", 1)
    lease = Lease(line)
    lease.take(100, VERSION, now=1200.0)
    lease.take(103, VERSION, now=1201.0)
    line.late = True
    with pytest.raises(EngineSilent):
        lease.take(110, VERSION, now=1202.0)
    line.late = False
    lease.take(112, VERSION, now=1203.0)
    assert lease.evictions == 12
    line.close()


def test_a_lease_that_was_evicted_goes_back_to_who_had_it(redis):
    line = Line(f"redis://127.0.0.1:{redis.port}/0", 1)
    first, second = Lease(line), Lease(line)
    for lease in (first, second):
        lease.take(100, VERSION, now=1200.0)
    expires(redis)
    second.take(100, VERSION, now=1201.0)
    assert not second.held
    first.take(101, VERSION, now=1201.5)
    assert (first.held, first.evictions) == (True, 1)
    expires(redis)
    second.take(103, VERSION, now=1206.5)
    assert (second.held, second.evictions) == (True, 2)
    line.close()


def test_a_lease_that_somebody_wrote_without_an_end_is_given_one(redis):
    line = Line(f"redis://127.0.0.1:{redis.port}/0", 1)
    redis.client().set("hitrate:lease", 7)
    lease = Lease(line)
    lease.take(100, VERSION, now=1200.0)
    assert not lease.held
    assert 0 < redis.client().pttl("hitrate:lease") <= HELD_MILLISECONDS
    left = redis.client().pttl("hitrate:lease")
    lease.take(100, VERSION, now=1201.0)
    assert redis.client().pttl("hitrate:lease") <= left  # it is given that once
    line.close()


def test_a_look_from_before_the_last_is_no_count_that_began_anew(redis):
    line = Line(f"redis://127.0.0.1:{redis.port}/0", 1)
    first, second = Lease(line), Lease(line)
    second.take(4990, VERSION, now=1200.0)
    expires(redis)
    first.take(5005, VERSION, now=1201.0)
    expires(redis)
    second.take(5000, VERSION, now=1202.0)
    second.take(5007, VERSION, now=1203.0)
    assert first.evictions + second.evictions == 17
    second.take(3, VERSION, now=1204.0)
    assert second.evictions + first.evictions == 20
    line.close()


class LateLine(Line):
    """While it is late its commands arrive, and their answers do not."""

    late = False

    def look(self, *command):
        answer = super().look(*command)
        if self.late:
            raise EngineSilent("it does not answer in time")
        return answer


def test_who_takes_over_leaves_out_the_minute_that_the_other_had_begun_to_report(opened, redis):
    now = [1200.0]
    first, second = (opened(manage=1, clock=lambda: now[0]) for _ in range(2))
    keep(first, "a")
    assert seen(first).items == 1
    expires(redis)
    now[0] = 1230.0
    assert seen(second).items == seen(first).items == 0
    now[0] = 1259.9
    assert seen(second).items == 0
    now[0] = 1260.0
    assert seen(second).items == 1


def test_who_takes_it_again_goes_on_with_its_own_minute(opened, redis):
    now = [1200.0]
    cache = opened(manage=1, clock=lambda: now[0])
    keep(cache, "a")
    assert seen(cache).items == 1
    expires(redis)
    now[0] = 1230.0
    assert seen(cache).items == 1


def fill(cache):
    for number in range(200):
        keep(cache, f"k{number}", body_of(bytes(20_000)))


def test_looking_counts_as_no_hit_and_no_miss(opened, redis):
    caches = [opened(manage=1) for _ in range(2)]
    for cache in caches * 3:
        seen(cache)
    info = redis.info()
    assert (info["keyspace_hits"], info["keyspace_misses"]) == (0, 0)


def test_rubbish_in_place_of_the_lease_is_put_right(opened, redis):
    cache = opened(manage=1)
    redis.client().set("hitrate:lease", "x")
    redis.client().set("hitrate:evicted", "y")
    keep(cache, "a")
    assert seen(cache).items == 1


def test_rubbish_in_place_of_what_was_told_does_not_tell_all_evictions_again(redis):
    line = Line(f"redis://127.0.0.1:{redis.port}/0", 1)
    other, lease = Lease(line), Lease(line)
    other.take(500, VERSION, now=1200.0)
    lease.take(500, VERSION, now=1200.0)
    redis.client().set("hitrate:lease", "x")
    redis.client().set("hitrate:evicted", "y")
    lease.take(503, VERSION, now=1201.0)
    assert (lease.held, lease.evictions) == (True, 3)
    line.close()


def test_while_it_is_full_and_evicts_nothing_it_is_reported_all_the_same(opened, redis):
    cache = opened()
    seen(cache)
    redis.client().config_set("maxmemory", 1 << 20)
    assert cache.put("a", cache.generation("a"), Row(uuid.uuid4().hex), 0, body_of(bytes(2000)), 2000) is Put.FAILED
    assert seen(cache).capacity_bytes == 0
    assert seen(cache).failures == 1
    assert cache.applied().problem == "it is full and evicts nothing"
