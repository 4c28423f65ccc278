"""Counts what happens; the hot path only adds integers under a lock."""

from threading import Lock

from cache.whatif.records import COLLAPSED, HIT, MISS, TOO_LARGE
from cache.whatif.tap import Entry, Tap
from metrics.schema import LATENCY_VALUES_MS, RECORDED, latency_bucket


class Recorder:
    """The counts of the open minute. A request is counted when it is answered, under the entry it names."""

    def __init__(self, tap: Tap | None = None) -> None:
        """``tap`` gets a record of each request, under the same lock, so that both have it in the same minute."""
        self._lock = Lock()
        self._tap = tap
        self._clear()

    def served(
        self,
        hit: bool,
        payload_bytes: int,
        milliseconds: float,
        collapsed: bool = False,
        too_large: bool = False,
        stale: bool = False,
        entry: Entry | None = None,
    ) -> None:
        """An answered GET of an image that exists; ``payload_bytes`` is the whole body, whatever part was sent."""
        bucket = latency_bucket(milliseconds)
        with self._lock:
            counts = self._counts
            counts["requests"] += 1
            counts["bytes_served"] += payload_bytes
            if hit:
                counts["hits"] += 1
                counts["stale"] += stale
            else:
                counts["misses"] += 1
                counts["bytes_missed"] += payload_bytes
                counts["collapsed"] += collapsed
                counts["too_large"] += too_large
            self._latency[bucket] += 1
            if self._tap is not None and entry is not None:
                outcome = HIT if hit else TOO_LARGE if too_large else COLLAPSED if collapsed else MISS
                self._tap.request(entry, payload_bytes, outcome)

    def not_found(self) -> None:
        self._add("not_found", 1)

    def uploaded(self, images: int = 1) -> None:
        self._add("uploads", images)

    def failed(self) -> None:
        """A GET of an image that exists, or may exist, and could not be fetched."""
        self._add("errors", 1)

    def origin_read(self, payload_bytes: int) -> None:
        """A read that the store was really asked for."""
        with self._lock:
            self._counts["origin_reads"] += 1
            self._counts["origin_bytes"] += payload_bytes

    def read(self) -> tuple[dict[str, int], dict[int, int]]:
        """The counts by name and the latency histogram {bucket: answers} since the last roll."""
        with self._lock:
            return dict(self._counts), self._histogram()

    def roll(self, minute: int = 0) -> tuple[dict[str, int], dict[int, int]]:
        """The same, and begin anew; ``minute`` is the start of the one that is over."""
        with self._lock:
            counts, latency = self._counts, self._histogram()
            self._clear()
            if self._tap is not None:
                self._tap.minute_ended(minute)
        return counts, latency

    def add(self, counts: dict[str, int], latency: dict[int, int]) -> None:
        """Go on from counts that an earlier process left behind in the same minute."""
        with self._lock:
            for name in RECORDED:
                self._counts[name] += counts.get(name, 0)
            for bucket, answers in latency.items():
                self._latency[bucket] += answers

    def _add(self, name: str, amount: int) -> None:
        with self._lock:
            self._counts[name] += amount

    def _clear(self) -> None:
        self._counts = dict.fromkeys(RECORDED, 0)
        self._latency = [0] * len(LATENCY_VALUES_MS)

    def _histogram(self) -> dict[int, int]:
        return {bucket: answers for bucket, answers in enumerate(self._latency) if answers}
