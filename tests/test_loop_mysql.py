"""The service on MySQL, from outside: the database dies and comes back, and nobody has to do anything."""

import pytest

from metrics.channels import open_channel
from tests import processes
from tests.asking import Client, small_images
from tests.processes import wait_until


@pytest.fixture(scope="module")
def images():
    return small_images(4)


@pytest.fixture
def start(start_service, mariadb, images):
    """Starts a service on a database of its own, with images, all but the last of which are cached."""

    def start(**settings):
        service = start_service(DATABASE_URL=mariadb.new_url(), **settings)
        client = Client(service.url)
        for key, data in images.items():
            assert client.put(key, data).status == 201
        for key in list(images)[:-1] * 2:
            client.get(key)
        return service, client

    return start


@pytest.fixture
def dead(mariadb):
    """Kills the database when called; afterwards it is back whatever happened."""
    yield mariadb.kill
    mariadb.kill()
    mariadb.start()


def readiness(client):
    return client.ask("GET", "/readyz")


def test_a_database_that_dies_costs_what_is_cold_and_comes_back_by_itself(start, dead, mariadb, images):
    service, client = start()
    *cached, cold = images
    dead()
    for _ in range(5):
        for key in cached:
            answer = client.get(key)
            assert (answer.status, answer.hit, answer.body) == (200, True, images[key])
    for ask in (lambda: client.get(cold), lambda: client.put("new.png", images[cold]), lambda: client.get("nothing")):
        refused = ask()
        assert (refused.status, refused.headers["Retry-After"]) == (503, "2")
        assert b"database" in refused.body
        assert b"127.0.0.1" not in refused.body
    wait_until(lambda: readiness(client).json()["state"] == "degraded")
    assert readiness(client).status == 200
    # Readiness looks by itself: that hits are stale is known when the records of changes could not be read either.
    wait_until(lambda: "What is cached is served on" in service.tail())
    stale = [client.get(key) for key in cached for _ in range(3)]
    assert all(answer.hit for answer in stale)

    mariadb.start()
    back = wait_until(lambda: (answer := client.get(cold)).status == 200 and answer)
    assert back.body == images[cold]
    assert client.put("new.png", images[cold]).status == 201
    wait_until(lambda: readiness(client).json()["state"] == "ready")
    assert service.terminate() == 0
    minutes = open_channel(f"sqlite:///{service.data_dir / 'channel.db'}").minutes(0, 2**40)
    counted = sum(minute.values["stale"] for minute in minutes)
    assert len(stale) <= counted <= len(stale) + 5 * len(cached)
    log = service.log.read_text()
    assert "served on" in log, log
    assert "can be asked again" in log
    assert "Traceback" not in log, log


def test_what_is_cached_is_served_no_longer_than_it_may_be(start, dead, mariadb, images):
    _, client = start(STALE_SECONDS=2)
    key = next(iter(images))
    assert client.get(key).hit
    dead()
    wait_until(lambda: client.get(key).status == 503)
    mariadb.start()
    assert wait_until(lambda: (answer := client.get(key)).status == 200 and answer).body == images[key]
    wait_until(lambda: client.get(key).hit)


def test_no_password_is_ever_logged_or_said(start, dead, mariadb, images):
    from tests.mariadb import PASSWORD

    service, client = start(LOG_LEVEL="DEBUG")
    dead()
    said = client.get(list(images)[-1]).body + readiness(client).body
    wait_until(lambda: b"failed" in readiness(client).body)
    said += readiness(client).body
    assert service.terminate() == 0
    text = service.log.read_text() + said.decode()
    assert "can't be reached" in text
    assert PASSWORD not in text
    assert service.settings["DATABASE_URL"].split(":")[2].split("@")[0] not in text


def test_a_start_without_the_database_ends_with_a_sentence(start_service, mariadb, dead, tmp_path):
    url = mariadb.new_url()
    dead()
    service = processes.image_service(tmp_path / "late" / "data", DATABASE_URL=url)
    with pytest.raises(AssertionError, match="could not start: the database of images: it can't be reached"):
        service.start()
    service.close()
