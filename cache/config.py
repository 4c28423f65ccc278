"""The configuration document: what an edit may say, what it must hold, and how one document follows another."""

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from cache.policies import POLICIES

MIB = 1 << 20
MIN_CAPACITY_BYTES = 65_536
MAX_CAPACITY_BYTES = 1 << 40
WRITTEN_BY_US = frozenset({"version", "parent", "id", "created_at", "prediction"})
"""Members that an edit may carry, as a document read and sent back does, and that never change anything."""


class _Part(BaseModel):
    # Strict: 1.0, "1" and true are not 1, so that every reader of the document sees the same number.
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


MODES = ("manual", "miss_rate", "target", "cost")


class Autoscale(_Part):
    """How the capacity may move by itself; ``manual`` moves nothing. Sizes in bytes, rates as fractions.

    ``min_bytes`` to ``max_bytes`` bound it in every mode, and the two ratios the largest step either way.
    """

    mode: Literal["manual", "miss_rate", "target", "cost"] = "manual"
    min_bytes: int = Field(MIB, ge=MIN_CAPACITY_BYTES, le=MAX_CAPACITY_BYTES)
    max_bytes: int = Field(1024 * MIB, ge=MIN_CAPACITY_BYTES, le=MAX_CAPACITY_BYTES)
    grow_above: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)
    shrink_below: float = Field(0.1, ge=0, le=1, allow_inf_nan=False)
    grow_ratio: float = Field(2.0, gt=1, le=16, allow_inf_nan=False)
    shrink_ratio: float = Field(0.5, gt=0, lt=1, allow_inf_nan=False)
    target_miss_rate: float = Field(0.2, ge=0, le=1, allow_inf_nan=False)
    cooldown_seconds: int = Field(300, ge=0, le=86_400)
    dry_run: bool = False

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "Autoscale":
        if self.min_bytes > self.max_bytes:
            raise ValueError("min_bytes must not be above max_bytes")
        if self.shrink_below > self.grow_above:
            raise ValueError("shrink_below must not be above grow_above")
        return self


class Purge(_Part):
    """A new generation clears the cache: these keys, or all of it where none are named."""

    generation: int = Field(0, ge=0, le=1 << 53)
    keys: list[str] = Field(default_factory=list, max_length=1000)


class Prediction(_Part):
    """What a change was expected to do, kept with it so that what came can be held against it.

    Rates are hits as fractions of the requests from ``start`` to ``end`` (seconds), by the shadows of both settings:
    ``before`` of the one in force then, ``after`` of the new one; each may be off by ``error``.
    """

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    requests: int = Field(ge=0)
    before: float = Field(ge=0, le=1, allow_inf_nan=False)
    after: float = Field(ge=0, le=1, allow_inf_nan=False)
    error: float = Field(ge=0, le=1, allow_inf_nan=False)


class Configuration(_Part):
    """One whole document, never changed once written. ``created_at`` is ISO-8601 in UTC."""

    version: int = Field(0, ge=0, le=1 << 53)
    parent: int | None = Field(None, ge=0, le=1 << 53)
    id: str = Field("00000000-0000-0000-0000-000000000000", min_length=1, max_length=64)
    author: str = Field("default", min_length=1, max_length=80)
    reason: str = Field("", max_length=500)
    created_at: str = Field("1970-01-01T00:00:00Z", max_length=40)
    policy: str = "lru"
    capacity_bytes: int = Field(100 * MIB, ge=MIN_CAPACITY_BYTES, le=MAX_CAPACITY_BYTES)
    autoscale: Autoscale = Field(default_factory=Autoscale)
    purge: Purge = Field(default_factory=Purge)
    prediction: Prediction | None = None

    @field_validator("policy")
    @classmethod
    def _policy_is_known(cls, policy: str) -> str:
        if policy not in POLICIES:
            raise ValueError(f"unknown policy {policy!r}; known are {', '.join(POLICIES)}")
        return policy


DEFAULT = Configuration()
"""Version 0: what is in force before anybody edits anything."""


class EditRefused(ValueError):
    """An edit that would not make a valid document; ``errors`` maps each bad field (``a.b``) to a reason in words."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in errors.items()))
        self.errors = errors


def edited(base: Configuration, edit: dict[str, Any], *, now: datetime, id: str | None = None) -> Configuration:
    """The document that follows ``base`` when ``edit`` is made to it; what the edit leaves out stays.

    ``autoscale`` and ``purge`` are merged member by member. Raises EditRefused, naming every bad field.
    """
    errors = dict.fromkeys(_unknown_members(edit), "is not a member of the configuration")
    changes = {name: edit[name] for name in edit if name in Configuration.model_fields and name not in WRITTEN_BY_US}
    document = base.model_dump() | {"author": "api", "reason": "", "prediction": None}
    for name, value in changes.items():
        parts_merge = isinstance(document[name], dict) and isinstance(value, dict)
        document[name] = document[name] | value if parts_merge else value
    if isinstance(changes.get("purge"), dict):
        document["purge"]["keys"] = changes["purge"].get("keys", [])  # a generation that names none clears everything
    document |= {
        "version": base.version + 1,
        "parent": base.version,
        "id": id or str(uuid.uuid4()),
        "created_at": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    try:
        after = Configuration.model_validate(document)
    except ValidationError as refused:
        raise EditRefused(errors | _in_words(refused)) from None
    if errors:
        raise EditRefused(errors)
    if after.purge.generation < base.purge.generation:
        raise EditRefused({"purge.generation": f"must not fall below {base.purge.generation}"})
    return after


def _unknown_members(edit: dict[str, Any]) -> list[str]:
    unknown = [str(name) for name in edit if name not in Configuration.model_fields]
    for name, part in (("autoscale", Autoscale), ("purge", Purge)):
        if isinstance(edit.get(name), dict):
            unknown += [f"{name}.{member}" for member in edit[name] if member not in part.model_fields]
    return unknown


def _in_words(refused: ValidationError) -> dict[str, str]:
    return {
        ".".join(str(step) for step in error["loc"]) or "document": error["msg"]
        .removeprefix("Value error, ")
        .replace("Input should be", "must be")
        for error in refused.errors()
    }
