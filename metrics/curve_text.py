"""A curve as text, as it lies in a channel: numbers by policy in the order of the capacities, a third of plain JSON."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from metrics.curves import Count, Curve

FORM = 1
"""Whoever changes what the members mean counts this up; what is of another form is passed over."""


def written(curve: Curve) -> str:
    capacities = curve.capacities
    policies = curve.policies
    text: dict[str, Any] = {
        "form": FORM,
        "instance": curve.instance,
        "start": curve.start,
        "period": curve.period_seconds,
        "seconds": curve.seconds,
        "since": curve.since,
        "live": _flat(curve.live),
        "infinite": _flat(curve.infinite),
        "in_force": [[*setting, *_flat(count)] for setting, count in curve.in_force.items()],
        "checked": [_flat(count) for count in curve.checked],
        "capacities": capacities,
        "points": {policy: _columns(curve, policy, capacities, "hits", "bytes_hit") for policy in policies},
        "sampled": {str(capacity): sample for capacity, sample in curve.sampled.items()},
        "reasons": curve.reasons,
        "shed": curve.shed,
        "estimated": curve.estimated,
        "memory": curve.memory_bytes,
    }
    # Of a minute each point has all requests; of several only some may have been looked at all the time.
    if any((count.requests, count.bytes) != (curve.live.requests, curve.live.bytes) for count in curve.points.values()):
        text["of"] = {policy: _columns(curve, policy, capacities, "requests", "bytes") for policy in policies}
    return json.dumps(text, separators=(",", ":"))


def read(text: str | bytes) -> Curve | None:
    """None for what is no curve, or one of a form that is not known here."""
    try:
        told = from_json(text, cache_strings="keys")
        return _curve(told) if told["form"] == FORM else None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def _curve(told: Mapping[str, Any]) -> Curve:
    live = Count(*told["live"])
    whole = [live.requests] * len(told["capacities"]), [live.bytes] * len(told["capacities"])
    points = {}
    for policy, (hits, bytes_hit) in told["points"].items():
        requests, size = told["of"][policy] if "of" in told else whole
        for capacity, *numbers in zip(told["capacities"], requests, hits, size, bytes_hit, strict=True):
            if numbers[1] is not None:
                points[policy, capacity] = Count(*numbers)
    return Curve(
        instance=told["instance"],
        start=told["start"],
        period_seconds=told["period"],
        seconds=told["seconds"],
        since=told["since"],
        live=live,
        infinite=Count(*told["infinite"]),
        points=points,
        in_force={(policy, capacity): Count(*numbers) for policy, capacity, *numbers in told["in_force"]},
        checked=(Count(*told["checked"][0]), Count(*told["checked"][1])),
        sampled={int(capacity): (rate, objects) for capacity, (rate, objects) in told["sampled"].items()},
        reasons=told["reasons"],
        shed=told["shed"],
        estimated=told["estimated"],
        memory_bytes=told["memory"],
    )


def _flat(count: Count) -> list[int]:
    return [count.requests, count.hits, count.bytes, count.bytes_hit]


def _columns(curve: Curve, policy: str, capacities: list[int], *names: str) -> list[list[int | None]]:
    there = [curve.points.get((policy, capacity)) for capacity in capacities]
    return [[None if count is None else getattr(count, name) for count in there] for name in names]
