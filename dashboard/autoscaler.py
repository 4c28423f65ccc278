"""``python -m dashboard.autoscaler``: moves the capacity as the newest configuration says, and says why."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from cache.config import Configuration
from cache.scaling import Action, decide
from dashboard.editing import save
from dashboard.ranges import utc
from dashboard.reader import Reader
from dashboard.scaling.situation import look, window_end
from dashboard.scaling.words import OVERTAKEN, document, overtaken
from dashboard.settings import Settings
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import Outlooks
from metrics.chain import AUTOSCALER
from metrics.channel import Channel, ChannelUnavailable, ConfigurationRefused
from metrics.channels import open_channel
from metrics.decisions import Decision
from metrics.prices import Prices
from metrics.ticker import Ticker
from web.startup import read_settings

TICK_SECONDS = 5.0
AGAIN_SECONDS = 3600
"""The same hold for the same reason is written once, and then again each hour."""
MAX_REASON = 500

log = logging.getLogger(__name__)


class Autoscaler:
    """One decision a minute, while the mode is not manual; any number of these do no harm to each other."""

    def __init__(
        self, channel: Channel, prices: Prices, least_requests: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._channel = channel
        self._prices = prices
        self._least_requests = least_requests
        self._clock = clock
        self._reader = Reader(channel, clock)
        self._curves = Curves(channel, clock)
        self._outlooks = Outlooks(self._reader, self._curves, prices)
        self._done: tuple[int, str] | None = None
        self._applied = ""
        self._repeated = 0
        self._unsent: list[Decision] = []
        self._mode = ""
        self.problem = ""

    def tick(self, now: float = 0.0) -> Decision | None:
        """Decide once for each minute and each new configuration; what was decided, None where nothing was."""
        try:
            decided = self._tick()
        except (ChannelUnavailable, ConfigurationRefused) as error:
            if not self.problem:
                log.warning("nothing is decided: %s", error)
            self.problem = str(error)
            return None
        self.problem = ""
        return decided

    def _tick(self) -> Decision | None:
        newest = self._channel.newest()
        self._say_mode(newest)
        if newest.autoscale.mode == "manual":
            return None
        step = window_end(self._clock(), self._channel.traits.lag_seconds), newest.id
        if step == self._done:
            return None
        if self._reader.newest().id != newest.id:
            self._reader.retry()
        if self._reader.failure:
            raise ChannelUnavailable(self._reader.failure.message)
        decided = self._decide()
        # What was just changed is not looked at again before the next minute.
        self._done = step if decided.applied_version is None else (step[0], self._applied)
        self._write(decided)
        return decided

    def _decide(self) -> Decision:
        seen = look(self._reader, self._curves, self._prices, self._least_requests)
        decision, now = decide(seen.situation), self._clock()
        told = document(seen, decision, now)
        if decision.action is Action.HOLD or told.dry_run:
            return told
        edit = {"capacity_bytes": told.chosen_bytes, "author": AUTOSCALER, "reason": told.sentence[:MAX_REASON]}
        ours: list[str] = []

        def predicted(base: Configuration, made: Configuration) -> Configuration:
            ours.append(made.id)
            return self._outlooks.predicted(base, made)

        outcome = save(self._channel, seen.document, edit, utc(now), predicted)
        if outcome.trouble:
            raise ChannelUnavailable(outcome.trouble)
        if outcome.saved and outcome.saved.id in ours:
            self._reader.retry()
            self._applied = outcome.saved.id
            return replace(told, applied_version=outcome.saved.version)
        won = outcome.overtaken or outcome.saved
        return replace(
            told, action="hold", why=OVERTAKEN, chosen_bytes=told.capacity_bytes,
            sentence=overtaken(decision, won.author, won.version),
        )  # fmt: skip

    def _write(self, decided: Decision) -> None:
        """One document a decision; the same hold again is only counted, until it is told or an hour is over."""
        now = self._clock()
        before = self._channel.decisions(int(now) - AGAIN_SECONDS, int(now) + 1)
        if before and _same(before[-1], decided):
            self._repeated += 1
        else:
            log.info("%s", decided.sentence)
            self._unsent.append(replace(decided, repeated=self._repeated))
            self._repeated = 0
        while self._unsent:
            self._channel.send_decision(self._unsent[0])
            self._unsent.pop(0)

    def _say_mode(self, newest: Configuration) -> None:
        if newest.autoscale.mode != self._mode:
            self._mode = newest.autoscale.mode
            log.info("v%s: the mode is %s", newest.version, self._mode.replace("_", " "))


def _same(before: Decision, decided: Decision) -> bool:
    """Whether it says again what was said: nothing was changed, of the same version and for the same reason."""
    unchanged = decided.applied_version is None and before.applied_version is None
    return unchanged and _gist(before) == _gist(decided)


def _gist(decision: Decision) -> tuple:
    return decision.version, decision.mode, decision.action, decision.why, decision.dry_run


def main() -> None:
    settings = read_settings(Settings)
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: ended.set())
    channel = open_channel(settings.channel_url)
    scaler, ticker = Autoscaler(channel, settings.prices, settings.scale_requests), Ticker()
    ticker.every(max(TICK_SECONDS, channel.traits.read_seconds), scaler.tick)
    log.info("watching %s", channel.traits.place)
    ended.wait()
    ticker.close()


if __name__ == "__main__":
    main()
