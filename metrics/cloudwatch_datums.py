"""A minute as CloudWatch's datums: each count as one value of its instance; rates and latency for alarms besides."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from metrics.schema import LATENCY_VALUES_MS, METRICS, Minute

DIMENSION = "Instance"
RATES_AND_LATENCY = ("HitRate", "MissRate", "Latency")
OF_AN_INSTANCE: tuple[str, ...] = (*(metric.cloud_name for metric in METRICS), *RATES_AND_LATENCY)
OF_THE_FLEET: tuple[str, ...] = ("Requests", *RATES_AND_LATENCY)
"""Once more without the dimension: an alarm on instances that come and go needs a series that stays."""

_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace("%", "")


def dimension_of(instance: str) -> str:
    """The value of the dimension: the name itself where that is plain ASCII, else with %XX for the rest."""
    plain = quote(instance, safe=_PLAIN)
    return f"%3A{plain[1:]}" if plain.startswith(":") else plain


def instance_of(dimension: str) -> str:
    return unquote(dimension)


def datums(minute: Minute) -> list[dict[str, Any]]:
    """What one minute sends.

    A count is one value, so that a minute that is sent twice still reads right by Maximum. The rest can't: so a
    minute that is still open, and will be sent again, sends the counts alone.
    """
    time = datetime.fromtimestamp(minute.time, UTC)
    of_instance = {"Timestamp": time, "Dimensions": [{"Name": DIMENSION, "Value": dimension_of(minute.instance)}]}
    of_fleet = {"Timestamp": time}
    counts = [
        {"MetricName": metric.cloud_name, "Value": minute.values[metric.name], "Unit": metric.unit, **of_instance}
        for metric in METRICS
        if metric.name in minute.values
    ]
    if minute.open:
        return counts
    more = [_distribution(*each, series) for series in (of_instance, of_fleet) for each in _distributions(minute)]
    fleet = [{"MetricName": "Requests", "Value": minute.values["requests"], "Unit": "Count", **of_fleet}]
    return counts + (fleet if "requests" in minute.values else []) + [datum for datum in more if datum["Values"]]


def _distributions(minute: Minute) -> tuple[tuple[str, str, Mapping[float, int]], ...]:
    """Name, unit, and how often each value occurred: so Average is right over any period, and percentiles too."""
    hits, misses = minute.values.get("hits", 0), minute.values.get("misses", 0)
    latency = {LATENCY_VALUES_MS[bucket]: answers for bucket, answers in minute.latency.items()}
    return (
        ("HitRate", "Percent", {100.0: hits, 0.0: misses}),
        ("MissRate", "Percent", {100.0: misses, 0.0: hits}),
        ("Latency", "Milliseconds", latency),
    )


def _distribution(name: str, unit: str, occurred: Mapping[float, int], series: Mapping[str, Any]) -> dict[str, Any]:
    counted = {value: count for value, count in occurred.items() if count > 0}
    return {"MetricName": name, "Values": [*counted], "Counts": [*counted.values()], "Unit": unit, **series}
