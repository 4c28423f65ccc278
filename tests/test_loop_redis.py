"""The service with a Redis for its cache, as a process: what it counts is what Redis counted, and what goes wrong there
goes wrong nowhere else.
"""

import threading
from datetime import UTC, datetime

import pytest

from cache.config import MIB, edited
from cache.redis_lease import KEYS
from metrics.channels import open_channel
from tests.asking import Client, small_images, zipf
from tests.processes import wait_until

SECONDS = 30


@pytest.fixture(scope="module")
def images():
    return small_images(300)


@pytest.fixture
def service(start_service, redis, images):
    service = start_service(CACHE_URL=redis.url(manage=1))
    client = Client(service.url)
    for key, data in images.items():
        assert client.put(key, data).status == 201
    return service


def channel_of(service):
    return open_channel(f"sqlite:///{service.data_dir / 'channel.db'}")


def edit(service, **change):
    """Make an edit and wait until it is in force; what the instance then said."""
    channel = channel_of(service)
    document = edited(channel.newest(), change, now=datetime.now(UTC))
    channel.publish(document)
    return wait_until(lambda: said_of(channel, document.version), SECONDS, f"v{document.version} to be in force")


def said_of(channel, version):
    return next((said for said in channel.announcements() if version in (said.version, said.refused_version)), None)


def counted(service):
    """The sums of all that the service counted; it is ended, and so sends its open minute."""
    assert service.terminate() == 0
    minutes = channel_of(service).minutes(0, 2**40)
    return {name: sum(minute.values.get(name, 0) for minute in minutes) for name in minutes[-1].values}, minutes


def test_hits_and_evictions_are_those_that_redis_counted(service, redis, images):
    edit(service, capacity_bytes=MIB)
    client = Client(service.url)
    for key in zipf(list(images), 3000):
        answer = client.get(key)
        assert answer.status == 200
        assert answer.body == images[key]
    counts, minutes = counted(service)
    info = redis.info()
    assert counts["requests"] == 3000
    assert counts["hits"] == info["keyspace_hits"] > 0
    assert counts["misses"] == 3000 - counts["hits"] == counts["origin_reads"]
    # Every command makes Redis look whether it is over its limit: it may evict for the very one that asks.
    assert 0 <= info["evicted_keys"] - counts["evictions"] <= 5 < info["evicted_keys"]
    assert minutes[-1].values["items"] == info["db0"]["keys"] - len(KEYS)
    assert minutes[-1].values["capacity_bytes"] == MIB
    assert counts["cache_failures"] == counts["cache_rubbish"] == 0


def test_policy_and_capacity_change_while_it_runs(service, redis):
    said = edit(service, policy="lfu", capacity_bytes=3 * MIB)
    assert (said.engine, said.policy, said.capacity_bytes, said.fixed) == ("Redis", "lfu", 3 * MIB, "")
    info = redis.info()
    assert info["maxmemory_policy"] == "allkeys-lfu"
    assert 3 * MIB < info["maxmemory"] < 8 * MIB


def test_a_policy_that_redis_does_not_have_is_refused_and_changes_nothing(service, redis):
    said = edit(service, policy="gdsf", capacity_bytes=3 * MIB)
    assert (said.version, said.refused_version, said.policy) == (0, 1, "lru")
    assert "not by gdsf" in said.problem
    assert redis.info()["maxmemory_policy"] == "allkeys-lru"


def test_settings_come_back_with_a_redis_that_began_anew(service, redis):
    edit(service, policy="random", capacity_bytes=3 * MIB)
    redis.kill()
    redis.start()
    wait_until(lambda: redis.info()["maxmemory_policy"] == "allkeys-random", SECONDS, "the settings to be as they were")
    assert 3 * MIB < redis.info()["maxmemory"] < 8 * MIB


def test_what_was_cached_outlives_the_service(service, images):
    key = next(iter(images))
    assert not Client(service.url).get(key).hit
    service.restart()
    again = Client(service.url).get(key)
    assert again.hit
    assert again.body == images[key]


def test_clearing_the_cache_clears_it(service, images):
    key = next(iter(images))
    client = Client(service.url)
    client.get(key)
    assert client.get(key).hit
    edit(service, purge={"generation": 1})
    assert not client.get(key).hit
    edit(service, purge={"generation": 2, "keys": [key]})
    assert not client.get(key).hit


