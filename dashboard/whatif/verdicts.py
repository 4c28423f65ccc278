"""Every change with its verdict: what was predicted of it, what came, and how often predictions come true."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cache.config import Configuration
from dashboard.choices import policy_label
from dashboard.fleet import made_at
from dashboard.reader import Reader
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import setting_of
from dashboard.words import duration, plural, points, rate, size
from metrics.schema import MINUTE
from metrics.verdict import LONGEST_SECONDS, Kind, Verdict, judge

MOST_JUDGED = 30
"""The newest so many changes with a prediction; older ones keep the final verdict that they had, or have none."""

NOT_YET = (Kind.WAITING, Kind.WARMING, Kind.EARLY)


@dataclass(frozen=True)
class Change:
    """A document after another; ``verdict`` is None where nothing was predicted, or of one older than those judged.
    ``next`` came and changed it again."""

    document: Configuration
    before: Configuration
    verdict: Verdict | None = None
    next: Configuration | None = None

    @property
    def is_setting(self) -> bool:
        return setting_of(self.document) != setting_of(self.before)


@dataclass(frozen=True)
class Score:
    """Of the predictions that could be judged: how many came true, and how far off they were on the average.

    ``waiting`` are those of which it is still too early to tell.
    """

    came_true: int
    judged: int
    mean_error: float | None
    traffic_changed: int
    waiting: int = 0


class Verdicts:
    """Thread safe. A verdict that is final is worked out once."""

    def __init__(self, reader: Reader, curves: Curves, window_seconds: int) -> None:
        self._reader = reader
        self._curves = curves
        self._window_seconds = window_seconds
        self._lock = threading.Lock()
        self._told: dict[str, Verdict] = {}

    def changes(self) -> list[Change]:
        """Every change that can be read, newest first."""
        found: list[Change] = []
        following: Configuration | None = None
        left = MOST_JUDGED
        history = self._reader.history()
        for document, before in pairwise(history):
            change = Change(document, before, None, following)
            if change.is_setting:
                if document.prediction:
                    verdict = self._verdict(change) if left else self._final(document)
                    left = max(0, left - 1)
                    change = Change(document, before, verdict, following)
                following = document
            found.append(change)
        return found

    def of(self, documents: Sequence[Configuration]) -> dict[int, Change]:
        """The changes that these documents were, by version; only those with a verdict."""
        wanted = {document.version for document in documents if document.prediction}
        if not wanted:
            return {}
        judged = (change for change in self.changes() if change.verdict)
        return {change.document.version: change for change in judged if change.document.version in wanted}

    def failure(self, changes: Sequence[Change]) -> str:
        """Why verdicts among these may be old; empty where they are not. One that is final asks for nothing any more,
        so nothing would end a failure of before."""
        open_ones = any(change.verdict and not change.verdict.final for change in changes)
        return self._curves.failure if open_ones else ""

    def _final(self, document: Configuration) -> Verdict | None:
        with self._lock:
            told = self._told.get(document.id)
        return told if told and told.final else None

    def _verdict(self, change: Change) -> Verdict:
        document = change.document
        with self._lock:
            told = self._told.get(document.id)
        if told and told.final:
            return told
        at, now = made_at(document), self._reader.now()
        start = int(at) // MINUTE * MINUTE
        end = min(start + self._window_seconds + LONGEST_SECONDS + 2 * MINUTE, int(now) // MINUTE * MINUTE)
        next_at = made_at(change.next) if change.next else None
        if next_at is not None:
            end = min(end, int(next_at))
        curves = self._curves.minutes(start, max(start, end))
        if self._curves.failure:  # then these are of another time, or none at all
            return told or Verdict(Kind.UNKNOWN)
        verdict = judge(
            curves, setting_of(change.before), setting_of(document), document.prediction, at, now, next_at,
            self._window_seconds,
        )  # fmt: skip
        with self._lock:
            self._told[document.id] = verdict
        return verdict


def score(changes: Sequence[Change]) -> Score:
    judged = [change.verdict for change in changes if change.verdict and change.verdict.judged]
    errors = [abs(verdict.off) for verdict in judged]
    return Score(
        sum(verdict.kind is Kind.CAME_TRUE for verdict in judged),
        len(judged),
        sum(errors) / len(errors) if errors else None,
        sum(verdict.kind is Kind.TRAFFIC for verdict in judged),
        sum(bool(c.verdict) and c.verdict.kind in NOT_YET and not c.verdict.final for c in changes),
    )


def score_words(scored: Score) -> str:
    """Predictions came true 9 of 10, mean error 0.6 points."""
    if not scored.judged and scored.waiting:
        return f"{plural(scored.waiting, 'prediction waits for its', 'predictions wait for their')} verdict."
    if not scored.judged:
        return "No prediction has been put to the test yet. Apply a suggestion of What-if to see one."
    told = f"Predictions came true {scored.came_true} of {scored.judged}, mean error {points(scored.mean_error)}"
    if scored.traffic_changed:
        told += f"; of the others, {scored.traffic_changed} met other traffic than they were made for"
    return f"{told}."


def short(change: Change) -> str:
    """The verdict in a word or two."""
    verdict = change.verdict
    if verdict is None:
        return ""
    return {
        Kind.WAITING: "Waiting",
        Kind.WARMING: f"Warming up, {verdict.progress:.0%}".replace("%", " %"),
        Kind.EARLY: "Too early",
        Kind.CAME_TRUE: "Came true",
        Kind.BETTER: f"Better than predicted by {points(verdict.off)}",
        Kind.WORSE: f"Worse than predicted by {points(verdict.off)}",
        Kind.TRAFFIC: "Traffic changed",
        Kind.CUT_SHORT: "Cannot tell",
        Kind.UNKNOWN: "Cannot tell",
    }[verdict.kind]


def long(change: Change) -> str:
    """What the verdict means, and of the traffic."""
    verdict, promised = change.verdict, change.document.prediction
    if verdict is None or promised is None:
        return ""
    if verdict.kind is Kind.CUT_SHORT:
        later = duration(made_at(change.next) - made_at(change.document)) if change.next else "soon"
        return f"v{change.next.version if change.next else ''} came {later} later."
    if verdict.kind is Kind.UNKNOWN and verdict.given_bytes:
        return f"{_given(change)}, and the prediction is of all of it."
    if not verdict.judged:
        return {
            Kind.WAITING: "No instance has run on it for a whole minute yet.",
            Kind.WARMING: "The cache still holds what the old setting chose; counting begins once it has turned over."
            if verdict.progress < 0.5
            else "The cache has turned over; a few minutes are counted first.",
            Kind.EARLY: f"Only {verdict.requests:,} requests since.",
            Kind.UNKNOWN: "Too few minutes tell of both settings: it was not in force for long, the shadow of the old "
            "one did not run on, or the minutes are no longer kept or can't be read.",
        }[verdict.kind]
    told = (
        f"{_signed(verdict.gain)} on the latest {verdict.requests:,} requests, against "
        f"{policy_label(change.before.policy)} at {size(change.before.capacity_bytes)} unchanged. The shadows promise "
        f"{_signed(verdict.shadow - verdict.unchanged)} for the same requests: off by {_bare(verdict.off)}, 95 % from "
        f"{_bare(verdict.low)} to {_bare(verdict.high)}."
    )
    if not verdict.final:
        told += " So far: it is counted for an hour."
    if verdict.given_bytes:
        told += f" {_given(change)}."
    if verdict.traffic_changed:
        told += (
            f" The traffic changed: for that of before they promised {_signed(promised.after - promised.before)}, "
            f"which was right for the traffic of then."
        )
    return told


def numbers(change: Change) -> tuple[str, str, str, str]:
    """Before, predicted, after, and if unchanged."""
    promised, verdict = change.document.prediction, change.verdict
    if promised is None:
        return ("", "", "", "")
    predicted = f"{rate(promised.after)} ±{promised.error * 100:.1f}"
    return rate(promised.before), predicted, rate(verdict and verdict.after), rate(verdict and verdict.unchanged)


def _given(change: Change) -> str:
    asked = change.document.capacity_bytes
    return f"A machine gave only {size(change.verdict.given_bytes)} of the {size(asked)} asked for"


def _bare(difference: float) -> str:
    return f"{round(difference * 100, 1) + 0.0:+.1f}"  # no -0.0


def _signed(difference: float) -> str:
    return f"{'-' if round(difference, 3) < 0 else '+'}{points(difference)}"
