"""What-if of one instance: the tap's records go to the replay process, and what that tells of each minute goes out."""

import logging
import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

from cache.whatif.backlog import Backlog
from cache.whatif.tap import Tap
from cache.whatif.trace import Trace
from metrics.channel import Channel, ChannelUnavailable
from metrics.schema import MINUTE
from metrics.whatif_process import ReplayEnded, ReplayProcess

log = logging.getLogger(__name__)

PUMP_SECONDS = 0.2
SEND_SECONDS = 1.0
A_BATCH_BYTES = 1 << 18
BATCHES = 8
MOST_UNSENT = 60
LONGEST_WAIT_SECONDS = 60.0
STUCK_SECONDS = 60.0
TURN_SECONDS = 0.02
BEFORE_MINUTES = 5


class Union(Protocol):
    """The records of all who share a cache, and what is told of them. One process at a time reads."""

    reads: bool

    def publish(self, records: bytes) -> None: ...

    def read(self) -> bytes: ...

    def tell(self, told: dict[str, Any]) -> None: ...

    def heard(self) -> list[dict[str, Any]]: ...

    def close(self) -> None: ...


class WhatIf:
    """Sees to it that a replay process runs as long as the service does, and never has a request wait for it.

    Where the cache is shared (``union``) it runs with the one process that reads, on the requests of all; ``engine``
    says what is shadowed.
    """

    def __init__(
        self,
        instance: str,
        tap: Tap,
        channel: Channel,
        budget_bytes: int,
        trace: Trace | None = None,
        start: Callable[[int, str], ReplayProcess] = ReplayProcess,
        union: Union | None = None,
        engine: str = "",
    ) -> None:
        self._instance = instance
        self._tap = tap
        self._channel = channel
        self._budget_bytes = budget_bytes
        self._trace = trace
        self._start = start
        self._union = union
        self._engine = engine
        self._records_of_all = Backlog()
        self._pumping = Lock()
        self._closed = False
        self._tap_has_all = union is None  # nothing has been taken from it yet, nor forgotten
        self._process: ReplayProcess | None = None
        self._started_at = self._took_at = 0.0
        self._wait_seconds = 0.0
        self._not_before = 0.0
        self._unsent: deque[dict] = deque(maxlen=MOST_UNSENT)
        self._reasons: dict[int, dict[str, int]] = {}
        self._problem = ""
        self._send_after = 0.0

    @property
    def pid(self) -> int | None:
        process = self._process
        return None if process is None else process.pid

    def pump(self, _now: float = 0.0) -> None:
        """Hand over what the tap has, and take what is told; begin anew where the process has died."""
        with self._pumping:
            now = time.monotonic()
            if self._closed or not (self._shares() and self._runs(now)):
                return
            try:
                self._hand_over(now)
                for told in self._process.read():
                    self._take(told)
                    if self._union is not None:
                        self._union.tell({"start": told["start"], "reasons": told["reasons"]})
            except ReplayEnded as ended:
                self._let_go(now, f"ended ({ended})")

    def send(self, now: float) -> None:
        """Send what waits, oldest first; what the channel does not take is tried again, the newest 60 of it."""
        while self._unsent and now >= self._send_after:
            document = self._unsent[0]
            try:
                self._channel.send_curve(document)
            except ChannelUnavailable as error:
                if not self._problem:
                    log.warning("curves wait to be sent: %s", error)
                self._problem, self._send_after = str(error), now + SEND_SECONDS * 10
                return
            self._problem = ""
            if self._unsent and self._unsent[0] is document:
                self._unsent.popleft()

    def reasons(self, start: int, seconds: float = 0.0) -> dict[str, int] | None:
        """Why requests of the minute that began then missed, once that is known; waits at most so long."""
        return self._wait_for_reasons(start, seconds) if seconds else self._reasons.get(start)

    def reasons_before(self, start: int) -> dict[str, int] | None:
        """The same of the last minute before it that is known, if that is not long ago."""
        known = (self._reasons.get(start - ago * MINUTE) for ago in range(1, BEFORE_MINUTES + 1))
        return next((told for told in known if told and sum(told.values())), None)

    def reasons_so_far(self, start: int, seconds: float) -> dict[str, int] | None:
        """The same of a minute that goes on, waiting at most so long."""
        self._reasons.pop(start, None)
        self._tap.minute_ended(start, going_on=True)
        return self._wait_for_reasons(start, seconds)

    def _wait_for_reasons(self, start: int, seconds: float) -> dict[str, int] | None:
        until = time.monotonic() + seconds
        self.pump()  # what others are to know, they must know before we are gone
        while self._process is not None and time.monotonic() < until:
            self.pump()
            if (known := self._reasons.get(start)) is not None:
                return known
            time.sleep(TURN_SECONDS)
        return self._reasons.get(start)

    def close(self, now: float) -> None:
        self.pump()  # the last records, for whoever replays
        self.send(now)
        with self._pumping:
            self._closed = True
            self._end()
            if self._union is not None:
                self._union.close()

    # --- one turn --------------------------------------------------------------------------------------------------

    def _shares(self) -> bool:
        """Where the cache is shared: bring our records to all, and take theirs; whether it is us who replays."""
        union = self._union
        if union is None:
            return True
        while records := self._tap.take(A_BATCH_BYTES):
            self._keep_trace(records)
            union.publish(records)
        self._records_of_all.add(union.read())
        for told in union.heard():
            self._note_reasons(told)
        if not union.reads:
            self._records_of_all.clear()
            self._end()
        return union.reads

    def _take_records(self, most_bytes: int) -> bytes:
        if self._union is None:
            records = self._tap.take(most_bytes)
            self._keep_trace(records)
            return records
        return self._records_of_all.take(most_bytes)

    def _keep_trace(self, records: bytes) -> None:
        if self._trace is not None and records:
            self._trace.add(records, time.time())

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _runs(self, now: float) -> bool:
        if self._process is not None:
            return True
        has_all, self._tap_has_all = self._tap_has_all, False
        if not has_all:
            while self._union is None and (records := self._tap.take(A_BATCH_BYTES)):
                self._keep_trace(records)
            self._tap.renew()  # nobody reads: what nobody knows the beginning of is of no use to the next process
            self._records_of_all.clear()
        if now < self._not_before:
            return False
        self._started_at = self._took_at = now
        try:
            self._process = self._start(self._budget_bytes, self._engine)
        except OSError as error:
            self._wait_longer(now, f"can't be started ({error})")
            return False
        return True

    def _hand_over(self, now: float) -> None:
        for _ in range(BATCHES):
            records = b"" if self._process.busy else self._take_records(A_BATCH_BYTES)
            if self._process.send(records):
                self._took_at = now
            elif not self._process.busy:
                self._took_at = now
                return
            if self._process.busy:
                break
        if now - self._took_at > STUCK_SECONDS:
            self._process.kill()
            self._let_go(now, "was stuck")
            raise ReplayEnded("killed") from None

    def _let_go(self, now: float, what: str) -> None:
        if self._process is None:
            return
        self._end()
        self._wait_longer(now, what)

    def _wait_longer(self, now: float, what: str) -> None:
        log.warning("the what-if process %s; shadows begin anew", what)
        lived = now - self._started_at
        longer = min(LONGEST_WAIT_SECONDS, self._wait_seconds * 2 or 1.0)
        self._wait_seconds = 1.0 if lived > LONGEST_WAIT_SECONDS else longer
        self._not_before = now + self._wait_seconds

    def _note_reasons(self, told: dict) -> None:
        self._reasons[told["start"]] = told["reasons"]
        while len(self._reasons) > MOST_UNSENT:
            del self._reasons[min(self._reasons)]

    def _take(self, told: dict) -> None:
        self._note_reasons(told)
        if told["requests"] or not told.get("open"):
            self._unsent.append({"instance": self._instance} | told)
