"""Minutes that wait until it is known why their requests missed, and what of them waits at the end."""

import pytest

from cache.whatif.reasons import REASONS
from metrics.carrier import REASONS_AT_END_SECONDS, Carrier
from metrics.parts import Parts
from metrics.schema import Minute
from metrics.spool import Spool
from metrics.why import is_explained

OVER = 1_200_000_060
"""The end of a minute that began 60 s before."""


class Told:
    """Why requests missed, where that is known by now, or comes while one waits for it."""

    def __init__(self, comes=False, before=None):
        self.comes = comes
        self.before = before
        self.waited = []

    def reasons(self, start, seconds=0.0):
        self.waited.append(seconds)
        return dict.fromkeys(REASONS, 0) | {"cold": 3} if self.comes and seconds else None

    def reasons_before(self, start):
        return self.before

    def reasons_so_far(self, start, seconds):
        return dict.fromkeys(REASONS, 0) | {"changed": 1} if self.comes else None


class Kept:
    def __init__(self):
        self.minutes = []

    def send(self, minutes):
        self.minutes += minutes


@pytest.fixture
def folder(tmp_path):
    spool = Spool(tmp_path)
    spool.hold()
    spool.close_open(Minute("me", OVER - 60, {"requests": 5, "misses": 3}, {}))
    spool.keep_open(Minute("me", OVER, {"requests": 1, "misses": 0}, {}))
    yield tmp_path
    spool.release()


def test_a_minute_that_has_just_ended_waits_until_it_is_known_why_its_requests_missed(folder):
    channel = Kept()
    carrier = Carrier(Parts(folder, "me"), channel, Told())
    carrier.send(OVER + 1)
    assert channel.minutes == []
    carrier.send(OVER + 10)
    assert [minute.time for minute in channel.minutes] == [OVER - 60]


@pytest.mark.parametrize("comes", [True, False])
def test_at_the_end_it_does_not_stay_behind(folder, comes):
    channel, told = Kept(), Told(comes)
    Carrier(Parts(folder, "me"), channel, told).flush(OVER + 1)
    over, unfinished = channel.minutes
    assert (over.time, unfinished.time) == (OVER - 60, OVER)
    assert over.values["misses"] == 3
    assert ("miss_cold" in over.values) == comes
    assert is_explained(over) == comes
    assert told.waited == [REASONS_AT_END_SECONDS]


def test_what_nobody_told_in_time_is_put_down_as_the_minutes_before_were(folder):
    channel = Kept()
    told = Told(before=dict.fromkeys(REASONS, 0) | {"policy": 2, "cold": 1})
    Carrier(Parts(folder, "me"), channel, told).send(OVER + 10)
    [minute] = channel.minutes
    assert (minute.values["miss_policy"], minute.values["miss_cold"]) == (2, 1)


def test_at_the_end_what_is_known_of_the_open_minute_is_kept_for_who_goes_on_with_it(tmp_path):
    spool, channel = Spool(tmp_path), Kept()
    spool.hold()
    spool.keep_open(Minute("me", OVER, {"requests": 5, "misses": 3}, {}))
    carrier = Carrier(Parts(tmp_path, "me"), channel, Told(comes=True))
    carrier.flush(OVER + 1)
    assert "miss_changed" not in spool.take_open().values  # who counts on knows it still, and would write over it
    spool.release()
    carrier.flush(OVER + 1)
    assert [minute.values["miss_changed"] for minute in channel.minutes] == [3, 3]
    assert spool.take_open().values["miss_changed"] == 3
    with_more = spool.take_open().values | {"misses": 4, "requests": 6}
    spool.hold()
    spool.close_open(Minute("me", OVER, with_more, {}))
    carrier.send(OVER + 200)
    assert channel.minutes[-1].values["miss_changed"] == 4  # of the fourth nothing is told
