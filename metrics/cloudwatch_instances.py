"""Who there is: each instance announces itself, since CloudWatch lists a new metric only after a quarter of an hour."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import RLock

from metrics.channel import Announcement, ChannelUnavailable, announced
from metrics.cloudwatch_client import Client, NotThere, Refused
from metrics.cloudwatch_datums import DIMENSION, instance_of
from metrics.cloudwatch_log import Event, LogStream, Tail

log = logging.getLogger(__name__)

MARGIN_SECONDS = 3600
FRESH_SECONDS = 5
"""A long range is read in many pieces; who there is is asked once for all of them."""
LIST_SECONDS = 3600
LISTED_SECONDS = 15 * 86_400
"""How far back a listed metric may have points; CloudWatch forgets it after two weeks without one."""
BEFORE_SECONDS = 86_400
"""The first minutes of an instance may be older than its first word: they waited together for CloudWatch."""
AFTER_SECONDS = 26 * 3600
"""A living instance repeats its word twice a day."""


@dataclass(frozen=True)
class Heard:
    """From when to when there was a sign of an instance, in seconds."""

    first: float
    last: float

    def alive_in(self, start: float, end: float) -> bool:
        return self.first - BEFORE_SECONDS < end and start < self.last + AFTER_SECONDS

    def and_at(self, time: float) -> "Heard":
        return Heard(min(self.first, time), max(self.last, time))


class Instances:
    """The words of all instances, and who can have minutes in a stretch of time. Thread safe."""

    def __init__(self, stream: LogStream, metrics: Client, namespace: str, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._metrics = metrics
        self._namespace = namespace
        self._clock = clock
        self._lock = RLock()
        self._tail = Tail(stream, MARGIN_SECONDS, clock)
        self._words: dict[str, Announcement] = {}
        self._heard: dict[str, Heard] = {}
        self._read_at = float("-inf")
        self._listed: frozenset[str] = frozenset()
        self._listed_at = float("-inf")

    def announce(self, announcement: Announcement) -> None:
        now = self._clock()
        if self._stream.append([Event(int(now * 1000), json.dumps(asdict(announcement)))], now):
            raise ChannelUnavailable("the announcement was refused")

    def announcements(self) -> list[Announcement]:
        with self._lock:
            for event in self._tail.read():
                self._take(event)
            self._read_at = self._clock()
            return [self._words[name] for name in sorted(self._words)]

    def alive_in(self, start: float, end: float) -> list[str]:
        """Everybody who may have reported then, by name."""
        with self._lock:
            if abs(self._clock() - self._read_at) >= FRESH_SECONDS:
                self.announcements()
            self._list()
            heard = dict(self._heard)
            now = self._clock()
            for name in self._listed - heard.keys():
                heard[name] = Heard(now - LISTED_SECONDS, now)
            return sorted(name for name, when in heard.items() if when.alive_in(start, end))

    def _take(self, event: Event) -> None:
        word = _read(event.message)
        if word is None:
            return
        at = event.time_ms / 1000
        self._heard[word.instance] = self._heard.get(word.instance, Heard(at, at)).and_at(at)
        known = self._words.get(word.instance)
        if known is None or word.time >= known.time:
            self._words[word.instance] = word

    def _list(self) -> None:
        """Those whose word is gone, by age or by hand, are known by their metrics still."""
        now = self._clock()
        if abs(now - self._listed_at) < LIST_SECONDS:
            return
        try:
            self._listed |= self._names()
        except (ChannelUnavailable, Refused, NotThere) as error:
            log.warning("the metrics of %s can't be listed: %s", self._namespace, error)
        self._listed_at = now

    def _names(self) -> frozenset[str]:
        wanted = {"Namespace": self._namespace, "MetricName": "Requests", "Dimensions": [{"Name": DIMENSION}]}
        found: set[str] = set()
        token: dict[str, str] = {}
        while True:
            page = self._metrics.ask("list_metrics", **wanted, **token)
            found |= {each["Value"] for metric in page.get("Metrics", ()) for each in metric["Dimensions"]}
            if not page.get("NextToken"):
                return frozenset(map(instance_of, found))
            token = {"NextToken": page["NextToken"]}


def _read(text: str) -> Announcement | None:
    """None for what is no announcement."""
    try:
        word = announced(json.loads(text))
        return word if isinstance(word.instance, str) and isinstance(word.time, int | float) else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
