"""Verdicts as the manager keeps and tells them: once given they stay, and nothing waits for ever."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cache.config import DEFAULT, MIB, Prediction, edited
from dashboard.pages import activity
from dashboard.reader import RETRY_SECONDS, Reader
from dashboard.whatif import verdicts
from dashboard.whatif.curves import Curves
from dashboard.whatif.verdicts import Change, Verdicts, long, score
from metrics.channel import ChannelUnavailable
from metrics.sqlite_channel import SqliteChannel
from metrics.verdict import Kind, Verdict
from tests.test_configuration_page import words
from tests.whatif_days import small

T = 1_800_000_000
POLICIES = ("gdsf", "lru")
PROMISED = {"start": T - 3600, "end": T, "requests": 60_000, "before": 0.7, "after": 0.8, "error": 0.005}


class World:
    """A manager's verdicts on one real channel, twenty minutes after GDSF came into force."""

    def __init__(self, folder):
        self.now = T + 1200
        self.channel = SqliteChannel(str(folder / "channel.db"), lambda: self.now)
        self.curves = Curves(self.channel, lambda: self.now)
        self.verdicts = Verdicts(Reader(self.channel, lambda: self.now), self.curves, 600)
        self.newest = DEFAULT
        self.change(T)
        points = [["gdsf", 100 * MIB, 400, 1], ["lru", 100 * MIB, 350, 1]]
        for number in range(20):
            told = {"policy": "gdsf", "capacity_bytes": 100 * MIB, "points": points, "requests": 500, "hits": 400}
            self.channel.send_curve(small("a", T + 60 * number, **told))

    def change(self, at):
        """From LRU to GDSF, or back."""
        other = POLICIES[self.newest.policy == "gdsf"]
        document = edited(self.newest, {"policy": other}, now=datetime.fromtimestamp(at, UTC))
        self.newest = document.model_copy(update={"prediction": Prediction(**PROMISED)})
        self.channel.publish(self.newest)

    def first(self):
        return self.verdicts.changes()[-1]


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def failing(monkeypatch):
    def fail(self, *asked):
        raise ChannelUnavailable("disk on fire")

    return lambda: monkeypatch.setattr(SqliteChannel, "curves", fail)


def test_older_changes_keep_their_final_verdict_and_only_others_have_none(world, monkeypatch):
    monkeypatch.setattr(verdicts, "MOST_JUDGED", 1)
    world.now = T + 3 * 3600
    assert world.first().verdict.kind is Kind.CAME_TRUE
    for at in (T + 7200, T + 7800):
        world.change(at)
    world.now += 60
    assert [bool(change.verdict) for change in world.verdicts.changes()] == [True, False, True]
    assert world.first().verdict.kind is Kind.CAME_TRUE
    assert set(world.verdicts.of([change.document for change in world.verdicts.changes()])) == {1, 3}


def test_an_older_change_without_a_verdict_is_not_said_to_have_been_too_little_known(world):
    change = replace(world.first(), verdict=None)
    assert "only the newest 30 predictions are judged" in words(activity.rows([change]))
    change = replace(change, document=change.document.model_copy(update={"prediction": None}))
    assert "What-if knew too little" in words(activity.rows([change]))


def test_while_curves_cannot_be_read_the_last_verdict_stays(world, failing):
    seen = world.first().verdict
    assert (seen.kind, seen.final) == (Kind.CAME_TRUE, False)
    failing()
    world.now = T + 3 * 3600
    assert world.first().verdict == seen


def test_nothing_that_was_told_without_curves_is_final(world, failing, monkeypatch):
    world.now = T + 3 * 3600
    failing()
    told = world.first()
    assert (told.verdict.kind, told.verdict.final) == (Kind.UNKNOWN, False)
    assert "can't be read" in long(told)
    assert world.verdicts.failure([told]) == "disk on fire"
    monkeypatch.undo()
    world.now += RETRY_SECONDS
    told = world.first()
    assert (told.verdict.kind, told.verdict.final) == (Kind.CAME_TRUE, True)
    assert world.verdicts.failure([told]) == ""


def test_a_failure_of_before_is_none_of_verdicts_that_are_final(world):
    world.now = T + 3 * 3600
    told = world.first()
    world.curves.failure = "disk on fire"
    assert told.verdict.final
    assert world.verdicts.failure([told]) == ""


def test_what_is_final_waits_for_nothing(world):
    early = replace(world.first(), verdict=Verdict(Kind.EARLY, requests=9))
    assert score([early]).waiting == 1
    assert score([replace(early, verdict=replace(early.verdict, final=True))]).waiting == 0


@pytest.mark.parametrize(
    ("kind", "end"), [(Kind.CAME_TRUE, "asked for."), (Kind.UNKNOWN, "and the prediction is of all of it.")]
)
def test_less_memory_than_was_asked_for_is_said(kind, end):
    document = DEFAULT.model_copy(update={"capacity_bytes": 1000 * MIB, "prediction": Prediction(**PROMISED)})
    verdict = Verdict(kind, 0.8, 0.8, 0.7, requests=9000, final=True, given_bytes=700 * MIB)
    told = long(Change(document, DEFAULT, verdict))
    assert "A machine gave only 700 MB of the 1,000 MB asked for" in told
    assert told.endswith(end)
