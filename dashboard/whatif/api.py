"""What-if for scripts: all that was counted in a range as JSON and as CSV, so that ranges add up."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from dashboard.exports import csv_cell, csv_lines
from dashboard.ranges import Range, iso
from dashboard.whatif.curves import Curves
from metrics.curves import Count, Curve

COLUMNS = (
    "policy", "capacity_bytes", "requests", "hits", "misses", "hit_rate", "miss_rate", "bytes", "bytes_hit",
    "bytes_missed", "byte_hit_rate", "sampled_share", "sampled_objects",
)  # fmt: skip

ABOUT = ("since", "anew", "exact", "shed", "memory_bytes", "really", "without_limit", "misses_by_reason")


def register(
    api: Blueprint,
    curves: Curves,
    asked: Callable[[], tuple[Range, str]],
    refuse: Callable[[str], None],
    shared: Callable[[], bool],
) -> None:
    """``asked`` reads range and instance of a request; ``refuse`` raises the answer where the channel is silent;
    ``shared`` tells whether all instances have one cache."""

    def over() -> tuple[Range, str, Curve | None]:
        wanted, instance = asked()
        one = shared()
        instance = "all" if one else instance
        curve = curves.over(wanted.start, wanted.end, instance, in_turn=one)
        if curves.failure:
            refuse(curves.failure)
        return wanted, instance, curve

    @api.get("/api/what-if")
    def what_if() -> Response:
        wanted, instance, curve = over()
        about = {"from": iso(wanted.start), "to": iso(wanted.end), "instance": instance}
        return jsonify(about | as_json(curve))

    @api.get("/export/what-if.csv")
    def what_if_csv() -> Response:
        wanted, _, curve = over()
        answer = Response("".join(as_csv(curve)), content_type="text/csv; charset=utf-8; header=present")
        start, end = (iso(time).replace("-", "").replace(":", "")[:13] + "Z" for time in (wanted.start, wanted.end))
        answer.headers["Content-Disposition"] = f'attachment; filename="hitrate-what-if-{start}-{end}.csv"'
        return answer


def as_json(curve: Curve | None) -> dict[str, Any]:
    """All but the points is null where nothing was counted."""
    if curve is None:
        return dict.fromkeys(ABOUT) | {"points": []}
    return {
        "since": iso(curve.begun),
        "anew": iso(curve.anew) if curve.anew else None,
        "exact": curve.exact,
        "shed": curve.shed,
        "memory_bytes": curve.memory_bytes,
        "really": asdict(curve.live),
        "without_limit": asdict(curve.infinite),
        "misses_by_reason": dict(curve.reasons),
        "points": [_point(curve, *each) for each in sorted(curve.points.items())],
    }


def as_csv(curve: Curve | None) -> Iterator[str]:
    yield csv_lines([COLUMNS])
    for setting, count in sorted(curve.points.items()) if curve else ():
        share, objects = curve.sampled.get(setting[1], (None, None))
        numbers = (
            setting[1], count.requests, count.hits, count.misses, count.hit_rate, _less(count.hit_rate), count.bytes,
            count.bytes_hit, count.bytes_missed, count.byte_hit_rate, share, objects,
        )  # fmt: skip
        yield csv_lines([[setting[0], *map(csv_cell, numbers)]])


def _point(curve: Curve, setting: tuple[str, int], count: Count) -> Mapping[str, Any]:
    sampled = curve.sampled.get(setting[1])
    more = {"sampled_share": sampled[0], "sampled_objects": sampled[1]} if sampled else {}
    return {"policy": setting[0], "capacity_bytes": setting[1]} | asdict(count) | more


def _less(rate: float | None) -> float | None:
    return None if rate is None else 1 - rate
