"""One fetch per cold thing however many ask for it at once: one leads, the others wait for what it brings."""

from collections.abc import Callable, Hashable
from threading import Condition, Lock
from typing import Any, TypeVar

T = TypeVar("T")


class FlightTimeout(Exception):
    """The fetch that was waited for did not come back in time."""


class _Flight:
    def __init__(self, lock: Lock) -> None:
        self.changed = Condition(lock)
        self.waiting = 0
        self.landed = False
        self.leaderless = False
        self.handed_over = False
        self.value: Any = None
        self.error: BaseException | None = None


class Flights:
    def __init__(self, wait_seconds: float) -> None:
        self._lock = Lock()
        self._wait_seconds = wait_seconds
        self._flights: dict[Hashable, _Flight] = {}

    def fly(self, name: Hashable, fetch: Callable[[], T]) -> tuple[T, bool]:
        """What ``fetch`` returns, and whether it was another caller's fetch that brought it.

        A leader that fails hands over to one of those who wait, once; if that one fails too, all get its error.
        Raises FlightTimeout after ``wait_seconds`` of waiting.
        """
        with self._lock:
            flight = self._flights.get(name)
            leads = flight is None
            if flight is None:
                flight = self._flights[name] = _Flight(self._lock)
            else:
                leads = self._wait(flight)
            if not leads:
                if flight.error is not None:
                    raise flight.error
                return flight.value, True
        return self._lead(name, flight, fetch), False

    def waiting(self, name: Hashable) -> int:
        """How many wait for this fetch just now."""
        with self._lock:
            flight = self._flights.get(name)
            return 0 if flight is None else flight.waiting

    def _wait(self, flight: _Flight) -> bool:
        """True where the waiter has to lead now."""
        flight.waiting += 1
        try:
            if not flight.changed.wait_for(lambda: flight.landed or flight.leaderless, self._wait_seconds):
                raise FlightTimeout(f"waited {self._wait_seconds} s for another request's fetch")
        finally:
            flight.waiting -= 1
        leads = not flight.landed
        flight.leaderless = False
        return leads

    def _lead(self, name: Hashable, flight: _Flight, fetch: Callable[[], T]) -> T:
        try:
            value = fetch()
        except BaseException as error:
            with self._lock:
                if flight.waiting and not flight.handed_over:
                    flight.leaderless = flight.handed_over = True
                    flight.changed.notify_all()
                else:
                    self._land(name, flight, error=error)
            raise
        with self._lock:
            self._land(name, flight, value=value)
        return value

    def _land(self, name: Hashable, flight: _Flight, value: Any = None, error: BaseException | None = None) -> None:
        del self._flights[name]
        flight.value, flight.error, flight.landed = value, error, True
        flight.changed.notify_all()
