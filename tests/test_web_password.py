"""The password: right or wrong, never fast to guess, and never many verifications at once."""

import threading

import pytest

from web.clients import Client
from web.password import Password
from web.problems import Problem
from web.tries import MOST, Tries
from web.ways import address_of, way_back

RIGHT = "pässword 🔑"


def client(number=1):
    return Client(f"192.0.2.{number}", f"192.0.2.{number}")


@pytest.fixture
def password():
    return Password(RIGHT, Tries())


@pytest.mark.parametrize("given", ["", "password", RIGHT + " ", RIGHT.upper(), "\udcff", "x" * 100_000])
def test_only_the_password_itself_is_right(password, given):
    assert not password.is_right(given, client())
    assert password.is_right(RIGHT, client())
    assert not password.is_right(given, client())


def test_a_guesser_is_refused_even_with_the_right_one_and_others_are_not(password):
    assert password.is_right(RIGHT, client())
    for _ in range(MOST):
        assert not password.is_right("wrong", client())
    with pytest.raises(Problem) as refused:
        password.is_right(RIGHT, client())
    assert refused.value.code == 429
    assert password.is_right(RIGHT, client(2))


def test_guesses_at_once_count_one_by_one_and_one_is_verified_at_a_time(password, monkeypatch):
    at_once, most_at_once, outcomes, matches = [], [], [], password._matches

    def watched(given):
        at_once.append(given)
        most_at_once.append(len(at_once))
        right = matches(given)
        at_once.pop()
        return right

    monkeypatch.setattr(password, "_matches", watched)

    def guess():
        try:
            outcomes.append(password.is_right("wrong", client()))
        except Problem as problem:
            outcomes.append(problem.code)

    guessers = [threading.Thread(target=guess) for _ in range(3 * MOST)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()
    assert outcomes.count(False) == len(most_at_once) <= MOST
    assert set(outcomes) <= {False, 429, 503}
    assert max(most_at_once) == 1


def test_a_script_with_the_right_one_waits_for_no_guesser(password):
    assert password.is_right(RIGHT, client())
    with password._turn:
        assert password.is_right(RIGHT, client())  # or this would wait for the turn that it holds itself


@pytest.mark.parametrize(
    "way", ["/", "/?from=now-3h&to=now", "/configuration?reason=a%20b#v7", "/a//b", "/?next=https://other.example"]
)
def test_a_sign_in_leads_back_to_the_whole_address(way):
    assert way_back(way) == way


@pytest.mark.parametrize(
    "way",
    [None, "", "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
     "/\n/evil.example", " //evil.example", "javascript:alert(1)", "evil.example", "/a\r\nSet-Cookie: b=c", "/" * 5000,
     "///evil.example", "/\x00", "/a b"],
)  # fmt: skip
def test_a_sign_in_never_leads_to_another_site(way):
    assert way_back(way) == "/"


def test_the_address_of_a_request_is_kept_as_it_was_written():
    environ = {"PATH_INFO": "/é%/ ?".encode().decode("latin-1"), "QUERY_STRING": "a=%C3%A9&b"}
    assert address_of(environ) == "/%C3%A9%25/%20%3F?a=%C3%A9&b"
