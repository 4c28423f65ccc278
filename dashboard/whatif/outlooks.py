"""The outlook of a range, from what the channel holds; and what a change is expected to do, to be kept with it."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

from cache.config import Configuration, Prediction
from dashboard.choices import choices
from dashboard.fleet import Fleet, made_at
from dashboard.ranges import HOUR, Range
from dashboard.reader import Reader
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlook import ENOUGH_REQUESTS, Outlook, setting_now
from dashboard.window import Window
from metrics.curves import Setting
from metrics.prices import Prices
from metrics.schema import MINUTE

LONGEST_SECONDS = 31 * 24 * HOUR
SETTLING_SECONDS = 1800


class Outlooks:
    """Thread safe, as its parts are."""

    def __init__(self, reader: Reader, curves: Curves, prices: Prices) -> None:
        self._reader = reader
        self._curves = curves
        self._prices = prices

    def over(self, window: Window, show: str = "hit") -> Outlook | None:
        """What the curve of a window says of the setting in force; None where nothing was counted."""
        fleet = self._reader.fleet()
        instance = "all" if fleet.shared else window.instance
        return self._over(window.range, instance, fleet.setting, window.whole_seconds, show)

    def from_now(self, base: Setting, seconds: int = HOUR) -> Outlook | None:
        """The same of the last so many seconds, seen from any setting."""
        end = self._this_minute()
        seconds = min(LONGEST_SECONDS, max(MINUTE, seconds // MINUTE * MINUTE))
        return self._over(Range(end - seconds, end, MINUTE), "all", base, seconds)

    def predicted(self, base: Configuration, document: Configuration, seconds: int = HOUR) -> Configuration:
        """The document with what it is expected to do, where it changes the setting and enough is known."""
        old, new = setting_of(base), setting_of(document)
        outlook = self.from_now(old, seconds) if old != new else None
        return document.model_copy(update={"prediction": outlook and prediction(outlook, new)})

    def _over(self, range: Range, instance: str, base: Setting, seconds: int, show: str = "hit") -> Outlook | None:
        fleet = self._reader.fleet()
        # The curve of a shared cache is told by whoever looks after it at the time.
        wanted = (range.start, range.end, instance, ENOUGH_REQUESTS)
        comparable = partial(self._curves.comparable, *wanted, in_turn=fleet.shared)
        curve = comparable()
        if curve is None or not curve.live.requests or not curve.points:
            return None
        if self._settling(curve.start):
            curve = comparable(settling=True) or curve
        now = setting_now(curve, base, capped=bool(fleet.capped))
        looked_on = Outlook(
            curve, now, self._caches(fleet, range, instance), self._prices, show, self._served(range, instance),
            choices(fleet), pace=self._pace(range, instance), minutes=seconds // MINUTE,
        )  # fmt: skip
        return looked_on if looked_on.here is not None else self._since_looked_at(looked_on, range, instance)

    def _since_looked_at(self, whole: Outlook, range: Range, instance: str) -> Outlook:
        """The same of the end of a range, in which the setting in force was looked at; of all where there is none."""
        asked = range.start, range.end, instance
        curve = self._curves.looked_at(*asked, whole.now, in_turn=bool(whole.choices.engine))
        if curve is None or not curve.live.requests or whole.now not in curve.points:
            return whole
        before = [setting for setting in whole.curve.in_force if setting[1] != whole.now[1]]
        cut = "when the capacity changed" if before else "when it was first looked at"
        served = self._served(Range(curve.start, range.end, MINUTE), instance)
        return replace(whole, curve=curve, served=served, cut=cut)

    def _caches(self, fleet: Fleet, range: Range, instance: str) -> int:
        """How many are paid for: those of now; where the range is over or nobody lives, as many as there were."""
        if fleet.shared or instance != "all":
            return 1
        living = 0 if self._is_over(range) else fleet.caches
        return living or self._curves.instances_at_a_time(range.start, range.end)

    def _served(self, range: Range, instance: str) -> int | None:
        totals = self._reader.totals(range, instance)
        return totals.requests if totals else None

    def _pace(self, range: Range, instance: str) -> int:
        """Requests in the busiest of the last minutes; 0 where the range is over, and nothing is waited for.

        The busiest: traffic that has just begun was only a part of its first minute, and the last may not be told yet.
        """
        if self._is_over(range):
            return 0
        now = self._this_minute()
        last = [Range(end - MINUTE, end, MINUTE) for end in (now, now - MINUTE, now - 2 * MINUTE)]
        return max(self._served(minute, instance) or 0 for minute in last)

    def _is_over(self, range: Range) -> bool:
        return range.end < self._this_minute()

    def _this_minute(self) -> int:
        return int(self._reader.now()) // MINUTE * MINUTE

    def _settling(self, start: int) -> bool:
        """Whether a range begins soon after the setting last changed before it."""
        history = self._reader.history()
        changes = [made_at(d) for d, before in pairwise(history) if setting_of(d) != setting_of(before)]
        return any(at - MINUTE <= start < at + SETTLING_SECONDS for at in changes)


def setting_of(document: Configuration) -> Setting:
    return document.policy, document.capacity_bytes


def prediction(outlook: Outlook, new: Setting) -> Prediction | None:
    """None where too little is known to promise anything."""
    before, after = outlook.rate(outlook.now, by_bytes=False), outlook.rate(new, by_bytes=False)
    if outlook.too_early or outlook.off or after is None or outlook.weak(new):
        return None
    curve = outlook.curve
    error = max(outlook.error_of(setting) for setting in (outlook.now, new))
    about = {"start": curve.start, "end": curve.end, "requests": curve.live.requests}
    return Prediction(**about, before=before, after=after, error=min(1.0, error))
