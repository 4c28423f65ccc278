"""The records of all who share a Redis, brought together for the one who replays them: published, never stored.

Each message says how much its sender has published before, by outcome. So whoever reads knows what got lost, be it on
the way or because Redis was away, and puts that in as shed. Reasons go back the same way.
"""

import json
import logging
import random
import struct
from array import array
from collections.abc import Callable, Iterator
from typing import Any

from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError

from cache.redis_line import EngineRefused, EngineSilent, Line
from cache.whatif.records import (
    CLEARED,
    INVALIDATED,
    KIND_BITS,
    KIND_MASK,
    NUMBERS,
    OUTCOMES,
    SHED,
    SIZE_SHIFT,
    numbers,
)

log = logging.getLogger(__name__)

_HEAD = struct.Struct(f">Q{2 * len(OUTCOMES)}Q")
"""The sender's number; requests and payload bytes of each outcome that it published before."""
_OF_ALL = frozenset({*OUTCOMES, SHED, INVALIDATED, CLEARED})
"""What counts whoever sends it; the rest (minutes, settings) is the reader's own to say."""

Sums = tuple[int, ...]
NOTHING: Sums = (0,) * (2 * len(OUTCOMES))


class RedisRecords:
    """``reads`` says whether this process is the one that replays; another may be so the next moment."""

    def __init__(self, line: Line, listener: Redis, reads: Callable[[], bool], database: int = 0) -> None:
        # What is published goes to all of a server, whatever its database.
        self._records, self._reasons = (f"hitrate:{database}:{name}".encode() for name in ("records", "reasons"))
        self._line = line
        self._listener = listener
        self._is_reader = reads
        self._number = random.SystemRandom().randrange(1 << 64)
        self._published = NOTHING
        self._has_read = False
        self._seen: dict[int, Sums] = {}
        self._own = bytearray()
        self._told: list[dict[str, Any]] = []
        self._subscription: PubSub | None = None
        self._subscribed_to: set[bytes] = set()

    @property
    def reads(self) -> bool:
        return self._is_reader()

    def publish(self, records: bytes) -> None:
        """Send records on; what can't be sent is counted for whoever reads. Who reads has its own by itself: among them
        are the ends of minutes and the settings, which nobody could make up for."""
        message = _HEAD.pack(self._number, *self._published) + records
        self._published = _added(self._published, sums(numbers(records)))
        self._send(self._records, message)
        if self.reads:
            self._own += records

    def tell(self, told: dict[str, Any]) -> None:
        """What is known of a minute, for all."""
        self._send(self._reasons, json.dumps(told, separators=(",", ":")).encode())

    def read(self) -> bytes:
        """What came since the last time, in the order it came; b"" where this process is not the one to replay."""
        reads = self.reads
        if reads and not self._has_read:
            self._seen = {}  # what was published before is not lost: it was never ours
        self._has_read = reads
        wanted = {self._records, self._reasons} if reads else {self._reasons}
        taken, own = [], bytes(self._own) if reads else b""
        self._own.clear()
        try:
            self._subscribe(wanted)
            for channel, message in self._messages():
                if channel == self._reasons:
                    self._told.append(json.loads(message))
                elif reads:
                    taken.append(self._records_of(message))
        except (RedisError, OSError) as error:
            log.debug("the records of others do not come in: %s", error)
            self.close()
        return b"".join(taken) + own  # a minute that ends with them ends behind what others sent in it

    def heard(self) -> list[dict[str, Any]]:
        """What the reader has told since the last time."""
        told, self._told = self._told, []
        return told

    def close(self) -> None:
        if self._subscription is not None:
            self._subscription.close()
        self._subscription, self._subscribed_to = None, set()

    def _send(self, channel: bytes, message: bytes) -> None:
        try:
            self._line.ask("PUBLISH", channel, message)
        except (EngineSilent, EngineRefused) as error:
            log.debug("not published: %s", error)

    def _subscribe(self, wanted: set[bytes]) -> None:
        if self._subscription is None:
            self._subscription = self._listener.pubsub(ignore_subscribe_messages=True)
        if more := wanted - self._subscribed_to:
            self._subscription.subscribe(*more)
        if less := self._subscribed_to - wanted:
            self._subscription.unsubscribe(*less)
        self._subscribed_to = wanted

    def _messages(self) -> Iterator[tuple[bytes, bytes]]:
        # None comes for a message about the subscription too: what is behind that waits for the next time.
        while (message := self._subscription.get_message(timeout=0)) is not None:
            yield message["channel"], message["data"]

    def _records_of(self, message: bytes) -> bytes:
        sender, *before = _HEAD.unpack_from(message)
        if sender == self._number:
            return b""
        records = numbers(message[_HEAD.size :])
        known = self._seen.get(sender)
        lost = array("q")
        if known is not None:
            lost = shed(tuple(now - then for now, then in zip(before, known, strict=True)))
        self._seen[sender] = _added(tuple(before), sums(records))
        return (lost + of_all(records)).tobytes()


def sums(records: array) -> Sums:
    """Requests and payload bytes of each outcome, shed ones with them."""
    found = list(NOTHING)
    for first, second, third in zip(records[0::NUMBERS], records[1::NUMBERS], records[2::NUMBERS], strict=True):
        kind = third & KIND_MASK
        if kind in OUTCOMES:
            found[2 * kind] += 1
            found[2 * kind + 1] += third >> SIZE_SHIFT
        elif kind == SHED:
            outcome = third >> KIND_BITS & KIND_MASK
            found[2 * outcome] += first
            found[2 * outcome + 1] += second
    return tuple(found)


def shed(lost: Sums) -> array:
    """Records that say that so much is left out, and that nothing else changes."""
    records = array("q")
    for outcome in OUTCOMES:
        requests, payload_bytes = lost[2 * outcome : 2 * outcome + 2]
        if requests > 0:
            records.extend((requests, payload_bytes, outcome << KIND_BITS | SHED))
    return records


def of_all(records: array) -> array:
    """Without what is only the reader's to say."""
    kept = array("q")
    for place in range(0, len(records), NUMBERS):
        if records[place + 2] & KIND_MASK in _OF_ALL:
            kept.extend(records[place : place + NUMBERS])
    return kept


def _added(some: Sums, more: Sums) -> Sums:
    return tuple(a + b for a, b in zip(some, more, strict=True))
