"""Four instances that share one cache of Redis, as they tell of themselves: one of them for all of the cache."""

from collections.abc import Mapping, Sequence

from cache.config import MIB, Configuration
from metrics.channel import Announcement, Channel
from metrics.program import VERSION
from metrics.schema import METRICS, Minute

NAMES = ("ip-10-0-1-4", "ip-10-0-1-5", "ip-10-0-1-6", "ip-10-0-1-7")
CAPACITY_BYTES = 400 * MIB
FIXED = "Redis refuses CONFIG, as managed ones do"
AWAY = "connection refused"


def word(name: str, time: float, document: Configuration, **more) -> Announcement:
    about = {"policy": document.policy, "capacity_bytes": document.capacity_bytes, "engine": "Redis"}
    return Announcement(name, time, document.version, **(about | {"program": VERSION} | more))


def minute(name: str, time: int, version: int = 0, holds: bool = False, **values) -> Minute:
    """A minute of 300 requests, 240 of them hits; who holds the lease tells of 387 MB of 400 MB, others of nothing."""
    counted = dict.fromkeys((metric.name for metric in METRICS), 0)
    counted |= {"requests": 300, "hits": 240, "misses": 60, "bytes_served": 300 * 41_000, "bytes_missed": 60 * 41_000}
    held = {"items": 9724, "size_bytes": 387 * MIB, "capacity_bytes": CAPACITY_BYTES, "evictions": 54} if holds else {}
    return Minute(name, time, counted | held | {"config_version": version} | values, {30: 240, 60: 60})


def fill(
    channel: Channel,
    now: float,
    document: Configuration,
    minutes: int = 3,
    names: Sequence[str] = NAMES,
    each: Mapping[str, Mapping] | None = None,
    **more,
) -> None:
    """The last minutes before ``now`` and the word of each; the first one holds. ``each`` says more of some."""
    end = int(now) // 60 * 60
    for name in names:
        channel.announce(word(name, now - 1, document, **(more | dict((each or {}).get(name, {})))))
    channel.send(
        [
            minute(name, time, document.version, holds=name == names[0])
            for time in range(end - 60 * minutes, end, 60)
            for name in names
        ]
    )
