"""How a served app begins and ends, whatever ends it."""

import http.client
import os
import signal

import pytest

from tests.processes import PATIENCE_SECONDS, wait_until
from tests.serving import start
from web.serving import KILL_AFTER_SECONDS
from web.worker import CLOSE_AFTER_SECONDS

__all__ = ["start"]


def lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def closed_once(app):
    # With nothing under way it may be closed before there is anything to drain.
    return app.events[1:] in (["drains", "closed"], ["closed"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_main_process_ends_it_in_order(start, number):
    app = start()
    worker = app.worker
    app.process.send_signal(number)
    assert app.ended() == 0
    assert closed_once(app)
    assert not lives(worker)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_ends_it_in_order(start, number):
    app = start()
    os.killpg(app.process.pid, number)
    assert app.ended() == 0
    assert closed_once(app)


@pytest.mark.parametrize("settings", [{}, {"NOTES_LATE": 1}], ids=["noted at once", "noted late"])
def test_a_worker_that_heard_of_the_end_first_is_no_failure(start, settings):
    app = start(**settings)
    worker = app.worker
    app.process.send_signal(signal.SIGSTOP)
    os.kill(worker, signal.SIGINT)
    wait_until(lambda: not lives(worker), what="the worker to end")
    app.process.send_signal(signal.SIGINT)
    app.process.send_signal(signal.SIGCONT)
    assert app.ended() == 0
    assert closed_once(app)


def test_half_sent_bodies_and_hanging_requests_do_not_delay_the_end(start):
    app = start(STALL_SECONDS=600)
    connections = [app.half_sent() for _ in range(4)] + [app.half_sent("hang")]
    app.process.terminate()
    assert app.ended() == 0
    assert app.events[1:] == ["drains", "closed"]
    for connection in connections:
        connection.close()


def test_an_end_that_was_asked_for_may_take_five_seconds_at_most():
    assert CLOSE_AFTER_SECONDS < KILL_AFTER_SECONDS < 5


def test_a_worker_whose_parent_was_killed_closes_and_ends(start):
    app = start()
    worker = app.worker
    app.process.kill()
    wait_until(lambda: not lives(worker), what="the orphan to end")
    assert closed_once(app)


def test_a_successor_takes_over_from_one_that_was_killed(start):
    first = start()
    first.process.kill()
    second = start(PORT=first.port, INSTANCE=first.instance)
    assert second.answers()


def test_a_crashed_worker_is_replaced(start):
    app = start()
    before = app.worker
    with pytest.raises((OSError, http.client.HTTPException)):
        app.ask("crash")
    wait_until(app.answers, what="a new worker to answer")
    assert app.worker != before
    assert app.process.poll() is None


def test_an_app_that_cannot_be_made_ends_with_a_sentence(start):
    app = start(ready=False, FACTORY="cannot_be_made")
    said = app.process.communicate(timeout=PATIENCE_SECONDS)[0]
    assert app.process.returncode == 1
    assert "Test app could not start: DATABASE_URL must begin with sqlite:" in said
    assert "Traceback" not in said


def test_a_taken_port_ends_with_a_sentence(start):
    first = start()
    second = start(ready=False, PORT=first.port)
    said = second.process.communicate(timeout=PATIENCE_SECONDS)[0]
    assert second.process.returncode == 1
    assert f"can't listen on 127.0.0.1:{first.port}: address already in use" in said
    assert first.answers()


def test_a_second_process_of_the_same_name_refuses_to_start(start):
    first = start()
    second = start(ready=False, INSTANCE=first.instance)
    said = second.process.communicate(timeout=PATIENCE_SECONDS)[0]
    assert second.process.returncode == 1
    assert f"An instance called '{first.instance}' is running on this machine already." in said
    assert first.answers()


def test_an_unknown_host_ends_with_a_sentence(start):
    app = start(ready=False, HOST="no.such.host.invalid")
    said = app.process.communicate(timeout=PATIENCE_SECONDS)[0]
    assert app.process.returncode == 1
    assert "it can't listen on no.such.host.invalid" in said


def test_it_says_where_it_answers(start):
    app = start()
    line = app.process.stdout.readline()
    assert line == f"Test app answers at http://127.0.0.1:{app.port}\n"
