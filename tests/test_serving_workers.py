"""Several worker processes behind one socket: what holds for one holds for each."""

import contextlib
import os
import signal

import pytest

from tests.processes import wait_until
from tests.serving import start
from tests.test_serving_lifecycle import lives

__all__ = ["start"]

COUNT = 4


@pytest.fixture
def app(start):
    app = start(WORKERS=COUNT)
    wait_until(lambda: len(app.workers) == COUNT and all(map(listens, app.workers.values())), 20, "all to begin")
    return app


def listens(pid):
    """Whether it has come as far as hearing signals, which is the last thing before it serves."""
    return bool(status(pid, "SigCgt", lambda mask: int(mask, 16)) >> signal.SIGTERM - 1 & 1)


def status(pid, name, read):
    with open(f"/proc/{pid}/status") as lines:
        return read(next(line.split()[1] for line in lines if line.startswith(name)))


def stands_still(pid):
    return all(status(f"{pid}/task/{thread}", "State", str) == "T" for thread in os.listdir(f"/proc/{pid}/task"))


@contextlib.contextmanager
def standing_still(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(map(stands_still, pids)), 10, "them to stand still")
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def ends(app):
    return app.events.count("closed")


def test_each_has_a_number_and_each_serves(app):
    workers = app.workers
    assert sorted(workers) == list(range(COUNT))
    for pid in workers.values():
        with standing_still(set(workers.values()) - {pid}):
            assert int(app.ask("pid", timeout=20)) == pid


@pytest.mark.parametrize("killed", [{0}, {3}, {1, 2}, {0, 1, 2, 3}])
def test_those_that_are_killed_are_replaced_under_their_numbers(app, killed):
    before = app.workers
    for worker in killed:
        os.kill(before[worker], signal.SIGKILL)
    wait_until(lambda: all(app.workers[worker] != before[worker] for worker in killed), 20, "all to be replaced")
    for worker in range(COUNT):
        assert (app.workers[worker] == before[worker]) == (worker not in killed)
    wait_until(app.answers, 20, "an answer")
    assert app.process.poll() is None
    app.process.terminate()
    assert app.ended() == 0


def test_while_one_is_replaced_the_others_answer(app):
    before = app.workers
    os.kill(before[1], signal.SIGKILL)
    wait_until(lambda: not lives(before[1]), 10, "it to die")
    while app.workers[1] == before[1]:
        assert app.answers()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("group", [False, True])
def test_a_signal_ends_each_in_order(app, number, group):
    (os.killpg if group else os.kill)(app.process.pid, number)
    assert app.ended() == 0
    assert ends(app) == COUNT
    assert not any(lives(pid) for pid in app.workers.values())


def test_each_is_told_to_drain_while_a_request_hangs(app):
    with contextlib.closing(app.half_sent("hang")):
        app.process.terminate()
        assert app.ended() == 0
    assert app.events.count("drains") >= 1
    assert ends(app) == COUNT


def test_all_close_and_end_when_their_parent_was_killed(app):
    app.process.kill()
    for pid in app.workers.values():
        wait_until(lambda pid=pid: not lives(pid), 10, "the orphan to end")
    assert ends(app) == COUNT


def test_one_that_cannot_begin_ends_all_with_a_sentence(start):
    app = start(ready=False, WORKERS=COUNT, FACTORY="only_the_first_can_be_made")
    said = app.process.communicate(timeout=20)[0]
    assert app.process.returncode == 1
    assert "Test app could not start: DATABASE_URL must begin with sqlite:" in said
    assert "Traceback" not in said


def test_a_worker_that_cannot_live_is_not_replaced_for_ever(app):
    for _ in range(2):
        before = app.workers[2]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda before=before: app.workers[2] != before or app.process.poll() is not None, 20, "what comes")
    assert app.ended() == 1
    assert ends(app) == COUNT - 1
