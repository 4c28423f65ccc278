"""From a form to a document: saved, overtaken, or refused; never over what somebody else saved."""

import pytest

from cache.config import DEFAULT, MIB, edited
from dashboard.editing import clear_cache, content, moved_onto, save
from dashboard.forms import Draft
from dashboard.ranges import utc
from metrics.channel import ChannelUnavailable
from metrics.sqlite_channel import SqliteChannel

NOW = utc(1_795_435_500)


@pytest.fixture
def channel(tmp_path):
    return SqliteChannel(str(tmp_path / "channel.db"))


def published(channel, **edit):
    document = edited(channel.newest(), edit, now=NOW)
    channel.publish(document)
    return document


def test_an_edit_of_the_newest_is_saved(channel):
    outcome = save(channel, DEFAULT, {"policy": "random", "author": "maria"}, NOW)
    assert outcome.saved == channel.newest()
    assert (outcome.saved.version, outcome.saved.policy, outcome.saved.author) == (1, "random", "maria")


def test_an_edit_of_an_older_one_changes_nothing_and_says_what_is_newest(channel):
    theirs = published(channel, capacity_bytes=150 * MIB, author="jonas")
    outcome = save(channel, DEFAULT, {"capacity_bytes": 50 * MIB}, NOW)
    assert (outcome.saved, outcome.overtaken) == (None, theirs)
    assert channel.newest() == theirs


def test_somebody_between_reading_and_writing_is_noticed_too(channel, monkeypatch):
    publish = SqliteChannel.publish

    def overtaken(self, document):
        monkeypatch.setattr(SqliteChannel, "publish", publish)
        publish(self, edited(DEFAULT, {"policy": "random", "author": "jonas"}, now=NOW))
        publish(self, document)

    monkeypatch.setattr(SqliteChannel, "publish", overtaken)
    assert save(channel, DEFAULT, {"capacity_bytes": 50 * MIB, "policy": "lru"}, NOW).overtaken.author == "jonas"


def test_what_is_in_force_already_counts_as_saved(channel):
    theirs = published(channel, capacity_bytes=50 * MIB, author="jonas")
    edit = {"capacity_bytes": 50 * MIB, "policy": "lru", "author": "maria", "reason": "the same"}
    assert save(channel, DEFAULT, edit, NOW).saved == theirs


@pytest.mark.parametrize("edit", [{"capacity_bytes": 0}, {"policy": "clairvoyant"}])
def test_a_bad_edit_is_refused_in_words(channel, edit):
    outcome = save(channel, DEFAULT, edit, NOW)
    assert outcome.trouble.startswith("Not saved, nothing was changed: ")
    assert channel.newest() == DEFAULT


def test_a_channel_that_does_not_answer_is_said_in_words(channel, monkeypatch):
    def fail(self):
        raise ChannelUnavailable("disk on fire")

    monkeypatch.setattr(SqliteChannel, "newest", fail)
    assert save(channel, DEFAULT, {"policy": "random"}, NOW).trouble == (
        "Not saved, nothing was changed: disk on fire."
    )
    assert clear_cache(channel, "maria", NOW).trouble == "Not cleared: disk on fire."


def test_clearing_is_a_new_purge_generation_and_nothing_else(channel):
    before = published(channel, capacity_bytes=150 * MIB)
    for generation in (1, 2):
        cleared = clear_cache(channel, "maria", NOW).saved
        assert (cleared.purge.generation, cleared.purge.keys) == (generation, [])
        assert content(cleared) == content(before)
        assert (cleared.author, cleared.reason) == ("maria", "Clear cache")


def test_clearing_takes_nothing_of_another_edit_away(channel, monkeypatch):
    publish = SqliteChannel.publish

    def overtaken(self, document):
        monkeypatch.setattr(SqliteChannel, "publish", publish)
        publish(self, edited(DEFAULT, {"policy": "random"}, now=NOW))
        publish(self, document)

    monkeypatch.setattr(SqliteChannel, "publish", overtaken)
    cleared = clear_cache(channel, "maria", NOW).saved
    assert (cleared.version, cleared.policy, cleared.purge.generation) == (2, "random", 1)


@pytest.mark.parametrize(
    ("draft", "moved"),
    [
        (Draft("lru", "200"), Draft("random", "200")),  # they changed the policy, I the capacity
        (Draft("lru", "100.0 MB"), Draft("random", "150")),  # I changed nothing
        (Draft("random", "100"), Draft("random", "150")),
        (Draft("lru", "abc", "maria", "why"), Draft("random", "abc", "maria", "why")),
    ],
)
def test_put_on_a_newer_one_a_draft_keeps_what_it_changed(draft, moved):
    theirs = edited(DEFAULT, {"policy": "random", "capacity_bytes": 150 * MIB}, now=NOW)
    assert moved_onto(theirs, DEFAULT, draft) == moved
