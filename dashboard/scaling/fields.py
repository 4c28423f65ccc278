"""The fields of auto-scaling: text becomes members of ``autoscale``, or a sentence at the field that does not hold."""

import re
from collections.abc import Mapping
from typing import Any

from cache.config import MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES, Autoscale
from dashboard.scaling.modes import FIELDS, MODES, Field, mode_label
from dashboard.words import duration, rate, size

LIMITS: dict[str, tuple[float, float]] = {
    "grow_above": (0, 100),
    "shrink_below": (0, 100),
    "target_miss_rate": (0, 100),
    "grow_ratio": (1, 16),
    "shrink_ratio": (0, 1),
    "cooldown_seconds": (0, 86_400),
}
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)


def scale_texts(rules: Autoscale) -> dict[str, Any]:
    """What stands in the fields for these rules."""
    texts = {field.name: _text(field, getattr(rules, field.name)) for field in FIELDS}
    return {"mode": rules.mode, "dry_run": rules.dry_run} | texts


def read_scale(texts: Mapping[str, Any], base: Autoscale, read_size) -> tuple[dict[str, Any], dict[str, str]]:
    """The members that matter to the chosen mode, and a sentence for each that does not hold, by name."""
    mode = texts.get("mode") or base.mode
    if mode not in MODES:
        return {}, {"mode": "Choose a mode."}
    if mode == "manual":
        return {"mode": mode}, {}
    edit: dict[str, Any] = {"mode": mode, "dry_run": bool(texts.get("dry_run"))}
    errors: dict[str, str] = {}
    for field in of_mode(mode):
        text = texts.get(field.name)
        try:
            edit[field.name] = getattr(base, field.name) if text is None else _number(field, str(text), read_size)
        except ValueError as error:
            errors[field.name] = str(error)
    return edit, errors | _between(edit, errors)


def of_mode(mode: str) -> list[Field]:
    return [field for field in FIELDS if mode in field.modes]


def rules_of(base: Autoscale, edit: Mapping[str, Any]) -> Autoscale:
    """The rules with an edit that was read without errors."""
    return Autoscale.model_validate(base.model_dump() | dict(edit))


def rows(now: Autoscale, new: Autoscale) -> list[tuple[str, str, str]]:
    """What changes: the mode always, the fields of the new mode where they differ or the mode does."""
    told = [("Auto-scaling", _mode(now), _mode(new))]
    for field in of_mode(new.mode):
        both = tuple(worded(field, getattr(rules, field.name)) for rules in (now, new))
        if both[0] != both[1] or now.mode != new.mode:
            told.append((field.label, both[0] if field in of_mode(now.mode) else "", both[1]))
    return told


def worded(field: Field, value: float) -> str:
    return {
        "percent": lambda: rate(value),
        "times": lambda: f"{value:g} times",
        "size": lambda: size(value),
        "seconds": lambda: duration(value),
    }[field.kind]()


def _mode(rules: Autoscale) -> str:
    dry = ", dry run" if rules.dry_run and rules.mode != "manual" else ""
    return f"{mode_label(rules.mode)}{dry}"


def _text(field: Field, value: float) -> str:
    if field.kind == "percent":
        return f"{value * 100:.6g}"
    if field.kind == "size":
        return repr(value / MIB).removesuffix(".0")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(field: Field, text: str, read_size) -> float:
    if field.kind == "size":
        try:
            return read_size(text)
        except ValueError:
            raise ValueError(
                f"{field.label}: a number from {size(MIN_CAPACITY_BYTES)} to {size(MAX_CAPACITY_BYTES)}."
            ) from None
    low, high = LIMITS[field.name]
    stripped = text.strip().removesuffix("%").strip()
    number = float(stripped) if _NUMBER.fullmatch(stripped) else None
    whole = field.kind != "seconds" or (number is not None and number == int(number))
    open_ends = field.kind == "times" and number in (low, high) and not (field.name == "grow_ratio" and number == high)
    if number is None or not low <= number <= high or not whole or open_ends:
        raise ValueError(f"{field.label}: a number {_span(field, low, high)}.")
    if field.kind == "percent":
        return round(number / 100, 8)
    return int(number) if field.kind == "seconds" else number


def _span(field: Field, low: float, high: float) -> str:
    if field.name == "grow_ratio":
        return f"above {low:g}, {high:g} at most"
    if field.name == "shrink_ratio":
        return f"between {low:g} and {high:g}, like 0.5"
    unit = {"percent": " %", "seconds": " seconds"}[field.kind]
    return f"from {low:g} to {high:,g}{unit}"


def _between(edit: Mapping[str, Any], errors: Mapping[str, str]) -> dict[str, str]:
    """What two fields say against each other; at the second."""
    told = {}
    if not {"min_bytes", "max_bytes"} & errors.keys() and edit["min_bytes"] > edit["max_bytes"]:
        told["max_bytes"] = "The largest must not be below the smallest."
    both = {"grow_above", "shrink_below"}
    if both <= edit.keys() and edit["shrink_below"] > edit["grow_above"]:
        told["shrink_below"] = "Shrinking must not begin above where growing does."
    return told
