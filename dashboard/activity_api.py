"""Activity for scripts: every change, what was predicted of it, the verdict; and what the auto-scaler decided."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from dashboard.changes import what_changed
from dashboard.exports import csv_cell, csv_lines
from dashboard.fleet import made_at
from dashboard.ranges import Range, iso
from dashboard.scaling.decisions import Decisions
from dashboard.scaling.words import turned_down
from dashboard.whatif.verdicts import Change, Verdicts, long, score, short
from metrics.decisions import Decision

COLUMNS = (
    "time", "kind", "version", "author", "action", "mode", "policy", "capacity_bytes", "chosen_bytes", "dry_run",
    "requests", "miss_rate", "expected_miss_rate", "repeated", "sentence", "turned_down", "verdict",
)  # fmt: skip


def register(
    api: Blueprint,
    verdicts: Verdicts,
    decisions: Decisions,
    check: Callable[[str], None],
    asked: Callable[[], Range],
) -> None:
    """``check`` raises the answer where what is known is old, or says why verdicts are; ``asked`` reads the range."""

    @api.get("/api/activity")
    def activity() -> Response:
        range = asked()
        changes, decided = verdicts.changes(), decisions.over(range.start, range.end)
        check(verdicts.failure(changes))
        return jsonify(
            score=asdict(score(changes)),
            changes=[_change(change) for change in changes],
            decisions=[asdict(decision) for decision in reversed(decided)],
        )

    @api.get("/export/activity.csv")
    def activity_csv() -> Response:
        range = asked()
        within = [c for c in verdicts.changes() if range.start <= made_at(c.document) < range.end]
        decided = decisions.over(range.start, range.end)
        check(verdicts.failure(within))
        answer = Response("".join(as_csv(within, decided)), content_type="text/csv; charset=utf-8; header=present")
        start, end = (iso(time).replace("-", "").replace(":", "")[:13] + "Z" for time in (range.start, range.end))
        answer.headers["Content-Disposition"] = f'attachment; filename="hitrate-activity-{start}-{end}.csv"'
        return answer


def as_csv(changes: Sequence[Change], decided: Sequence[Decision]) -> Iterator[str]:
    """Changes and decisions, the newest first; a decision that became a change stands there as both."""
    yield csv_lines([COLUMNS])
    rows = [(made_at(change.document), _change_row(change)) for change in changes]
    rows += [(decision.time, _decision_row(decision)) for decision in decided]
    yield csv_lines(map(csv_cell, row) for _, row in sorted(rows, key=lambda each: each[0], reverse=True))


def _change_row(change: Change) -> tuple:
    document = change.document
    verdict = f"{short(change)}. {long(change)}" if change.verdict else ""
    told = ": ".join(filter(None, (what_changed(change.before, document), document.reason)))
    return (
        iso(int(made_at(document))), "change", document.version, document.author, "", document.autoscale.mode,
        document.policy, change.before.capacity_bytes, document.capacity_bytes, "", None, None, None, None, told, "",
        verdict,
    )  # fmt: skip


def _decision_row(decision: Decision) -> tuple:
    seen = decision.inputs
    return (
        iso(int(decision.time)), "decision", decision.applied_version or decision.version, "autoscaler",
        decision.action, decision.mode, seen.get("policy", ""), decision.capacity_bytes, decision.chosen_bytes,
        "yes" if decision.dry_run else "no", seen.get("requests"), seen.get("miss_rate"),
        seen.get("expected_miss_rate"), decision.repeated, decision.sentence, turned_down(decision.rejected), "",
    )  # fmt: skip


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
