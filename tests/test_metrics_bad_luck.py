"""Whichever worker is killed, and at whatever point: each request is in what was sent, once."""

import os
import random
from functools import partial
from pathlib import Path

import pytest

from metrics.parts import KEPT_SECONDS
from tests.stations import Workers

MINUTE = 60


@pytest.fixture(autouse=True)
def _nobody_waits_at_the_end(monkeypatch):
    monkeypatch.setattr("metrics.station.END_TURN_SECONDS", 0.0)


@pytest.fixture
def four(tmp_path):
    return Workers(tmp_path, 4)


class Killed(BaseException):
    """Stands for a kill: no code of ours may catch it."""


class Deadly:
    """Kills at the n-th step that leaves a trace on the disk or in the channel, before or after it is done."""

    def __init__(self, monkeypatch, channel):
        self.steps_left = -1
        self.after = False
        for owner, name in ((Path, "rename"), (Path, "replace"), (Path, "unlink"), (os, "rename")):
            monkeypatch.setattr(owner, name, self._deadly(getattr(owner, name)))
        channel._channel.send = self._deadly(channel._channel.send)

    def _deadly(self, step):
        def call(*arguments, **named):
            self.steps_left -= 1
            if self.steps_left == 0 and not self.after:
                raise Killed
            done = step(*arguments, **named)
            if self.steps_left == 0:
                raise Killed
            return done

        return call

    def kill_at(self, step, after, job):
        """Whether the job was killed."""
        self.steps_left, self.after = step, after
        try:
            job()
        except Killed:
            return True
        finally:
            self.steps_left = -1
        return False


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", range(1, 9))
def test_a_leader_killed_at_any_point_of_sending_costs_and_doubles_nothing(four, monkeypatch, step, after):
    deadly = Deadly(monkeypatch, four.channel)
    for worker in range(4):
        four.serve(worker, 10**worker)
    four.pass_seconds(MINUTE - 1)
    four.now += 1
    four.kill(1)  # so that its minute is closed by the leader
    for station in four.living:
        station.roll(four.now)
    leader = four.leader
    if deadly.kill_at(step, after, lambda: four.stations[leader].send(four.now)):
        four.kill(leader)
    four.pass_seconds(2)
    assert four.requests() == {0: 1111}
    for worker, station in enumerate(four.stations):
        if station is None:
            four.respawn(worker)
    four.serve(2, 5)
    four.pass_seconds(KEPT_SECONDS, step=20)
    assert four.requests()[0] == 1111
    assert sum(four.requests().values()) == 1116


SEEDS = 4
ROUNDS = 80


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_hours_of_bad_luck_cost_and_double_nothing(tmp_path, monkeypatch, count, seed):
    """Workers and leaders are killed, stand still, end and come back, and the channel is away now and then."""
    luck = random.Random(seed)
    workers = Workers(tmp_path, count)
    deadly = Deadly(monkeypatch, workers.channel)
    served = 0

    def serve_some():
        nonlocal served
        for worker, station in enumerate(workers.stations):
            if station is not None:
                requests = luck.randrange(5)
                workers.serve(worker, requests)
                served += requests

    def save(station):
        # What a kill may cost, a second of counts, is looked at elsewhere: here all is saved before.
        station.roll(workers.now)

    for _ in range(ROUNDS):
        serve_some()
        workers.channel.cut = luck.random() < 0.2
        still = [worker for worker in range(count) if luck.random() < 0.2]
        workers.pass_seconds(luck.choice([1, 7, 20, 65]), without=still, step=6)
        worker = luck.randrange(count)
        station = workers.stations[worker]
        match luck.randrange(5):
            case 0 if station is not None:
                save(station)
                workers.kill(worker)
            case 1 if station is not None:
                save(station)
                if deadly.kill_at(luck.randrange(1, 12), luck.random() < 0.5, partial(station.send, workers.now)):
                    workers.kill(worker)
            case 2 if station is None:
                workers.respawn(worker)
            case 3 if luck.random() < 0.2:
                workers.close(luck.sample(range(count), count))
                workers.start(count)
    workers.channel.cut = False
    for worker, station in enumerate(workers.stations):
        if station is None:
            workers.respawn(worker)
    workers.pass_seconds(130, step=10)
    assert sum(workers.requests().values()) == served
    largest = {}
    for minute in workers.channel.sent:
        largest[minute.time] = max(largest.get(minute.time, 0), minute.values["requests"])
    assert sum(largest.values()) == served  # as CloudWatch reads it, by Maximum
