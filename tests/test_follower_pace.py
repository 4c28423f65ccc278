"""How often a service asks for a configuration and says its word: less where it is told to, again before words fade."""

import pytest

from cache.config import DEFAULT
from cache.memory import MemoryCache
from metrics.channel import ChannelUnavailable
from metrics.follower import ANNOUNCE_SECONDS, Follower


class Throttling:
    """A channel that is asked, and answers as it is told to."""

    def __init__(self):
        self.asked = 0
        self.words = []
        self.refuses: ChannelUnavailable | None = None

    def newest(self):
        self.asked += 1
        if self.refuses:
            raise self.refuses
        return DEFAULT

    def announce(self, announcement):
        self.words.append(announcement)


class World:
    def __init__(self, folder):
        self.now = 1e9
        self.channel = Throttling()
        cache = MemoryCache("lru", 1 << 20)
        self.follower = Follower("me", cache, self.channel, folder / "last.json", 1 << 30, clock=lambda: self.now)
        self.follower.start()

    def asked_within(self, seconds, every=30):
        """How often the channel was asked while the ticker went on."""
        before = self.channel.asked
        for _ in range(seconds // every):
            self.now += every
            self.follower.follow(self.now)
        return self.channel.asked - before


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_channel_that_answers_is_asked_each_time(world):
    assert world.asked_within(3600) == 120


def test_a_channel_that_throttles_is_asked_less_and_less_and_at_once_as_before_when_it_answers(world):
    world.channel.refuses = ChannelUnavailable("throttled", throttled=True)
    assert world.asked_within(3600) <= 10
    assert world.follower.problem == "throttled"
    world.channel.refuses = None
    world.asked_within(600)
    assert world.follower.problem == ""
    assert world.asked_within(600) == 20


def test_a_channel_that_is_away_is_asked_each_time(world):
    world.channel.refuses = ChannelUnavailable("no connection")
    assert world.asked_within(3600) == 120


def test_a_living_instance_repeats_its_word_so_that_it_does_not_fade(world):
    assert len(world.channel.words) == 1
    world.asked_within(2 * 86_400 + 60)
    assert len(world.channel.words) == 1 + 2 * 86_400 // ANNOUNCE_SECONDS
