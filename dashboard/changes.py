"""What a change of the configuration is, in words: what is in force, what becomes of it, what is lost by it."""

from collections.abc import Sequence
from dataclasses import dataclass

from cache.config import Autoscale, Configuration
from dashboard.caches import the_caches
from dashboard.choices import policy_label
from dashboard.fleet import Fleet
from dashboard.scaling.modes import mode_label
from dashboard.words import MISSING, plural, size

ARROW = "→"


@dataclass(frozen=True)
class Loss:
    """What a smaller capacity, or clearing, drops: from each cache on the average, and from all of them."""

    bytes_each: int
    items_each: int
    bytes_all: int
    items_all: int


@dataclass(frozen=True)
class Row:
    """One field in three versions: what the editor started from, what is in force now, what they want."""

    label: str
    started: str
    now: str
    yours: str
    clash: bool  # both changed it, and not to the same


def applied(fleet: Fleet) -> str:
    """Applied by 3 of 4, and what there is to say of the fourth."""
    if not fleet.alive:
        return "No instance is running; the next one to start takes it up."
    told = [f"Applied by {len(fleet.applied)} of {len(fleet.alive)}."]
    if fleet.capped:
        least = min(instance.capacity_bytes for instance in fleet.capped)
        where = f"on {len(fleet.capped)} of {len(fleet.alive)}: 70 % of the memory there"
        told.append(f"Capped at {size(least)} {f'by {fleet.engine}' if fleet.shared else where}.")
    told += [f"Refused by {instance.name}: {instance.problem}." for instance in fleet.refusing]
    return " ".join(told)


def what_changed(before: Configuration | None, after: Configuration) -> str:
    """LRU → Random, 50 MB → 100 MB, cache cleared."""
    if before is None:
        return f"{policy_label(after.policy)}, {size(after.capacity_bytes)}"
    told = []
    if after.policy != before.policy:
        told.append(f"{policy_label(before.policy)} {ARROW} {policy_label(after.policy)}")
    if after.capacity_bytes != before.capacity_bytes:
        told.append(f"{size(before.capacity_bytes)} {ARROW} {size(after.capacity_bytes)}")
    if after.autoscale != before.autoscale:
        told.append(_scaling_changed(before.autoscale, after.autoscale))
    if after.purge.generation != before.purge.generation:
        keys = after.purge.keys
        told.append(f"{plural(len(keys), 'image')} dropped from the cache" if keys else "cache cleared")
    return ", ".join(told) or "nothing changed"


def _scaling_changed(before: Autoscale, after: Autoscale) -> str:
    """auto-scaling Manual → Target."""
    if before.mode != after.mode:
        return f"auto-scaling {mode_label(before.mode)} {ARROW} {mode_label(after.mode)}"
    return f"auto-scaling by {mode_label(after.mode).lower()}, other numbers"


def loss(fleet: Fleet, capacity_bytes: int) -> Loss | None:
    """What a capacity of so many bytes drops, by the last minute of each instance; None where nothing, or unknown."""
    dropped = []
    for instance in fleet.holders:
        reported = instance.value.get("size_bytes", 0)
        # The last minute may be older than the capacity in force, which has dropped its part already.
        over = min(reported, fleet.setting[1] or reported) - capacity_bytes
        if over > 0:
            dropped.append((over, round(instance.value["items"] * over / reported)))
    if not dropped:
        return None
    bytes_all, items_all = (sum(column) for column in zip(*dropped, strict=True))
    return Loss(bytes_all // len(dropped), items_all // len(dropped), bytes_all, items_all)


def shrinking(fleet: Fleet, capacity_bytes: int) -> str | None:
    """What to say before a capacity that drops something; None where nothing is lost."""
    lost = loss(fleet, capacity_bytes)
    if lost is None:
        return None
    return (
        f"Shrinking to {size(capacity_bytes)} drops about {size(lost.bytes_each)} "
        f"({plural(lost.items_each, 'image')}) from {_each_cache(fleet)}."
    )


def clearing(fleet: Fleet) -> str:
    """What to say before everything is dropped."""
    held = loss(fleet, 0)
    if held is None:
        return "No instance has reported what it holds; whatever it is, it is dropped."
    whose = the_caches(fleet)
    return f"Clearing drops {size(held.bytes_all)} ({plural(held.items_all, 'image')}) from {whose}."


def difference_in_all(before: Configuration, capacity_bytes: int, caches: int) -> str:
    """+100 MB × 4 = +400 MB."""
    change = capacity_bytes - before.capacity_bytes
    if not change:
        return ""
    told = _signed(change)
    return f"{told} × {caches} = {_signed(change * caches)}" if caches > 1 else told


def clashes(started: Configuration, now: Configuration, policy: str, capacity_bytes: int | None) -> list[Row]:
    """The fields of a form that began with ``started`` while ``now`` was saved."""
    yours = {"policy": policy, "capacity_bytes": capacity_bytes}
    rows = []
    for name, label, worded in (("policy", "Policy", policy_label), ("capacity_bytes", "Capacity", size)):
        three = getattr(started, name), getattr(now, name), yours[name]
        both = three[0] != three[1] and three[0] != three[2] and three[1] != three[2]
        rows.append(Row(label, *(MISSING if value is None else worded(value) for value in three), both))
    return rows


def overtaken(started: Configuration, now: Configuration, between: Sequence[Configuration] = ()) -> str:
    """Not applied. jonas saved v8 (50 MB → 150 MB: "misses at lunch") while you were editing v7."""
    reason = f": “{now.reason}”" if now.reason else ""
    more = f", after {plural(len(between), 'other change')}," if between else ""
    return (
        f"Not applied. {now.author} saved v{now.version} ({what_changed(started, now)}{reason}){more} "
        f"while you were editing v{started.version}."
    )


def _each_cache(fleet: Fleet) -> str:
    return "each cache" if fleet.caches > 1 else the_caches(fleet)


def _signed(change: int) -> str:
    return f"{'+' if change > 0 else '-'}{size(abs(change))}"
