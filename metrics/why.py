"""Why the requests of a minute missed, in parts that add up to its misses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cache.whatif.reasons import REASONS, apportioned
from metrics.schema import Minute

OF_REASON = {name: f"miss_{name}" for name in REASONS}
"""Metrics by the reason that they count."""
TOLD = tuple(name for name in REASONS if name != "too_large")
"""How many were too large each worker counts itself; of the others only the shadows know."""

Told = Mapping[str, int]
"""Misses by reason."""


def is_explained(minute: Minute) -> bool:
    values = minute.values
    return all(metric in values for metric in OF_REASON.values()) and (
        sum(values[metric] for metric in OF_REASON.values()) == values.get("misses", 0)
    )


def explained(minute: Minute, told: Told | None, before: Told | None = None) -> Minute:
    """The minute with why its requests missed; as it is where nothing is known of it.

    Where the service or the replay began anew in it, or the replay is late, not all is told: what a service kept as it
    ended stays, and what nobody tells is put down as the minutes before were (``before``), or as what was kept.
    """
    values = minute.values
    misses, too_large = values.get("misses", 0), values.get("too_large", 0)
    kept = [values.get(OF_REASON[name], 0) for name in TOLD]
    parts = [told[name] if told else 0 for name in TOLD]
    rest = misses - too_large - sum(kept)
    if rest < 0:
        kept, rest = [0] * len(TOLD), max(0, misses - too_large)
    missing = rest - sum(parts)
    alike = next((each for each in ([before[name] for name in TOLD] if before else [], kept) if any(each)), None)
    if missing > 0 and alike:
        parts = _added(parts, apportioned(missing, alike))
    if rest and not any(parts):
        return minute
    found = dict(zip(TOLD, _added(kept, apportioned(rest, parts)), strict=True)) | {
        "too_large": misses - rest - sum(kept)
    }
    return replace(minute, values={**values, **{metric: found[name] for name, metric in OF_REASON.items()}})


def _added(some: Sequence[int], more: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(some, more, strict=True)]
