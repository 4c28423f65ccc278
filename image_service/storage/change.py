"""A record of the catalog that an image was stored, replaced or deleted."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Change:
    """``own``: committed through this very catalog object, whose user knows of it."""

    id: int
    key: str
    own: bool = field(default=False, compare=False)
