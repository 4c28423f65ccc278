"""The one line every page carries: is it live, since when not, who reports, and what is applied."""

from dataclasses import dataclass

from dashboard.caches import unanswered
from dashboard.fleet import Fleet, Instance, seconds_since
from dashboard.reader import Failure
from dashboard.words import clock, duration, moment, plural
from metrics.schema import MINUTE

LATE_SECONDS = 150
SILENT_SECONDS = 300


@dataclass(frozen=True)
class Status:
    """``kind`` is live, late, silent, partial, failed or nothing; ``since`` the end of the last complete minute.

    ``head`` changes with the kind only and is read out; ``details`` are the sentences after it. The age of the data
    stands between the two and ticks in the browser.
    """

    kind: str
    head: str
    since: int | None
    details: tuple[str, ...]


def status(fleet: Fleet, failure: Failure | None, source: str) -> Status:
    """What there is to say of the moment."""
    age = seconds_since(fleet)
    since = None if age is None else fleet.last_complete + MINUTE
    if failure:
        again = f"Trying again in {duration(max(0.0, failure.retry_at - fleet.now))}."
        return Status("failed", _failed(failure, since, source), since, (again,))
    if age is None:
        return Status("nothing", "No statistics yet.", None, ())
    if age > SILENT_SECONDS + fleet.lag_seconds:
        told = f"Silent since {_when(since, fleet.now)}: no instance reports. Charts show the last good data."
        return Status("silent", told, since, ())
    if age > LATE_SECONDS + fleet.lag_seconds:
        return Status("late", f"Late: last complete minute {duration(age)} ago.", since, ())
    silent = _silent(fleet)
    if silent:
        told = f"{_counted(fleet, silent)} instances report. {_named(silent, fleet.now)}"
        return Status("partial", told, since, (_applied(fleet), *_cache(fleet)))
    return Status("live", "Live.", since, _who(fleet))


def _failed(failure: Failure, since: int | None, source: str) -> str:
    showing = f" Showing data from {clock(since)}." if since else ""
    return f"{source} is not answering since {clock(failure.since)} ({failure.message}).{showing}"


def _who(fleet: Fleet) -> tuple[str, ...]:
    return (f"{_counted(fleet, _silent(fleet))} instances reported.", _applied(fleet), *_cache(fleet))


def _cache(fleet: Fleet) -> tuple[str, ...]:
    told = unanswered(fleet)
    return (told,) if told else ()


def _applied(fleet: Fleet) -> str:
    told = f"Configuration v{fleet.newest.version} applied by {len(fleet.applied)} of {len(fleet.alive)}."
    if fleet.refusing:
        told += f" Refused by {len(fleet.refusing)}."
    return told


def _silent(fleet: Fleet) -> tuple[Instance, ...]:
    """Went without a goodbye, or lives but sent nothing for longer than late."""
    since = fleet.now - LATE_SECONDS - fleet.lag_seconds
    return tuple(i for i in fleet.instances if not i.stopped and i.last and i.last.time + MINUTE < since)


def _counted(fleet: Fleet, silent: tuple[Instance, ...]) -> str:
    expected = [i for i in fleet.instances if not i.stopped and i.last]
    return f"{len(expected) - len(silent)} of {len(expected)}"


def _named(silent: tuple[Instance, ...], now: float) -> str:
    if len(silent) > 2:
        return f"{plural(len(silent), 'is', 'are')} silent."
    return " ".join(f"{i.name} is silent since {_when(i.last.time + MINUTE, now)}." for i in silent)


def _when(seconds: float, now: float) -> str:
    return clock(seconds) if now - seconds < 72_000 else f"{moment(seconds)} UTC"
