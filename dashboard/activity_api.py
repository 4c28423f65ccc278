"""Activity for scripts: every change, what was predicted of it, and the verdict."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from dashboard.verdicts import Change, Verdicts, long, score, short


def register(api: Blueprint, verdicts: Verdicts, check: Callable[[], None]) -> None:
    """``check`` raises the answer where what is known is old."""

    @api.get("/api/activity")
    def activity() -> Response:
        changes = verdicts.changes()
        check()
        return jsonify(score=asdict(score(changes)), changes=[_change(change) for change in changes])


def _change(change: Change) -> dict[str, Any]:
    document, verdict = change.document, change.verdict
    return {
        "version": document.version,
        "created_at": document.created_at,
        "author": document.author,
        "reason": document.reason,
        "before": {"policy": change.before.policy, "capacity_bytes": change.before.capacity_bytes},
        "after": {"policy": document.policy, "capacity_bytes": document.capacity_bytes},
        "prediction": document.prediction.model_dump() if document.prediction else None,
        "verdict": _verdict(change) if verdict else None,
    }


def _verdict(change: Change) -> dict[str, Any]:
    verdict = change.verdict
    return {
        "kind": verdict.kind,
        "words": f"{short(change)}. {long(change)}",
        "hit_rate": verdict.after,
        "shadow_hit_rate": verdict.shadow,
        "unchanged_hit_rate": verdict.unchanged,
        "off": verdict.off,
        "low": verdict.low,
        "high": verdict.high,
        "requests": verdict.requests,
        "minutes": verdict.minutes,
        "traffic_changed": verdict.traffic_changed,
        "final": verdict.final,
    }
