"""Guessing is slow: whoever tries too often waits, and only he."""

import pytest

from web.clients import Client, client_of
from web.problems import Problem
from web.tries import MOST, MOST_OF_A_PEER, REMEMBERED, WAIT_SECONDS, Tries


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tries(clock):
    return Tries(clock)


ONE, OTHER = Client("192.0.2.1", "192.0.2.1"), Client("192.0.2.2", "192.0.2.2")


def wait(tries, client):
    """The seconds that a refusal says; 0 where there is none."""
    try:
        tries.refuse_guessers(client)
    except Problem as problem:
        return int(problem.headers["Retry-After"])
    return 0


def fail(tries, client, times):
    for _ in range(times):
        assert not wait(tries, client)
        tries.failed(client)


def test_after_so_many_wrong_tries_a_client_waits_a_minute_and_nobody_else(tries, clock):
    fail(tries, ONE, MOST)
    with pytest.raises(Problem, match=f"Too many tries. Wait {WAIT_SECONDS} s.") as refused:
        tries.refuse_guessers(ONE)
    assert (refused.value.code, wait(tries, ONE)) == (429, WAIT_SECONDS)
    assert wait(tries, OTHER) == 0
    clock.now += WAIT_SECONDS - 0.5
    assert wait(tries, ONE) == 1
    clock.now += 0.5
    assert wait(tries, ONE) == 0


def test_the_wait_is_a_whole_one_however_slow_the_tries_were(tries, clock):
    fail(tries, ONE, MOST - 1)
    clock.now += WAIT_SECONDS - 1
    fail(tries, ONE, 1)
    assert wait(tries, ONE) == WAIT_SECONDS


def test_tries_of_long_ago_are_forgotten_and_a_right_one_forgives(tries, clock):
    fail(tries, ONE, MOST - 1)
    clock.now += WAIT_SECONDS
    fail(tries, ONE, MOST - 1)
    tries.succeeded(ONE)
    fail(tries, ONE, MOST - 1)


def test_who_names_another_client_each_time_waits_as_well(tries):
    for number in range(MOST_OF_A_PEER):
        fail(tries, Client(f"192.0.2.{number}", "10.0.0.1"), 1)
    assert wait(tries, Client("198.51.100.1", "10.0.0.1")) == WAIT_SECONDS


def test_no_more_are_remembered_than_fit(tries):
    for number in range(REMEMBERED):
        tries.failed(Client(f"name-{number}", f"peer-{number}"))
    assert len(tries._counts) == REMEMBERED


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        ("192.0.2.1", None, Client("192.0.2.1", "192.0.2.1")),
        ("192.0.2.1", "", Client("192.0.2.1", "192.0.2.1")),
        ("8.8.8.8", "1.2.3.4", Client("8.8.8.8", "8.8.8.8")),  # not a proxy of ours
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", Client("1.2.3.4", "10.0.0.1")),  # what the proxy itself saw comes last
        ("127.0.0.1", "nonsense", Client("unknown", "127.0.0.1")),
        ("2001:db9:1:2:3::4", None, Client("2001:db9:1:2::/64", "2001:db9:1:2::/64")),
        ("::ffff:8.8.8.8", None, Client("8.8.8.8", "8.8.8.8")),
        ("", None, Client("unknown", "unknown")),
    ],
)
def test_a_client_is_who_is_connected_or_whom_our_proxy_names(peer, said, expected):
    environ = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": said} if said is not None else {})
    assert client_of(environ) == expected
