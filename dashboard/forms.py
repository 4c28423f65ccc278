"""The fields of the form: text becomes an edit, or a sentence at the field that does not hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cache.config import DEFAULT, MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES, Configuration
from cache.policies import POLICIES
from dashboard.choices import ANY, Choices, policy_label
from dashboard.scaling.fields import read_scale, scale_texts
from dashboard.words import sentence, size

NAMELESS = "anonymous"
MAX_AUTHOR = 80
MAX_REASON = 500
CAPACITY_RANGE = f"Capacity must be a number from {size(MIN_CAPACITY_BYTES)} to {size(MAX_CAPACITY_BYTES)}."

STEPS_MB: tuple[int, ...] = (
    1, 2, 3, 4, 6, 8, 12, 16, 25, 35, 50, 75, 100, 150, 200, 300, 400, 600, 800,
    1024, 1536, 2048, 3072, 4096, 6144, 8192,
)  # fmt: skip
"""Where the slider stops: each step about half as much again."""

MOST_DIGITS = 8
"""Behind the point of a capacity in megabytes; seven tell every byte."""
_UNITS = {"b": 1, "kb": 1 << 10, "mb": MIB, "gb": 1 << 30, "tb": 1 << 40}
_CAPACITY = re.compile(
    r"([+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,9})?)\s*([kmgt]?b)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Draft:
    """What stands in the form; ``capacity`` is text, in MB where it names no unit."""

    policy: str
    capacity: str
    author: str = ""
    reason: str = ""
    scale: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The fields of auto-scaling by name, as they stand there; what is missing is not changed."""


def draft_of(document: Configuration, reason: str = "") -> Draft:
    scale = scale_texts(document.autoscale)
    return Draft(document.policy, megabytes(document.capacity_bytes), reason=reason, scale=scale)


def as_it_is(draft: Draft, choices: Choices) -> Draft:
    """The form where the server has its own policy and capacity: these stand there, and none of both is edited."""
    if choices.setting is None:
        return draft
    policy, capacity_bytes = choices.setting
    return replace(draft, policy=policy, capacity=megabytes(capacity_bytes) if capacity_bytes else "")


def draft_from_address(
    address: Mapping[str, str], document: Configuration, choices: Choices = ANY
) -> tuple[Draft, list[str]]:
    """The form as a link fills it in (policy, capacity_bytes, reason), and a notice for each value that is none."""
    draft, problems = draft_of(document, address.get("reason", "")[:MAX_REASON]), []
    policy, capacity = address.get("policy", draft.policy), address.get("capacity_bytes")
    if choices.fixed:
        if {"policy", "capacity_bytes"} & address.keys():
            problems.append(
                f"The link asks for another policy or capacity, which are the server's. {sentence(choices.fixed)} "
                "It was left out."
            )
        return as_it_is(draft, choices), problems
    if policy in POLICIES and "policy" in address and choices.why_not(policy):
        problems.append(f"The link asks for {policy_label(policy)}. {choices.why_not(policy)} It was left out.")
        policy = draft.policy
    elif policy not in POLICIES:
        problems.append(f"The link asks for the policy {policy!r}, which is not known. It was left out.")
        policy = draft.policy
    text = draft.capacity
    if capacity is not None:
        if re.fullmatch(r"[0-9]{1,15}", capacity) and MIN_CAPACITY_BYTES <= int(capacity) <= MAX_CAPACITY_BYTES:
            text = megabytes(int(capacity))
        else:
            problems.append(
                f"The link asks for a capacity of {capacity!r} bytes, which is not allowed. It was left out."
            )
    return replace(draft, policy=policy, capacity=text), problems


def read_capacity(text: str) -> int:
    """Bytes of a capacity as people write it: 200, 1.5 GB, 1,024; ValueError, in words."""
    found = _CAPACITY.fullmatch(text.strip())
    if text.strip() and not found:
        raise ValueError(f"{text.strip()[:40]} is not a number. {CAPACITY_RANGE}")
    number = float(found[1].replace(",", "")) * _UNITS[(found[2] or "mb").lower()] if found else 0
    if not MIN_CAPACITY_BYTES <= number <= MAX_CAPACITY_BYTES:
        raise ValueError(CAPACITY_RANGE)
    return round(number)


def megabytes(number: int) -> str:
    """A capacity for its field: 100, 1.4. No more digits than it takes to read back as the very same bytes."""
    texts = (f"{number / MIB:.{digits}f}" for digits in range(MOST_DIGITS))
    return next(text for text in texts if round(float(text) * MIB) == number)


def read_draft(
    draft: Draft, base: Configuration = DEFAULT, choices: Choices = ANY
) -> tuple[dict[str, Any], dict[str, str]]:
    """The edit that the form asks for, and a sentence for each field that does not hold.

    ``base`` is what the form started from: what has no field, or none in the chosen mode, stays as it is there; so do
    policy and capacity where they are the server's.
    """
    edit: dict[str, Any] = {"author": draft.author.strip() or NAMELESS, "reason": draft.reason.strip()}
    errors: dict[str, str] = {}
    if choices.fixed:
        edit |= {"policy": base.policy, "capacity_bytes": base.capacity_bytes}
    else:
        _read_setting(draft, choices, edit, errors)
    for member, most, name in (("author", MAX_AUTHOR, "name"), ("reason", MAX_REASON, "reason")):
        if len(edit[member]) > most:
            errors[member] = f"Your {name} may have {most} characters at most; it has {len(edit[member])}."
    if draft.scale.get("mode") is not None:
        edit["autoscale"], wrong = read_scale(draft.scale, base.autoscale, read_capacity)
        errors |= {f"autoscale.{name}": told for name, told in wrong.items()}
    return edit, errors


def _read_setting(draft: Draft, choices: Choices, edit: dict[str, Any], errors: dict[str, str]) -> None:
    if draft.policy not in POLICIES:
        errors["policy"] = "Choose a policy."
    elif choices.why_not(draft.policy):
        errors["policy"] = choices.why_not(draft.policy)
    else:
        edit["policy"] = draft.policy
    try:
        edit["capacity_bytes"] = read_capacity(draft.capacity)
    except ValueError as error:
        errors["capacity_bytes"] = str(error)


def is_change(draft: Draft, base: Configuration, choices: Choices = ANY) -> bool:
    """Whether the form says anything else than the document; what cannot be read does."""
    edit, errors = read_draft(draft, base, choices)
    return bool(errors) or not is_in_force(edit, base)


def is_in_force(edit: Mapping[str, Any], document: Configuration) -> bool:
    """Whether a document says already what an edit of policy, capacity and auto-scaling asks for."""
    same = all(getattr(document, name) == edit[name] for name in ("policy", "capacity_bytes") if name in edit)
    return same and all(getattr(document.autoscale, name) == value for name, value in edit.get("autoscale", {}).items())
