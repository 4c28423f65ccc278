"""What a change is expected to do, beside now: rows of a table, and in a sentence how sure that is."""

from dataclasses import dataclass

from dashboard.cost import dollars
from dashboard.whatif.advice import advise, besides, cheaper
from dashboard.whatif.outlook import Outlook
from dashboard.words import count, duration, gain, rate, size, when
from metrics.curves import Setting

FALL = 0.02
"""A hit rate that is expected to fall by more is asked about once more."""


@dataclass(frozen=True)
class Expected:
    """``rows`` are a label, now and new; ``told`` are the sentences below them; ``fall`` says what would be lost.

    ``short`` is the most important of it in a few words.
    """

    rows: tuple[tuple[str, str, str], ...] = ()
    told: tuple[str, ...] = ()
    fall: str = ""
    short: str = ""


def expected(outlook: Outlook | None, new: Setting | None) -> Expected:
    """What the curve says of a setting; nothing of one that can't be read, and of no curve."""
    if outlook is None or new is None:
        return Expected()
    here, there = (outlook.rate(setting, by_bytes=False) for setting in (outlook.now, new))
    if outlook.too_early or outlook.off or here is None:
        return Expected(told=(f"What it would do is not known yet. {advise(outlook, 0.9).sentence}",))
    if there is None:
        sizes = outlook.capacities
        return Expected(told=(f"What it would do is not known: it is far from {_span(sizes[0], sizes[-1])}.",))
    error = outlook.error_of(new)
    rows = [
        ("Expected hit rate", rate(here), f"{rate(there)} ±{error * 100:.1f}"),
        ("Reads of the store a minute", count(outlook.reads_a_minute(outlook.now)), count(outlook.reads_a_minute(new))),
    ]
    cost = cheaper(outlook, new)
    if cost:
        rows.append(("Cost a month, about", *(dollars(outlook.dollars_a_month(each)) for each in (outlook.now, new))))
    curve = outlook.curve
    since, until = (when(each, curve.period_seconds) for each in (curve.begun, curve.end))
    told = [
        f"By {count(curve.live.requests)} requests from {since} to {until} UTC, {duration(curve.end - curve.begun)}."
    ]
    if new[0] != outlook.now[0] and besides(new[0], outlook.choices):
        told.append(besides(new[0], outlook.choices))
    fall = ""
    if here - there > FALL:
        fell = gain(there, here).removeprefix("-")
        fall = f"The hit rate is expected to fall from {rate(here)} to {rate(there)}, by {fell}."
    return Expected(tuple(rows), tuple(told), fall, f"Expected: {rate(there)} hits, now {rate(here)}.")


def _span(low: int, high: int) -> str:
    return f"{size(low)} to {size(high)}, what is looked at"
