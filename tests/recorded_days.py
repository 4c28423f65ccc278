"""Two days of statistics as four instances would have reported them: busy noons, quiet nights, a gap, three edits."""

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from cache.config import DEFAULT, MIB, edited
from metrics.channel import Announcement
from metrics.schema import MINUTE, Minute, latency_bucket
from metrics.sqlite_channel import SqliteChannel

INSTANCES = ("ip-10-0-1-4", "ip-10-0-1-5", "ip-10-0-1-6", "ip-10-0-1-7")
DAYS = 2
SILENT_FROM_MINUTES, SILENT_TO_MINUTES = 45, 30
"""How long ago all fell silent, and spoke again."""

# When (minutes ago), who, why, and what; the capacity and the policy are in force from then on.
EDITS = (
    (1800, "maria", "more room for the catalogue", {"capacity_bytes": 200 * MIB}),
    (600, "jonas", "a baseline for an afternoon", {"policy": "random"}),
    (100, "maria", "misses at lunch", {"policy": "lru", "capacity_bytes": 400 * MIB}),
)

_TIMES = random.Random(3)
SLOW = [latency_bucket(_TIMES.lognormvariate(3.2, 0.5)) for _ in range(2000)]
FAST = [latency_bucket(_TIMES.lognormvariate(0.2, 0.6)) for _ in range(2000)]
"""Buckets of answers that had to be fetched, and of hits, to draw from."""


def minutes(now: int, days: int = DAYS, instances: tuple[str, ...] = INSTANCES, seed: int = 7) -> list[Minute]:
    """Every minute before ``now`` (the start of a minute; seconds, UTC), by time and instance.

    The same ``now`` and ``seed`` always give the same. In each, requests = hits + misses = answers in the histogram.
    """
    draw = random.Random(seed)
    return [
        _minute(draw, instance, time, now)
        for time in range(now - days * 86_400, now, MINUTE)
        for instance in instances
        if not SILENT_TO_MINUTES <= (now - time) // MINUTE < SILENT_FROM_MINUTES
    ]


def fill(channel: SqliteChannel, reported: list[Minute], now: int) -> None:
    """Put the minutes, the edits and the last word of each instance into a channel."""
    for hour in sorted({minute.time // 3600 for minute in reported}):
        channel.send([minute for minute in reported if minute.time // 3600 == hour])
    document = DEFAULT
    for minutes_ago, author, reason, change in EDITS:
        at = datetime.fromtimestamp(now, UTC) - timedelta(minutes=minutes_ago)
        document = edited(document, change | {"author": author, "reason": reason}, now=at)
        channel.publish(document)
    for instance in {minute.instance for minute in reported}:
        channel.announce(Announcement(instance, now - 60, document.version, document.policy, document.capacity_bytes))


def _minute(draw: random.Random, instance: str, time: int, now: int) -> Minute:
    version, capacity_bytes, policy = _in_force((now - time) / MINUTE)
    busy = 0.55 - 0.45 * math.cos(2 * math.pi * (time % 86_400) / 86_400 - 0.6)
    requests = max(0, round(draw.gauss(320, 25) * busy))
    rate = 0.55 + 0.09 * math.log2(capacity_bytes / (100 * MIB) + 1) - (0.09 if policy == "random" else 0)
    misses = min(requests, max(0, round(draw.gauss(requests * (1 - rate), math.sqrt(requests * rate * (1 - rate))))))
    size_bytes = min(capacity_bytes, round(capacity_bytes * draw.uniform(0.95, 0.995)))
    latency = Counter(draw.choices(SLOW, k=misses) + draw.choices(FAST, k=requests - misses))
    served, missed = requests * 41_000, misses * 41_000
    values = {
        "requests": requests,
        "hits": requests - misses,
        "misses": misses,
        "not_found": int(draw.random() < 0.1),
        "uploads": int(draw.random() < 0.05),
        "errors": 0,
        "collapsed": misses // 40,
        "too_large": 0,
        "stale": 0,
        "items": size_bytes // 43_000,
        "size_bytes": size_bytes,
        "capacity_bytes": capacity_bytes,
        "evictions": round(misses * 0.9),
        "bytes_served": served,
        "bytes_missed": missed,
        "origin_reads": misses - misses // 40,
        "origin_bytes": (misses - misses // 40) * 41_000,
        "config_version": version,
    }
    return Minute(instance, time, values, latency)


def _in_force(minutes_ago: float) -> tuple[int, int, str]:
    version, capacity_bytes, policy = 0, DEFAULT.capacity_bytes, DEFAULT.policy
    for since, _, _, change in EDITS:
        if minutes_ago < since:
            version += 1
            capacity_bytes = change.get("capacity_bytes", capacity_bytes)
            policy = change.get("policy", policy)
    return version, capacity_bytes, policy