class Load(threading.Thread):
    """Asks for images, again and again; ``wrong`` holds each answer that was not the image."""

    def __init__(self, service, images, seed, count=100_000):
        super().__init__()
        self._client = Client(service.url, timeout=SECONDS)
        self._images = images
        self._keys = zipf(list(images), count, seed=seed)
        self._stopping = threading.Event()
        self.answered = 0
        self.wrong = []

    def run(self):
        for key in self._keys:
            if self._stopping.is_set():
                return
            answer = self._client.get(key)
            if answer.status != 200 or answer.body != self._images[key]:
                self.wrong.append((key, answer.status))
            self.answered += 1

    def stop(self):
        self._stopping.set()
        self.join()


@pytest.fixture
def load(service, images):
    threads = [Load(service, images, seed) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    yield threads
    for thread in threads:
        thread.stop()


def answers_go_on(load, count=200):
    """So many more answers from each, all of them right."""
    before = [thread.answered for thread in load]
    wait_until(
        lambda: all(thread.answered >= first + count for thread, first in zip(load, before, strict=True)),
        2 * SECONDS,
        "answers",
    )
    assert [thread.wrong for thread in load] == [[] for _ in load]


def killed(redis):
    redis.kill()
    return redis.start


def hung(redis):
    redis.hang()
    return redis.go_on


def full(redis):
    client = redis.client()
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1 << 20)
    return lambda: None  # the service sees to it by itself


def flushed(redis):
    redis.client().flushall()
    return lambda: None


def poisoned(redis):
    """Of the entries a third is cut short, a third another's, a third of another type."""
    client = redis.client()
    names = [name for name in client.keys("hitrate:*") if name.count(b":") == 2]
    for number, name in enumerate(names):
        data = client.get(name) or b""
        if number % 3 == 0:
            client.set(name, data[:-1])
        elif number % 3 == 1:
            client.set(name, client.get(names[number - 1]) or b"")
        else:
            client.delete(name)
            client.rpush(name, b"x")
    return lambda: None


@pytest.mark.parametrize("harm", [killed, hung, full, flushed, poisoned])
def test_every_answer_is_right_whatever_becomes_of_redis(service, redis, load, harm):
    answers_go_on(load)
    mend = harm(redis)
    answers_go_on(load)
    mend()
    answers_go_on(load)


@pytest.mark.parametrize(("harm", "told"), [(killed, "it can't be reached"), (hung, "it does not answer in time")])
def test_an_absent_redis_is_told_and_so_is_its_return(start_service, redis, images, harm, told):
    service = start_service(CACHE_URL=redis.url(manage=1, timeout_milliseconds=30))
    channel = channel_of(service)
    key, data = next(iter(images.items()))
    Client(service.url).put(key, data)
    mend = harm(redis)
    Client(service.url, timeout=SECONDS).get(key)
    wait_until(lambda: channel.announcements()[0].cache_problem == told, 2 * SECONDS, "the word that it is away")
    client = Client(service.url, timeout=SECONDS)
    wait_until(lambda: client.ask("GET", "/readyz").json()["state"] == "degraded", SECONDS, "readiness to tell")
    assert client.get(key).body == data
    mend()
    wait_until(lambda: channel.announcements()[0].cache_problem == "", 2 * SECONDS, "the word that it is back")
    wait_until(lambda: Client(service.url).get(key).hit, SECONDS, "a hit")
    counts, _ = counted(service)
    assert counts["cache_failures"] > 0
    assert counts["errors"] == 0


def test_rubbish_is_counted_and_thrown_away(service, redis, images):
    client = Client(service.url)
    for key in list(images)[:30]:
        client.get(key)
    poisoned(redis)
    for key, data in list(images.items())[:30]:
        assert client.get(key).body == data
    assert all(client.get(key).hit for key in list(images)[:30])
    counts, _ = counted(service)
    assert counts["cache_rubbish"] == 30


