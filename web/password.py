"""One password that many may know: kept as an Argon2 hash, and nobody can make the machine busy by guessing it."""

import hashlib
import hmac
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from web.clients import Client
from web.problems import Problem
from web.tries import Tries

MAX_LETTERS = 1000
WAIT_SECONDS = 1.0
# What OWASP asks for at least; some 20 ms.
COST = {"time_cost": 2, "memory_cost": 19 * 1024, "parallelism": 1}


class Password:
    """Wrong ones cost an Argon2 verification each, one at a time: guessers share one core at most.

    The right one, once it has been proven, is known by a keyed digest: a script that brings it along with each request
    takes nobody's turn.
    """

    def __init__(self, password: str, tries: Tries) -> None:
        self._hasher = PasswordHasher(**COST)
        self._hash = self._hasher.hash(password)
        self._tries = tries
        self._turn = threading.Lock()
        self._key = secrets.token_bytes(32)
        self._proven = b""

    def is_right(self, given: str, client: Client) -> bool:
        """Problem 429 where the client guesses too much, 503 where too many are at it."""
        self._tries.refuse_guessers(client)
        digest = hmac.digest(self._key, given.encode("utf-8", "surrogatepass"), hashlib.sha256)
        if not hmac.compare_digest(digest, self._proven) and not self._verify(given, client):
            return False
        self._proven = digest
        self._tries.succeeded(client)
        return True

    def _verify(self, given: str, client: Client) -> bool:
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise Problem(503, "Many are signing in just now. Try again shortly.", {"Retry-After": "2"})
        try:
            self._tries.refuse_guessers(client)  # others of this client may have tried while this one waited
            right = len(given) <= MAX_LETTERS and self._matches(given)
            if not right:
                self._tries.failed(client)
            return right
        finally:
            self._turn.release()

    def _matches(self, given: str) -> bool:
        try:
            return self._hasher.verify(self._hash, given.encode("utf-8", "surrogatepass"))
        except VerifyMismatchError:
            return False
