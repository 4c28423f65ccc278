"""What the auto-scaler decided, as it travels: what it saw, what it chose, what it turned down and why."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Decision:
    """``version`` is the configuration that it looked at, and ``applied_version`` the one that it wrote, if it did.

    ``action`` is hold, grow or shrink and ``why`` one word for the reason; ``sentence`` says both to people.
    ``repeated`` is how often the same hold was decided, and not written, since the one before. ``rejected`` holds
    objects with ``capacity_bytes`` and ``because``. ``time`` is seconds since 1970, UTC.
    """

    id: str
    time: float
    version: int
    mode: str
    action: str
    why: str
    capacity_bytes: int
    chosen_bytes: int
    sentence: str
    dry_run: bool = False
    applied_version: int | None = None
    repeated: int = 0
    inputs: Mapping[str, Any] = field(default_factory=dict)
    rejected: tuple[Mapping[str, Any], ...] = ()


_MEMBERS = frozenset(member.name for member in fields(Decision))


def written(decision: Decision) -> str:
    return json.dumps(asdict(decision), separators=(",", ":"))


def read(text: str | bytes) -> Decision | None:
    """None for what is no decision; what a later program says besides is left out."""
    try:
        told = {name: value for name, value in json.loads(text).items() if name in _MEMBERS}
        decision = Decision(**(told | {"rejected": tuple(told.get("rejected", ()))}))
        numbers = (decision.time, decision.version, decision.capacity_bytes, decision.chosen_bytes)
        words = (decision.id, decision.mode, decision.action, decision.why, decision.sentence)
        right = all(isinstance(each, int | float) for each in numbers) and all(isinstance(each, str) for each in words)
        return decision if right else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def once_each(decisions: Iterable[Decision | None]) -> list[Decision]:
    """Each once, the oldest first."""
    found = {decision.id: decision for decision in decisions if decision is not None}
    return sorted(found.values(), key=lambda decision: (decision.time, decision.id))
