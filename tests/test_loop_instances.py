"""Three instances on one database and one bucket, against a model: nothing grows old, bytes are never mixed."""

import io
import random
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from PIL import Image

from metrics.channels import open_channel
from tests import processes
from tests.asking import Client, path_of
from tests.processes import wait_until

INSTANCES = 3
CLIENTS = 9
OPERATIONS = 10_000
KEYS_A_CLIENT = 6
PUTS, DELETES, RENDITIONS = 0.06, 0.015, 0.1
# An instance asks for changes each second, so that 2 s are enough on a machine that has nothing else to do. On a busy
# one that second is longer; what this must never find is what was not invalidated at all.
STALE_SECONDS = 10.0
WIDTH = 168  # a little more than the smallest rendition, so that there is one
SEED = 20261124


@dataclass(frozen=True)
class Change:
    """What a key became; ``version`` 0 is gone."""

    version: int
    begun: float
    done: float


@dataclass(frozen=True)
class Seen:
    key: str
    version: int
    begun: float
    done: float
    where: str


def png(version):
    """An image all of one colour, which is the number of its version."""
    out = io.BytesIO()
    Image.new("RGB", (WIDTH, 2), (version >> 16, version >> 8 & 255, version & 255)).save(out, "PNG")
    return out.getvalue()


def version_in(data):
    """The number that all pixels of an image agree on."""
    with Image.open(io.BytesIO(data)) as image:
        ((_, (red, green, blue)),) = image.convert("RGB").getcolors()
    return red << 16 | green << 8 | blue


@pytest.fixture(scope="module")
def instances(mariadb, seaweed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("instances")
    shared = {
        "DATABASE_URL": mariadb.new_url(),
        "IMAGES_URL": seaweed.new_url(),
        "CHANNEL_URL": f"sqlite:///{folder}/channel.db",
        **seaweed.environment(),
    }
    started = [processes.image_service(folder / f"{n}" / "data", **shared) for n in range(INSTANCES)]
    try:
        with ThreadPoolExecutor(INSTANCES) as pool:
            list(pool.map(processes.App.start, started))  # at once, on an empty database
        yield started
    finally:
        for app in started:
            app.close()


class Player:
    """A client that asks every instance for every key, and is the only one that changes its own keys."""

    def __init__(self, number, apps, everybody):
        self.draw = random.Random(SEED + number)
        self.clients = [Client(app.url) for app in apps]
        self.own = [f"client-{number}/image-{n}.png" for n in range(KEYS_A_CLIENT)]
        self.everybody = everybody
        self.changes = defaultdict(list)
        self.seen = []
        self.bodies = {}
        self.refused = 0
        self.next_version = 1 + number

    def play(self, operations):
        for _ in range(operations):
            kind = self.draw.random()
            if kind < PUTS:
                self.put()
            elif kind < PUTS + DELETES:
                self.delete()
            else:
                self.get()

    def timed(self, ask):
        """A 503 says to try again; what it was about may have been done or not, so it counts from the first try."""
        begun = time.monotonic()
        while (answer := ask()).status == 503:
            self.refused += 1
        return begun, time.monotonic(), answer

    def put(self):
        key, version = self.draw.choice(self.own), self.next_version
        self.next_version += CLIENTS
        begun, done, answer = self.timed(lambda: self.draw.choice(self.clients).put(key, png(version)))
        assert answer.status in (200, 201), answer
        self.changes[key].append(Change(version, begun, done))

    def delete(self):
        key = self.draw.choice(self.own)
        begun, done, answer = self.timed(lambda: self.draw.choice(self.clients).ask("DELETE", path_of(key)))
        assert answer.status in (204, 404), answer
        self.changes[key].append(Change(0, begun, done))

    def get(self):
        key, width = self.draw.choice(self.everybody), {"width": 160} if self.draw.random() < RENDITIONS else {}
        self.look(key, self.draw.randrange(len(self.clients)), **width)

    def look(self, key, number, **width):
        """The version that an instance answers with, which is noted."""
        begun = time.monotonic()
        answer = self.clients[number].get(key, **width)
        done = time.monotonic()
        assert answer.status in (200, 404), (answer.status, answer.body[:300])
        version = self.version_of(answer.body) if answer.status == 200 else 0
        self.seen.append(Seen(key, version, begun, done, f"instance {number} {width}"))
        return version

    def version_of(self, body):
        if body not in self.bodies:
            self.bodies[body] = version_in(body)
        return self.bodies[body]


def age(seen, changes):
    """How long, when it was asked for, the state that was seen had been over; None if it was never that of this key.

    A change may be in force from when it was begun, and is from when it is done.
    """
    states = [Change(0, 0.0, 0.0), *changes]
    ages = [
        seen.begun - after.done if after else 0.0
        for state, after in zip(states, [*states[1:], None], strict=True)
        if state.version == seen.version and state.begun <= seen.done
    ]
    return max(0.0, min(ages)) if ages else None


def test_nothing_grows_old_and_bytes_are_never_mixed(instances):
    keys = [f"client-{number}/image-{n}.png" for number in range(CLIENTS) for n in range(KEYS_A_CLIENT)]
    players = [Player(number, instances, keys) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda player: player.play(-(-OPERATIONS // CLIENTS)), players))
    changes = {key: changes for player in players for key, changes in player.changes.items()}
    seen = [each for player in players for each in player.seen]
    assert len(seen) + sum(map(len, changes.values())) >= OPERATIONS
    last = {key: changes[-1].version for key, changes in changes.items()}
    for number in range(INSTANCES):
        wait_until(lambda: {key: players[0].look(key, number) for key in last} == last)  # noqa: B023
    seen = [each for player in players for each in player.seen]
    assert sum(player.refused for player in players) < OPERATIONS / 100
    ages = [(each, age(each, changes.get(each.key, []))) for each in seen]
    assert not [each for each, old in ages if old is None], "bytes of another key, or of a version not written yet"
    assert not [(each, old) for each, old in ages if old > STALE_SECONDS]
    assert len([old for _, old in ages if old > 0]) > 0, "no instance ever lagged behind another: nothing was tested"
    check_counts(instances, seen, changes)


def check_counts(instances, seen, changes):
    """What the instances counted adds up to what the clients saw."""
    for app in instances:
        assert app.terminate() == 0
    minutes = open_channel(instances[0].settings["CHANNEL_URL"]).minutes(0, 2**40)
    assert {minute.instance for minute in minutes} == {app.settings["INSTANCE"] for app in instances}
    total = {
        name: sum(minute.values[name] for minute in minutes)
        for name in ("requests", "hits", "misses", "not_found", "uploads", "errors", "stale")
    }
    found = sum(1 for each in seen if each.version)
    assert total["requests"] == total["hits"] + total["misses"] == found
    assert total["not_found"] == len(seen) - found
    assert total["uploads"] == sum(1 for each in changes.values() for change in each if change.version)
    assert total["errors"] == total["stale"] == 0
