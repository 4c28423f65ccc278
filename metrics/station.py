"""A service's side of the channel: its counts go out, its configuration comes in."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from cache.cache import Cache
from cache.whatif.tap import Tap
from metrics.carrier import Carrier
from metrics.channel import Channel
from metrics.folder_lock import FolderLock
from metrics.follower import Follower
from metrics.machine import memory_bytes
from metrics.parts import Parts
from metrics.recorder import Recorder
from metrics.reporter import Reporter
from metrics.spool import Spool, instance_folder
from metrics.ticker import Job, Ticker
from metrics.whatif import PUMP_SECONDS, WhatIf

ROLL_SECONDS = 1.0
SEND_SECONDS = 1.0
LOOK_SECONDS = 2.0
END_TURN_SECONDS = 1.0


class Station:
    """Recorder, reporter, carrier and follower of one worker of an instance, and the ticker that drives them.

    Of the workers one at a time leads: whoever holds the spool. It alone speaks to the channel, for all of them: sends
    what they counted as one, and asks for configuration, which the others read off the disk. When it dies the next one
    takes over within a second. A worker that is alone leads.

    The channel says how often it is asked for a newer configuration. A test calls ``open`` and then the jobs ``roll``,
    ``send``, ``follow`` and ``look`` by hand, with its own time.
    """

    def __init__(
        self,
        instance: str,
        cache: Cache,
        channel: Channel,
        data_dir: Path,
        clock: Callable[[], float] = time.time,
        whatif: WhatIf | None = None,
        tap: Tap | None = None,
        worker: int = 0,
    ) -> None:
        self._clock = clock
        self._traits = channel.traits
        self.recorder = Recorder(tap)
        self.whatif = whatif
        last_good = data_dir / "configuration" / f"{quote(instance, safe='')}.json"
        self.follower = Follower(instance, cache, channel, last_good, memory_bytes(), clock)
        folder = instance_folder(data_dir / "spool", instance)
        self._spool = Spool(folder, worker)
        self._lead = FolderLock(folder)
        self._parts = Parts(folder, instance)
        self.reporter = Reporter(instance, self.recorder, cache.usage, lambda: self.follower.version, self._spool)
        self.carrier = Carrier(self._parts, channel, whatif)
        self.ticker = Ticker(clock)

    @property
    def leads(self) -> bool:
        return self._lead.held

    def open(self) -> None:
        """Put the configuration in force and take up the open minute, before the first request."""
        self._spool.hold()
        self.follower.start(asks=self._lead.take())
        self.reporter.open(self._clock())  # not the time before it was held: a leader may have closed the minute since

    def start(self) -> None:
        """Open, then go on by itself, in threads of the process that calls this."""
        self.open()
        self.ticker.every(ROLL_SECONDS, self.roll)
        self.ticker.every(SEND_SECONDS, self.send)
        self.ticker.every(self._traits.follow_seconds, self.follow, jitter=self._traits.follow_jitter)
        self.ticker.every(LOOK_SECONDS, self.look)

        if self.whatif is not None:
            self.ticker.every(PUMP_SECONDS, self.whatif.pump)
            self.ticker.every(SEND_SECONDS, self.whatif.send)

    def roll(self, now: float) -> None:
        self.reporter.roll(now)

    def send(self, now: float) -> None:
        if self._lead.take():
            self.carrier.send(now)

    def follow(self, now: float) -> None:
        if self.leads:
            self.follower.follow(now)

    def look(self, now: float) -> None:
        if not self.leads:
            self.follower.look(now)

    def leading(self, job: Job) -> Job:
        """The job, in the worker that leads; nothing in the others."""

        def if_leading(now: float) -> None:
            if self.leads:
                job(now)

        return if_leading

    def flush(self) -> None:
        """The open minute to disk and, if it answers, to the channel: an end is near, and may come fast."""
        self.reporter.roll(self._clock())
        if self.leads:
            self.carrier.flush(self._clock())

    def close(self) -> None:
        """Stop the jobs, flush, and say that this instance stops."""
        self.ticker.close()
        try:
            self.reporter.roll(self._clock())
            self._spool.release()
            # Whoever has its turn sends what all have left by then; so the last one sends the whole minute.
            if self._lead.take_within(END_TURN_SECONDS):
                self.carrier.flush(self._clock())
                if not self._parts.others_live():
                    self.follower.close()
        finally:
            if self.whatif is not None:
                self.whatif.close(self._clock())
            self._spool.release()
            self._lead.release()
