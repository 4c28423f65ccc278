"""An edit made at the manager is in force in the service within seconds; a bad or a late one changes nothing."""

import json

import pytest

from tests.asking import Client, small_images
from tests.processes import wait_until


@pytest.fixture
def api(manager):
    return Client(manager.url)


def edit(api, change, **headers):
    body = change if isinstance(change, bytes) else json.dumps(change).encode()
    return api.ask("PUT", "/api/configuration", body, {"Content-Type": "application/json", **headers})


def in_force(api):
    """The version that the one instance says it runs on."""
    (instance,) = api.ask("GET", "/api/instances").json()["instances"]
    return instance["config_version"]


def newest(api):
    return api.ask("GET", "/api/configuration").json()


def test_an_edit_is_in_force_within_seconds(service, api):
    for change in ({"policy": "random"}, {"capacity_bytes": 65_536}, {"policy": "lru", "capacity_bytes": 50_000_000}):
        answer = edit(api, {**change, "author": "maria", "reason": "a try"})
        assert answer.status == 200
        document = answer.json()
        assert change.items() <= document.items()
        wait_until(lambda: in_force(api) == document["version"], what=f"{change} to be in force")  # noqa: B023
    assert newest(api) == document
    history = api.ask("GET", "/api/configuration/history").json()["history"]
    assert history[0] == document
    assert [each["version"] for each in history] == list(range(document["version"], -1, -1))


def test_clearing_the_cache_travels_as_an_edit_does(service, api):
    client = Client(service.url)
    ((key, data),) = small_images(1).items()
    client.put(key, data)
    assert [client.get(key).hit for _ in range(2)] == [False, True]
    edit(api, {"purge": {"generation": newest(api)["purge"]["generation"] + 1}})
    wait_until(lambda: not client.get(key).hit, what="the cache to be empty")


BAD = {
    "capacity 0": (b'{"capacity_bytes": 0}', "capacity_bytes"),
    "capacity -1": (b'{"capacity_bytes": -1}', "capacity_bytes"),
    "capacity NaN": (b'{"capacity_bytes": NaN}', "capacity_bytes"),
    "capacity 1e30": (b'{"capacity_bytes": 1e30}', "capacity_bytes"),
    "capacity in words": (b'{"capacity_bytes": "much"}', "capacity_bytes"),
    "an unknown policy": (b'{"policy": "clairvoyant"}', "policy"),
    "no policy": (b'{"policy": null}', "policy"),
    "an unknown member": (b'{"colour": "blue"}', "colour"),
    "an unknown member of a part": (b'{"purge": {"when": "now"}}', "purge.when"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_edit_is_refused_in_words_and_changes_nothing(api, name):
    body, field = BAD[name]
    before = newest(api)
    answer = edit(api, body)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][field]
    assert newest(api) == before


def test_the_second_of_two_who_edit_the_same_version_is_told_what_changed(api):
    tag = api.ask("GET", "/api/configuration").headers["ETag"]
    first = edit(api, {"capacity_bytes": 70_000_000, "author": "maria"}, **{"If-Match": tag})
    second = edit(api, {"capacity_bytes": 80_000_000, "author": "jonas"}, **{"If-Match": tag})
    assert (first.status, second.status) == (200, 412)
    assert "maria" in second.json()["detail"]
    assert newest(api) == first.json()


def test_a_service_comes_back_with_the_configuration_it_had(service, api):
    document = edit(api, {"policy": "random", "capacity_bytes": 33_000_000}).json()
    wait_until(lambda: in_force(api) == document["version"], what="the edit to be in force")
    service.restart()
    assert in_force(api) == document["version"]
