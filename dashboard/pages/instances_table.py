"""The fleet as a table: each instance by its last word and its last minute, and all of them together."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard import words
from dashboard.choices import limit, policy_label
from dashboard.fleet import Fleet, Instance
from dashboard.pages.statistics_parts import spoken
from metrics.schema import MINUTE

HEADS = (
    "Instance", "State", "Program", "Configuration", "Policy", "Last minute", "Requests a minute", "Hit rate",
    "Fill", "Items",
)  # fmt: skip
REPORTS_SECONDS = 150
SHARED = "shared"
"""What stands where another instance tells of the cache for all."""


def instances_table(fleet: Fleet) -> Component:
    if not fleet.instances:
        return html.P("No instance has been heard of within a day.", className="muted")
    total = [_row(_total(fleet), "total")] if len(fleet.alive) > 1 else []
    return html.Table(
        className="plain-table instances-table",
        children=[
            html.Thead(html.Tr([html.Th(head, scope="col") for head in HEADS])),
            html.Tbody([*(_row(_instance(each, fleet)) for each in fleet.instances), *total]),
        ],
    )


def _row(cells: Sequence[str], className: str = "") -> Component:
    told = [html.Td(spoken(cell), **{"data-label": head}) for head, cell in zip(HEADS, cells, strict=True)]
    return html.Tr(told, className=className)


def _instance(instance: Instance, fleet: Fleet) -> tuple[str, ...]:
    value, tells = instance.value, not instance.engine or instance in fleet.holders
    held = (_fill([instance]), words.count(value.get("items"))) if tells else (SHARED, SHARED)
    return (
        instance.name,
        _state(instance, fleet),
        instance.program or words.MISSING,
        _configuration(instance, fleet),
        policy_label(instance.policy) or words.MISSING,
        words.clock(instance.last.time) if instance.last else words.MISSING,
        *_asked([instance]),
        *(held if value else (words.MISSING, words.MISSING)),
    )


def _total(fleet: Fleet) -> tuple[str, ...]:
    """Of all that live; what they share once."""
    alive, programs = fleet.alive, {instance.program for instance in fleet.alive}
    items = words.count(sum(each.value.get("items", 0) for each in fleet.holders)) if fleet.holders else words.MISSING
    return (
        f"All {len(alive)}",
        f"{len(fleet.reporting)} of {len(alive)} report",
        next(iter(programs)) or words.MISSING if len(programs) == 1 else f"{len(programs)} versions",
        f"v{fleet.newest.version} on {len(fleet.applied)} of {len(alive)}",
        policy_label(fleet.setting[0]),
        words.clock(fleet.last_complete) if fleet.last_complete is not None else words.MISSING,
        *_asked(alive),
        _fill(fleet.holders),
        items,
    )


def _asked(instances: Sequence[Instance]) -> tuple[str, str]:
    """Requests and hit rate of their last minutes."""
    told = [instance.value for instance in instances if instance.last]
    if not told:
        return words.MISSING, words.MISSING
    requests, hits = (sum(value.get(name, 0) for value in told) for name in ("requests", "hits"))
    return words.count(requests), words.rate(hits / requests) if requests else words.MISSING


def _fill(instances: Sequence[Instance]) -> str:
    """96.8 % of 400 MB."""
    told = [instance.value for instance in instances if instance.last]
    if not told:
        return words.MISSING
    size, capacity = (sum(value.get(name, 0) for value in told) for name in ("size_bytes", "capacity_bytes"))
    if not capacity:
        return f"{words.size(size)}, {limit(0)}"
    return f"{words.rate(size / capacity)} of {words.size(capacity)}"


def _state(instance: Instance, fleet: Fleet) -> str:
    if instance.stopped:
        return f"Stopped {words.clock(instance.heard)}"
    heard = instance.last.time + MINUTE if instance.last else instance.heard
    if fleet.now - heard > REPORTS_SECONDS + fleet.lag_seconds:
        return f"Silent since {words.clock(heard)}" if instance.last else "Started"
    return "Cache fails" if instance.cache_problem else "Reports"


def _configuration(instance: Instance, fleet: Fleet) -> str:
    told = f"v{instance.version}"
    if instance.refused_version is not None:
        return f"{told}, refused v{instance.refused_version}: {instance.problem}"
    if instance.capped:
        return f"{told}, capped at {words.size(instance.capacity_bytes)}"
    return told if instance.version == fleet.newest.version else f"{told}, not yet v{fleet.newest.version}"