def test_a_redis_that_is_not_ours_to_set_stays_as_it_is(start_service, redis, images):
    redis.client().config_set("maxmemory", 8 * MIB)
    service = start_service(CACHE_URL=redis.url())
    said = edit(service, policy="random", capacity_bytes=3 * MIB)
    assert said.policy == "noeviction"
    assert 5 * MIB < said.capacity_bytes < 8 * MIB
    assert "manage=1" in said.fixed
    assert (redis.info()["maxmemory"], redis.info()["maxmemory_policy"]) == (8 * MIB, "noeviction")


def test_two_instances_count_one_cache_once_and_forget_what_the_other_replaced(
    start_service, redis, mariadb, seaweed, images
):
    shared = {"IMAGES_URL": seaweed.new_url(), "DATABASE_URL": mariadb.new_url(), **seaweed.environment()}
    first = start_service(CACHE_URL=redis.url(manage=1), **shared)
    second = start_service(first.data_dir, CACHE_URL=redis.url(manage=1), **shared)
    (key, old), (_, new) = list(images.items())[:2]
    Client(first.url).put(key, old)
    assert not Client(first.url).get(key).hit
    assert Client(second.url).get(key).hit
    Client(first.url).put(key, new)
    wait_until(lambda: Client(second.url).get(key).body == new, SECONDS, "the new image")
    # It may have read the new row before it was told of the change, and then lets the new image go once more.
    wait_until(lambda: Client(second.url).get(key).hit, SECONDS, "a hit")
    second.terminate()
    _, minutes = counted(first)
    gauges = {}
    for minute in minutes:
        gauges.setdefault(minute.time, []).append(minute.values["items"])
    assert all(sum(value > 0 for value in values) <= 1 for values in gauges.values())


def test_the_curve_is_of_the_requests_of_all_who_share_the_cache(start_service, redis, mariadb, seaweed, images):
    shared = {"IMAGES_URL": seaweed.new_url(), "DATABASE_URL": mariadb.new_url(), **seaweed.environment()}
    first = start_service(CACHE_URL=redis.url(manage=1), **shared)
    second = start_service(first.data_dir, CACHE_URL=redis.url(manage=1), **shared)
    clients = [Client(first.url), Client(second.url)]
    channel = channel_of(first)
    wait_until(lambda: redis.client().pubsub_numsub("hitrate:0:records")[0][1] == 1, SECONDS, "somebody to read")
    for key in list(images)[:20]:
        clients[0].put(key, images[key])
    for number, key in enumerate(list(images)[:20] * 10):
        assert clients[number % 2].get(key).status == 200
    assert second.terminate() == 0
    assert first.terminate() == 0
    curves = [curve for curve in channel.curves(0, 2**40) if curve.live.requests]
    assert sum(curve.live.requests for curve in curves) == 200
    assert sum(curve.infinite.hits for curve in curves) == 180
    assert {curve.instance for curve in curves} == {first.settings["INSTANCE"]}
    minutes = channel.minutes(0, 2**40)
    assert sum(minute.values["requests"] for minute in minutes) == 200


def test_four_workers_are_one_instance_and_count_every_request_once(start_service, redis, images):
    service = start_service(CACHE_URL=redis.url(manage=1), WORKERS=4)
    client = Client(service.url)
    few = dict(list(images.items())[:40])
    for key, data in few.items():
        assert client.put(key, data).status == 201
    said = edit(service, policy="lfu", capacity_bytes=5 * MIB)
    assert (said.policy, said.version) == ("lfu", 1) or wait_until(
        lambda: said_of(channel_of(service), 1).policy == "lfu", SECONDS, "the policy to be in force"
    )
    threads = [Load(service, few, seed, count=250) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [thread.wrong for thread in threads] == [[]] * 8
    counts, minutes = counted(service)
    info = redis.info()
    assert counts["requests"] == 2000
    assert counts["hits"] == info["keyspace_hits"]
    assert counts["hits"] + counts["misses"] == 2000
    assert counts["uploads"] == 40
    assert len({minute.instance for minute in minutes}) == 1
    assert minutes[-1].values["items"] == info["db0"]["keys"] - len(KEYS)


def test_memory_refuses_more_than_one_worker(start_service):
    with pytest.raises(AssertionError, match="a cache of its own"):
        start_service(WORKERS=2)
