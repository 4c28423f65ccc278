"""The memory cache: rows beside bytes, the races around an invalidation, and what an entry really costs."""

import threading
import tracemalloc
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from cache.ledger import ENTRY_OVERHEAD_BYTES
from cache.memory import MemoryCache, Put
from cache.policies import POLICIES

MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    object_id: str


def keep(cache, key, object_id="object", width=0, body=b"bytes", generation=None):
    generation = cache.generation(key) if generation is None else generation
    return cache.put(key, generation, Row(object_id), width, body, len(body))


def test_a_body_is_found_under_its_object_and_its_row_under_its_key():
    cache = MemoryCache("lru", MIB)
    assert keep(cache, "a") is Put.STORED
    assert cache.row("a") == Row("object")
    assert cache.get("object", 0) == cache.peek("object", 0) == b"bytes"
    assert cache.get("object", 160) is None
    assert cache.usage().items == 1
    assert cache.usage().size_bytes == 5 + ENTRY_OVERHEAD_BYTES


def test_a_row_leaves_with_the_last_body_of_its_object():
    cache = MemoryCache("lru", 2 * (ENTRY_OVERHEAD_BYTES + 5))
    keep(cache, "a", width=0)
    keep(cache, "a", width=160)
    keep(cache, "b", "other")
    assert cache.row("a") is not None
    keep(cache, "c", "third")
    assert cache.row("a") is None
    assert cache.usage().evictions == 2


def test_invalidating_forgets_every_size_of_an_image_and_counts_no_eviction():
    cache = MemoryCache("lru", MIB)
    keep(cache, "a", width=0)
    keep(cache, "a", width=160)
    keep(cache, "b", "other")
    cache.invalidate("a")
    assert cache.row("a") is None
    assert cache.get("object", 0) is None
    assert cache.get("other", 0) == b"bytes"
    assert (cache.usage().items, cache.usage().evictions) == (1, 0)


def test_a_fill_whose_row_was_read_before_an_invalidation_is_not_kept():
    cache = MemoryCache("lru", MIB)
    generation = cache.generation("a")
    cache.invalidate("a")
    assert keep(cache, "a", generation=generation) is Put.STALE
    assert cache.row("a") is None
    assert cache.usage().items == 0


def test_a_row_of_another_object_takes_the_place_of_the_old_one_with_its_bytes():
    cache = MemoryCache("lru", MIB)
    keep(cache, "a", "old", width=0)
    keep(cache, "a", "old", width=160)
    keep(cache, "a", "new", width=0)
    assert cache.row("a") == Row("new")
    assert cache.get("old", 160) is None
    assert cache.usage().items == 1


def test_what_is_too_large_is_not_kept_and_said_so():
    cache = MemoryCache("lru", 65_536)
    assert keep(cache, "a", body=bytes(65_536)) is Put.TOO_LARGE
    assert cache.row("a") is None


def test_a_peek_is_no_use():
    cache = MemoryCache("lru", 2 * (ENTRY_OVERHEAD_BYTES + 5))
    keep(cache, "a", "a")
    keep(cache, "b", "b")
    cache.peek("a", 0)
    keep(cache, "c", "c")
    assert cache.peek("a", 0) is None
    assert cache.peek("b", 0) == b"bytes"


def test_clearing_forgets_everything():
    cache = MemoryCache("random", MIB)
    for key in "abc":
        keep(cache, key, key)
    cache.clear()
    assert (cache.usage().items, cache.usage().size_bytes) == (0, 0)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_new_policy_and_a_smaller_capacity_keep_what_fits(policy):
    cache = MemoryCache("lru", MIB)
    for number in range(200):
        keep(cache, str(number), str(number))
    cache.reconfigure(policy, 150 * (ENTRY_OVERHEAD_BYTES + 5))
    while cache.settle():
        pass
    usage = cache.usage()
    assert (usage.items, usage.evictions) == (150, 50)
    assert usage.size_bytes == usage.capacity_bytes == 150 * (ENTRY_OVERHEAD_BYTES + 5)


@pytest.mark.parametrize("policy", POLICIES)
def test_many_threads_never_see_the_size_above_the_capacity_nor_the_bytes_of_another_image(policy):
    cache = MemoryCache(policy, 40 * (ENTRY_OVERHEAD_BYTES + 5))
    wrong = []

    def work(seed):
        for step in range(2000):
            name = str((step * 7 + seed * 13) % 90)
            body = cache.get(name, 0)
            if body is None:
                keep(cache, name, name, body=name.encode())
            elif body != name.encode():
                wrong.append(body)
            if step % 50 == 0:
                cache.invalidate(name)
            if step % 500 == seed:
                cache.reconfigure(policy, (20 + step % 30) * (ENTRY_OVERHEAD_BYTES + 5))
            if step % 10 == 0:
                cache.settle()
            usage = cache.usage()
            if usage.size_bytes > usage.capacity_bytes:
                wrong.append(usage)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    cache.clear()
    assert cache.usage().size_bytes == 0
    assert cache.row("1") is None


@pytest.mark.parametrize("policy", POLICIES)
def test_an_entry_never_costs_more_than_the_stated_overhead(policy):
    from image_service.image import Image
    from image_service.images import Body

    def entry(number):
        key = f"{number:06d}" + "ä" * 124  # 254 bytes, and two a character in memory
        now = datetime.now(UTC)
        etag = uuid.uuid4().hex * 2
        row = Image(key, uuid.uuid4().hex, "image/jpeg", 10**6 + number, 4000, 3000, etag, now, now)
        return key, row, Body(bytes(1), uuid.uuid4().hex * 2, "image/jpeg", 4000, 3000)

    cache = MemoryCache(policy, 1 << 40)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(5000):
            key, row, body = entry(number)
            cache.put(key, cache.generation(key), row, 0, body, 1)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 5000 < ENTRY_OVERHEAD_BYTES
