"""What CloudWatch takes: names, values and times that it would refuse, and how much goes into one call."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from metrics.schema import LATENCY_VALUES_MS, Minute

OLDEST_SECONDS = 14 * 86_400
LATEST_SECONDS = 2 * 3600
MARGIN_SECONDS = 300
"""Until the call has arrived, and for clocks that differ."""

MOST_DATUMS = 1000
MOST_VALUES = 150
MOST_BYTES = 500_000
"""Of a megabyte: the size of a call is estimated, and one that takes long fails for its time-out."""
BYTES_A_DATUM = 400
BYTES_A_VALUE = 110
"""What a datum, and each of its values with its count, take up in the wordiest of the protocols."""

LARGEST_VALUE = 2.0**360
NAMESPACE = re.compile(r"(?!AWS/)[A-Za-z0-9._/-]{1,200}")
"""What both a namespace and the name of a log group may be."""

T = TypeVar("T")


def untimely(seconds: float, now: float) -> str:
    """Why a time is refused, in words; empty where it is not."""
    if seconds < now - OLDEST_SECONDS + MARGIN_SECONDS:
        return "older than two weeks"
    if seconds > now + LATEST_SECONDS - MARGIN_SECONDS:
        return "more than two hours ahead"
    return ""


def bad_values(minute: Minute) -> list[str]:
    """The names of the values that are no numbers CloudWatch takes."""
    return [name for name, value in minute.values.items() if not _is_taken(value)]


def bad_buckets(minute: Minute) -> list[int]:
    """The buckets of a histogram that are none, or hold no number of answers."""
    return [
        bucket
        for bucket, answers in minute.latency.items()
        if type(answers) is not int or answers < 0 or not 0 <= bucket < len(LATENCY_VALUES_MS)
    ]


def batches(groups: Iterable[tuple[T, Sequence[Mapping[str, Any]]]]) -> Iterator[list[tuple[T, Sequence]]]:
    """Groups of datums, as many together as one call takes. A group is never torn; ours have some twenty datums."""
    batch: list[tuple[T, Sequence]] = []
    datums = size = 0
    for owner, group in groups:
        added = sum(_bytes(datum) for datum in group)
        if batch and (datums + len(group) > MOST_DATUMS or size + added > MOST_BYTES):
            yield batch
            batch, datums, size = [], 0, 0
        batch.append((owner, group))
        datums, size = datums + len(group), size + added
    if batch:
        yield batch


def _is_taken(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) <= LARGEST_VALUE
    )


def _bytes(datum: Mapping[str, Any]) -> int:
    return BYTES_A_DATUM + BYTES_A_VALUE * len(datum.get("Values", ()))
