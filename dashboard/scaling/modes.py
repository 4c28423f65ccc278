"""The modes of the auto-scaler as people choose them, and the fields that matter to each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    label: str
    summary: str


MODES: dict[str, Mode] = {
    "manual": Mode("Manual", "Nothing moves by itself."),
    "miss_rate": Mode("Miss rate", "Grow while too much is missed, shrink while very little is."),
    "target": Mode(
        "Target", "The smallest capacity that What-if expects to meet a miss rate, first requests left out."
    ),
    "cost": Mode("Cost", "The capacity at which memory and misses cost least together."),
}

ANY = ("miss_rate", "target", "cost")


@dataclass(frozen=True)
class Field:
    """``kind`` is how its text is read: percent, times, size or seconds. ``modes`` are those that it matters to."""

    name: str
    label: str
    kind: str
    modes: tuple[str, ...] = ANY


FIELDS: tuple[Field, ...] = (
    Field("grow_above", "Grow above a miss rate of", "percent", ("miss_rate",)),
    Field("shrink_below", "Shrink below a miss rate of", "percent", ("miss_rate",)),
    Field("target_miss_rate", "Target miss rate", "percent", ("target",)),
    Field("grow_ratio", "Grow by, at most", "times"),
    Field("shrink_ratio", "Shrink to, at most", "times"),
    Field("min_bytes", "Never smaller than", "size"),
    Field("max_bytes", "Never larger than", "size"),
    Field("cooldown_seconds", "Cooldown after a change", "seconds"),
)
SUFFIX = {"percent": "%", "times": "times", "size": "MB", "seconds": "s"}


def mode_label(name: str) -> str:
    return MODES[name].label if name in MODES else name
