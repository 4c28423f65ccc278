"""One fetch per cold thing: who leads, who waits, and what happens when a leader fails."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cache.flights import Flights, FlightTimeout
from tests.processes import PATIENCE_SECONDS, wait_until


class Fetch:
    """A fetch that waits until it is let go, and then brings the next of its outcomes."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.started = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        outcome = self.outcomes[self.calls - 1]
        self.started.release()
        assert self.gate.acquire(timeout=PATIENCE_SECONDS)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def wait_until_waiting(flights, name, count):
    wait_until(lambda: flights.waiting(name) >= count)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as executor:
        yield executor


def test_a_lone_caller_fetches():
    assert Flights(1).fly("a", lambda: 42) == (42, False)


def test_one_fetch_serves_all_who_ask_meanwhile(pool):
    flights, fetch = Flights(10), Fetch("bytes")
    leader = pool.submit(flights.fly, "a", fetch)
    assert fetch.started.acquire(timeout=PATIENCE_SECONDS)
    others = [pool.submit(flights.fly, "a", fetch) for _ in range(8)]
    wait_until_waiting(flights, "a", 8)
    fetch.gate.release()
    assert leader.result(10) == ("bytes", False)
    assert [other.result(10) for other in others] == [("bytes", True)] * 8
    assert fetch.calls == 1


def test_different_names_do_not_wait_for_each_other(pool):
    flights, fetch = Flights(10), Fetch("slow")
    slow = pool.submit(flights.fly, "a", fetch)
    assert fetch.started.acquire(timeout=PATIENCE_SECONDS)
    assert flights.fly("b", lambda: "quick") == ("quick", False)
    fetch.gate.release()
    assert slow.result(10) == ("slow", False)


def test_a_failed_leader_hands_over_once(pool):
    flights, fetch = Flights(10), Fetch(OSError("first"), "second try")
    leader = pool.submit(flights.fly, "a", fetch)
    assert fetch.started.acquire(timeout=PATIENCE_SECONDS)
    others = [pool.submit(flights.fly, "a", fetch) for _ in range(4)]
    wait_until_waiting(flights, "a", 4)
    fetch.gate.release(2)
    with pytest.raises(OSError, match="first"):
        leader.result(10)
    results = [other.result(10) for other in others]
    assert {value for value, _ in results} == {"second try"}
    assert sorted(waited for _, waited in results) == [False, True, True, True]
    assert fetch.calls == 2


def test_a_second_failure_reaches_all_who_wait(pool):
    flights, fetch = Flights(10), Fetch(OSError("first"), OSError("second"))
    leader = pool.submit(flights.fly, "a", fetch)
    assert fetch.started.acquire(timeout=PATIENCE_SECONDS)
    others = [pool.submit(flights.fly, "a", fetch) for _ in range(4)]
    wait_until_waiting(flights, "a", 4)
    fetch.gate.release(2)
    with pytest.raises(OSError, match="first"):
        leader.result(10)
    for other in others:
        with pytest.raises(OSError, match="second"):
            other.result(10)
    assert flights.fly("a", lambda: "later") == ("later", False)


def test_waiting_is_bounded(pool):
    flights, fetch = Flights(0.01), Fetch("late")
    leader = pool.submit(flights.fly, "a", fetch)
    assert fetch.started.acquire(timeout=PATIENCE_SECONDS)
    with pytest.raises(FlightTimeout):
        flights.fly("a", fetch)
    fetch.gate.release()
    assert leader.result(10) == ("late", False)
