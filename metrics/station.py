"""A service's side of the channel: its counts go out, its configuration comes in."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from cache.cache import Cache
from cache.whatif.tap import Tap
from metrics.channel import Channel
from metrics.follower import Follower
from metrics.machine import memory_bytes
from metrics.recorder import Recorder
from metrics.reporter import Reporter
from metrics.spool import Spool
from metrics.ticker import Ticker
from metrics.whatif import PUMP_SECONDS, WhatIf

ROLL_SECONDS = 1.0
SEND_SECONDS = 1.0


class Station:
    """Recorder, reporter and follower of one instance, and the ticker that drives them.

    The channel says how often it is asked for a newer configuration. A test calls ``open`` and then the jobs of
    ``reporter`` and ``follower`` by hand, with its own time.
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
    ) -> None:
        self._clock = clock
        self._traits = channel.traits
        self.recorder = Recorder(tap)
        self.whatif = whatif
        last_good = data_dir / "configuration" / f"{quote(instance, safe='')}.json"
        self.follower = Follower(instance, cache, channel, last_good, memory_bytes(), clock)
        self.reporter = Reporter(
            instance,
            self.recorder,
            cache.usage,
            lambda: self.follower.version,
            channel,
            Spool(data_dir / "spool", instance),
            whatif,
        )
        self.ticker = Ticker(clock)

    def open(self) -> None:
        """Put the configuration in force and take up the open minute, before the first request."""
        self.follower.start()
        self.reporter.open(self._clock())

    def start(self) -> None:
        """Open, then go on by itself, in threads of the process that calls this."""
        self.open()
        self.ticker.every(ROLL_SECONDS, self.reporter.roll)
        self.ticker.every(SEND_SECONDS, self.reporter.send)
        self.ticker.every(self._traits.follow_seconds, self.follower.follow, jitter=self._traits.follow_jitter)

        if self.whatif is not None:
            self.ticker.every(PUMP_SECONDS, self.whatif.pump)
            self.ticker.every(SEND_SECONDS, self.whatif.send)

    def flush(self) -> None:
        """The open minute to disk and, if it answers, to the channel: an end is near, and may come fast."""
        self.reporter.flush(self._clock())

    def close(self) -> None:
        """Stop the jobs, flush, and say that this instance stops."""
        self.ticker.close()
        self.flush()
        if self.whatif is not None:
            self.whatif.close(self._clock())
        self.follower.close()
