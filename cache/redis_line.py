"""The way to Redis: one connection a thread, an end to every wait, and no second try."""

import threading
from collections.abc import Iterator
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

LEFT_ALONE_AFTER = 2
"""So many calls in a row without an answer: a request makes two, and must not wait for a third."""
TIMES_AS_PATIENT = 10
"""What asks for nobody can wait: a busy machine must not look like a Redis that is away."""
SLICE_BYTES = 1 << 18
"""Of a long command; each must be taken within the time-out, however long the whole takes."""

OF_ANOTHER_TYPE, FULL = "WRONGTYPE", "OOM"
"""How the engine's words begin where they say that."""


class EngineSilent(Exception):
    """No answer: not reached, not in time, or not now. The message says so."""


class EngineRefused(Exception):
    """An answer that is an error; the message is the engine's."""


class Line:
    """After some calls in a row without an answer all fail at once, until ``look`` has got one."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._pool = ConnectionPool.from_url(
            url,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            socket_read_size=SLICE_BYTES,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,  # it would be told on each new connection, and waited for
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        self._timeout_seconds = timeout_seconds
        self._local = threading.local()
        self._in_a_row = 0
        self.problem = ""

    @property
    def silent(self) -> bool:
        return self._in_a_row >= LEFT_ALONE_AFTER

    def ask(self, *command: Any) -> Any:
        """The answer to a command. Raises EngineSilent or EngineRefused."""
        if self.silent:
            raise EngineSilent(self.problem)
        return self._exchange(command)

    def look(self, *command: Any) -> Any:
        """The same with more patience, and though others went unanswered: to find out whether that is over.

        Not for requests.
        """
        return self._exchange(command, timeout=self._timeout_seconds * TIMES_AS_PATIENT)

    def listener(self) -> Redis:
        """A client for what comes unasked for."""
        return Redis(connection_pool=self._pool)

    def close(self) -> None:
        self._pool.disconnect()

    def _exchange(self, command: tuple[Any, ...], **patience: float) -> Any:
        connection = self._connection()
        try:
            connection.send_packed_command(_slices(connection.pack_command(*command)), check_health=False)
            answer = connection.read_response(**patience)
        except ResponseError as refused:
            self._in_a_row = 0
            # Its classes of errors leave out how the engine's words began.
            told = f"{FULL} {refused}" if isinstance(refused, OutOfMemoryError) else str(refused)
            raise EngineRefused(told) from None
        except (RedisError, OSError) as error:
            connection.disconnect()
            self._unanswered(error)
            raise EngineSilent(self.problem) from None
        self._in_a_row = 0
        return answer

    def _connection(self) -> Connection:
        # A pool lends and takes back for each command, which costs as much as the command.
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._pool.make_connection()
        return connection

    def _unanswered(self, error: Exception) -> None:
        self._in_a_row += 1  # two threads may count one: it is only a little later then
        self.problem = _in_words(error)


def _slices(command: list[bytes]) -> Iterator[bytes]:
    for piece in command:
        if len(piece) <= SLICE_BYTES:
            yield piece
        else:
            view = memoryview(piece)
            yield from (view[start : start + SLICE_BYTES] for start in range(0, len(piece), SLICE_BYTES))


def _in_words(error: Exception) -> str:
    text = str(error).lower()
    for sign, words in _WORDS.items():
        if sign in text:
            return words
    return f"it can't be asked ({type(error).__name__})"


_WORDS = {
    "timeout": "it does not answer in time",
    "timed out": "it does not answer in time",
    "refused": "it can't be reached",
    "loading": "it is reading its data from disk",
    "wrongpass": "it does not accept the password",
    "invalid username-password": "it does not accept the password",
    "noauth": "it asks for a password",
    "authentication": "it does not accept the password",
    "certificate": "TLS to it can't be trusted",
    "max number of clients": "it has too many connections",
    "reset": "it closed the connection",
    "closed": "it closed the connection",
}
