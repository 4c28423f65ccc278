"""Curve documents as an instance would tell them: real numbers, of a trace played through a ledger at each point."""

import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from cache.config import MIB
from cache.ledger import Ledger
from cache.policies import POLICIES
from cache.whatif.grid import around
from metrics.channel import Announcement, Channel
from metrics.schema import METRICS, Minute

KEYS = 4000
REASONS = ("too_large", "changed", "collapsed", "cold", "policy", "capacity")


def sizes(seed: int = 5, mean_bytes: int = 90_000, keys: int = KEYS) -> list[int]:
    """A payload for each key: most are small, a few large."""
    draw = random.Random(seed)
    return [max(2_000, int(draw.lognormvariate(0, 0.9) * mean_bytes * 0.67)) for _ in range(keys)]


def zipf(requests: int, seed: int = 1, exponent: float = 0.9, keys: int = KEYS, shift: int = 0) -> list[int]:
    """Keys as they are asked for: few often, most seldom; ``shift`` makes others the favourites."""
    draw = random.Random(seed)
    weights = [*accumulate((rank + 1) ** -exponent for rank in range(keys))]
    order = list(range(keys))
    random.Random(99 + shift).shuffle(order)
    return [order[rank] for rank in draw.choices(range(keys), cum_weights=weights, k=requests)]


class Shadow:
    """A ledger that counts."""

    def __init__(self, policy: str, capacity_bytes: int) -> None:
        self.ledger = Ledger(POLICIES[policy](), capacity_bytes)
        self.hits = self.bytes_hit = 0

    def ask(self, key: int, payload_bytes: int) -> bool:
        if key in self.ledger:
            self.ledger.touch(key)
            self.hits += 1
            self.bytes_hit += payload_bytes
            return True
        self.ledger.admit(key, payload_bytes)
        return False

    def roll(self) -> list[int]:
        counted = [self.hits, self.bytes_hit]
        self.hits = self.bytes_hit = 0
        return counted


class Instance:
    """A cache and all its shadows. ``minute`` plays requests and tells the document of that minute."""

    def __init__(
        self,
        name: str = "host",
        policy: str = "lru",
        capacity_bytes: int = 100 * MIB,
        since: float = 0.0,
        policies: Iterable[str] = tuple(POLICIES),
        payloads: Sequence[int] = (),
    ) -> None:
        self.name, self.since, self.payloads = name, since, payloads or sizes()
        self.policies = tuple(policies)
        self.shadows: dict[tuple[str, int], Shadow] = {}
        self.seen: set[int] = set()
        self.live = Shadow(policy, capacity_bytes)
        self.configure(policy, capacity_bytes)

    def configure(self, policy: str, capacity_bytes: int) -> None:
        self.policy, self.capacity_bytes = policy, capacity_bytes
        for capacity in around(capacity_bytes):
            for each in self.policies:
                self.shadows.setdefault((each, capacity), Shadow(each, capacity))
        self.live.ledger.follow(POLICIES[policy]())
        self.live.ledger.resize(capacity_bytes)
        while self.live.ledger.settle(1000):
            pass

    def minute(self, start: int, keys: Iterable[int]) -> dict:
        reasons = dict.fromkeys(REASONS, 0)
        requests = size = infinite = infinite_bytes = 0
        for key in keys:
            payload = self.payloads[key]
            requests, size = requests + 1, size + payload
            told = {setting: shadow.ask(key, payload) for setting, shadow in self.shadows.items()}
            if key in self.seen:
                infinite, infinite_bytes = infinite + 1, infinite_bytes + payload
            if not self.live.ask(key, payload):
                here = [hit for (policy, c), hit in told.items() if c == self.capacity_bytes and policy != "random"]
                reasons["cold" if key not in self.seen else "policy" if any(here) else "capacity"] += 1
            self.seen.add(key)
        hits, bytes_hit = self.live.roll()
        return {
            "instance": self.name, "start": start, "period_seconds": 60, "policy": self.policy,
            "capacity_bytes": self.capacity_bytes, "since": self.since, "requests": requests, "bytes": size,
            "hits": hits, "bytes_hit": bytes_hit,
            "points": [[*setting, *shadow.roll()] for setting, shadow in self.shadows.items()],
            "infinite": [infinite, infinite_bytes], "sampled": {}, "shed": 0, "reasons": reasons, "estimated": False,
            "memory_bytes": 100 * len(self.seen) * len(self.shadows),
        }  # fmt: skip


def documents(
    start: int, minutes: int, requests_a_minute: int = 400, instances: Sequence[str] = ("host",), **of_instance
) -> Iterator[dict]:
    """Minute by minute, every instance with traffic of its own."""
    apps = [Instance(name, since=start, **of_instance) for name in instances]
    for number in range(minutes):
        for place, app in enumerate(apps):
            yield app.minute(start + 60 * number, zipf(requests_a_minute, seed=number * 31 + place))


def story(
    start: int, before: int = 40, after: int = 15, new: tuple[str, int] = ("gdsf", 100 * MIB), shift: int = 0, **more
):
    """Documents of one instance that goes over to another setting after so many minutes; then others are favourites,
    where ``shift`` says so."""
    app = Instance(since=start, **more)
    for number in range(before):
        yield app.minute(start + 60 * number, zipf(600, seed=number))
    app.configure(*new)
    for number in range(before, before + after):
        yield app.minute(start + 60 * number, zipf(600, seed=number, shift=shift))


def minute_of(document: dict, version: int = 0) -> Minute:
    """The statistics of the same minute."""
    requests, hits = document["requests"], document["hits"]
    values = {metric.name: 0 for metric in METRICS} | {
        "requests": requests, "hits": hits, "misses": requests - hits, "bytes_served": document["bytes"],
        "bytes_missed": document["bytes"] - document["bytes_hit"], "origin_reads": requests - hits,
        "items": 1000, "size_bytes": document["capacity_bytes"] * 97 // 100, "config_version": version,
        "capacity_bytes": document["capacity_bytes"], "evictions": requests - hits,
    }  # fmt: skip
    values |= {f"miss_{reason}": misses for reason, misses in document["reasons"].items()}
    return Minute(document["instance"], document["start"], values, {20: hits, 60: requests - hits})


def fill(channel: Channel, told: Sequence[dict], version: int = 0) -> None:
    """Curves and statistics of the same minutes into a channel, and the last word of each instance."""
    for document in told:
        channel.send_curve(document)
    channel.send([minute_of(document, version) for document in told])
    for last in {document["instance"]: document for document in told}.values():
        word = Announcement(last["instance"], last["start"], version, last["policy"], last["capacity_bytes"])
        channel.announce(word)


def small(instance: str, start: int, hits: int = 6, **more) -> dict:
    """A document by hand, with two policies and two capacities."""
    points = [["lru", MIB, 4, 400], ["lru", 2 * MIB, 7, 700], ["fifo", MIB, 3, 300], ["fifo", 2 * MIB, 6, 600]]
    return {
        "instance": instance, "start": start, "period_seconds": 60, "policy": "lru", "capacity_bytes": 2 * MIB,
        "since": start - 600.0, "requests": 10, "bytes": 1000, "hits": hits, "bytes_hit": hits * 100, "points": points,
        "infinite": [9, 900], "sampled": {}, "shed": 0, "estimated": False, "memory_bytes": 1 << 20,
        "reasons": dict.fromkeys(REASONS, 0) | {"cold": 1, "capacity": 9 - hits},
    } | more  # fmt: skip
