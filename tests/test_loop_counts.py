"""Ten thousand requests over HTTP: what a reference cache gives is what the service gives, to the last request."""

import statistics
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image

from cache.config import edited
from metrics.channels import open_channel
from tests import reference_caches
from tests.asking import Client, small_images, zipf
from tests.processes import wait_until

REQUESTS = 10_000
CAPACITY_BYTES = 300_000
SIMULATIONS = 40
# Of a sound cache 3 sigma refuses one run in 370, which would be one red build in 370; 4.5 refuses one in 147,000.
SIGMAS = 4.5


@pytest.fixture(scope="module")
def images():
    return small_images(120)


@pytest.fixture(scope="module")
def sizes(images):
    return {key: len(data) for key, data in images.items()}


@pytest.fixture
def loaded(start_service, images):
    """Starts a service that holds the images, and whose cache follows this policy."""

    def start(policy):
        service = start_service()
        channel = open_channel(f"sqlite:///{service.data_dir / 'channel.db'}")
        change = {"policy": policy, "capacity_bytes": CAPACITY_BYTES}
        channel.publish(edited(channel.newest(), change, now=datetime.now(UTC)))
        wait_until(lambda: any(said.version == 1 for said in channel.announcements()), what="the edit to be in force")
        client = Client(service.url)
        for key, data in images.items():
            assert client.put(key, data).status == 201
        return service, client, channel

    return start


def reported(service, channel):
    """The sums of all that the service counted, and its last gauges; it is ended, and so sends its open minute."""
    assert service.terminate() == 0
    minutes = [minute for minute in channel.minutes(0, 2**40) if minute.instance == service.settings["INSTANCE"]]
    assert all(minute.values["size_bytes"] <= minute.values["capacity_bytes"] for minute in minutes)
    assert all(sum(minute.latency.values()) == minute.values["requests"] for minute in minutes)
    counts = {name: sum(minute.values[name] for minute in minutes) for name in minutes[-1].values}
    return counts, minutes[-1].values


def test_lru_answers_every_request_as_the_reference_does(loaded, images, sizes):
    service, client, channel = loaded("lru")
    reference = reference_caches.lru(CAPACITY_BYTES)
    requests = zipf(list(images), REQUESTS)
    bytes_missed = 0
    for number, key in enumerate(requests):
        answer = client.get(key)
        expected = reference.ask(key, sizes[key])
        assert (answer.status, answer.hit) == (200, expected), f"request {number} of {key}"
        bytes_missed += 0 if expected else sizes[key]
        if number % 500 == 0:
            assert answer.body == images[key]
    counts, gauges = reported(service, channel)
    assert counts["requests"] == REQUESTS
    assert counts["hits"] + counts["misses"] == REQUESTS
    assert counts["bytes_served"] == sum(sizes[key] for key in requests)
    assert counts["bytes_missed"] == counts["origin_bytes"] == bytes_missed
    assert counts["misses"] == counts["origin_reads"]
    assert counts["evictions"] == reference.evictions == counts["misses"] - len(reference.held)
    assert gauges["items"] == len(reference.held)
    assert gauges["size_bytes"] == reference.size_bytes
    assert counts["uploads"] == len(images)
    assert counts["errors"] == counts["not_found"] == counts["collapsed"] == counts["too_large"] == 0


def test_random_replacement_hits_as_often_as_it_should(loaded, images, sizes):
    service, client, channel = loaded("random")
    requests = zipf(list(images), REQUESTS // 3, seed=12)
    hits = sum(client.get(key).hit for key in requests)
    expected = [
        reference_caches.hits(reference_caches.random_replacement(CAPACITY_BYTES, seed), requests, sizes)
        for seed in range(SIMULATIONS)
    ]
    assert abs(hits - statistics.mean(expected)) <= SIGMAS * statistics.stdev(expected)
    counts, gauges = reported(service, channel)
    assert (counts["requests"], counts["hits"]) == (len(requests), hits)
    assert gauges["size_bytes"] <= CAPACITY_BYTES


def test_what_is_larger_than_the_whole_cache_is_served_and_not_kept(start_service):
    service = start_service()
    channel = open_channel(f"sqlite:///{service.data_dir / 'channel.db'}")
    channel.publish(edited(channel.newest(), {"capacity_bytes": 65_536}, now=datetime.now(UTC)))
    wait_until(lambda: any(said.version == 1 for said in channel.announcements()), what="the edit to be in force")
    out = BytesIO()
    Image.effect_noise((400, 400), 80).save(out, "PNG")
    assert len(out.getvalue()) > 65_536
    client = Client(service.url)
    client.put("large.png", out.getvalue())
    answers = [client.get("large.png") for _ in range(3)]
    assert [answer.headers["Cache-Status"] for answer in answers] == ["hitrate; fwd=miss"] * 3
    assert {answer.body for answer in answers} == {out.getvalue()}
    counts, gauges = reported(service, channel)
    assert (counts["misses"], counts["too_large"], gauges["items"]) == (3, 3, 0)
