"""Minutes that wait until it is known why their requests missed, and what of them waits at the end."""

import pytest

from cache.whatif.reasons import REASONS
from metrics.carrier import OF_REASON, REASONS_AT_END_SECONDS, Carrier
from metrics.parts import Parts
from metrics.schema import Minute
from metrics.spool import Spool

OVER = 1_200_000_060
"""The end of a minute that began 60 s before."""


class Told:
    """Why requests missed, where that is known by now, or comes while one waits for it."""

    def __init__(self, comes=False):
        self.comes = comes
        self.waited = []

    def reasons(self, start, seconds=0.0):
        self.waited.append(seconds)
        return dict.fromkeys(REASONS, 0) | {"cold": 3} if self.comes and seconds else None

    def reasons_so_far(self, start, seconds):
        return None


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
    assert sum(over.values.get(name, 0) for name in OF_REASON) == (3 if comes else 0)
    assert told.waited == [REASONS_AT_END_SECONDS]
