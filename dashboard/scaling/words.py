"""A decision of the auto-scaler in a sentence that a person understands, and as the document that travels."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cache.config import Autoscale
from cache.scaling import SHRINK_WAITS, Action, Because, Decision, Rejected, Why, decide
from dashboard.changes import ARROW
from dashboard.choices import limit, policy_label
from dashboard.cost import dollars
from dashboard.reader import Reader
from dashboard.scaling.situation import Seen, look
from dashboard.settings import Settings
from dashboard.whatif.curves import Curves
from dashboard.words import clock, count, duration, plural, points, rate, size
from metrics import decisions

ACTIONS = {"hold": "Held", "grow": "Grew", "shrink": "Shrank"}
WOULD = {"hold": "Would hold", "grow": "Would grow", "shrink": "Would shrink"}
OVERTAKEN = "overtaken"
"""Another saved a change in the same moment; the auto-scaler does nothing then."""
MOST_NAMED = 3


def sentence(seen: Seen, decision: Decision, would: bool = False) -> str:
    """Grew 100 MB → 200 MB: 61.2 % of 12,345 requests in 5 min missed, more than the maximum of 50 %."""
    verb = (WOULD if would and decision.action is not Action.HOLD else ACTIONS)[decision.action]
    if would and decision.action is Action.HOLD:
        verb = WOULD["hold"]
    if decision.action is Action.HOLD:
        return f"{verb} at {limit(decision.capacity_bytes)}: {_because(seen, decision)}."
    moved = f"{size(decision.capacity_bytes)} {ARROW} {size(decision.chosen_bytes)}"
    return f"{verb} {moved}: {_because(seen, decision)}{_limited(decision)}."


def trial(reader: Reader, curves: Curves, settings: Settings) -> Callable[[Autoscale], str]:
    """What the auto-scaler would do at this moment by any rules, in a sentence; nothing is written."""

    def would(rules: Autoscale) -> str:
        seen = look(reader, curves, settings.prices, settings.scale_requests, rules)
        return sentence(seen, decide(seen.situation), would=True)

    return would


def overtaken(decision: Decision, author: str, version: int) -> str:
    return f"Held at {size(decision.capacity_bytes)}: {author} saved v{version} in the same moment, which goes before."


def turned_down(rejected: Sequence[Mapping[str, Any]]) -> str:
    """Turned down: 100 MB (misses more than the target, 31.2 %), 400 MB (more memory than needed, 12.0 %)."""
    told = []
    for each in rejected:
        numbers = [rate(each["miss_rate"])] if each.get("miss_rate") is not None else []
        if each.get("dollars_a_month") is not None:
            numbers.append(f"{dollars(each['dollars_a_month'])} a month")
        told.append(f"{size(each['capacity_bytes'])} ({', '.join([each['because'], *numbers])})")
    return f"Turned down: {', '.join(told)}." if told else ""


def document(seen: Seen, decision: Decision, now: float, **more: Any) -> decisions.Decision:
    """What goes into the channel."""
    situation = seen.situation
    about = {
        "id": _name(seen, decision),
        "time": now,
        "version": seen.document.version,
        "mode": situation.rules.mode,
        "action": str(decision.action),
        "why": str(decision.why),
        "capacity_bytes": decision.capacity_bytes,
        "chosen_bytes": decision.chosen_bytes,
        "sentence": sentence(seen, decision, would=situation.rules.dry_run),
        "dry_run": situation.rules.dry_run,
        "inputs": _inputs(seen, decision),
        "rejected": tuple(_rejected(each) for each in decision.rejected),
    }
    return decisions.Decision(**(about | more))


def _name(seen: Seen, decision: Decision) -> str:
    """One of its own for what may change something. Who leaves all as it is says what every other auto-scaler says of
    these minutes: under the same name it is told once.
    """
    rules = seen.situation.rules
    if decision.action is not Action.HOLD and not rules.dry_run:
        return str(uuid.uuid4())
    said = seen.end, seen.document.id, rules.mode, rules.dry_run, decision.action, decision.why, decision.chosen_bytes
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr([str(each) for each in said])))


def _inputs(seen: Seen, decision: Decision) -> dict[str, Any]:
    situation, traffic = seen.situation, seen.situation.traffic
    rules = situation.rules.model_dump(exclude={"mode", "dry_run"})
    told = {
        "from": seen.start,
        "to": seen.end,
        "policy": seen.document.policy,
        "caches": situation.caches,
        "requests": traffic.requests if traffic else None,
        "misses": traffic.misses if traffic else None,
        "first_requests": seen.first_requests,
        "miss_rate": decision.now,
        "expected_miss_rate": decision.expected,
        "dollars_a_month": decision.dollars_now,
        "expected_dollars_a_month": decision.dollars_expected,
        "miss_milliseconds": seen.miss_milliseconds,
        "wanted_bytes": decision.wanted_bytes,
        "most_bytes": situation.most_bytes,
        "missing": list(seen.missing),
        "seconds_since_change": None if situation.changed_seconds == float("inf") else situation.changed_seconds,
    }
    return {name: value for name, value in told.items() if value not in (None, [])} | {"rules": rules}


def _rejected(each: Rejected) -> dict[str, Any]:
    told = {"capacity_bytes": each.capacity_bytes, "because": str(each.because), "miss_rate": each.miss_rate}
    return told if each.dollars_a_month is None else told | {"dollars_a_month": each.dollars_a_month}


def _because(seen: Seen, decision: Decision) -> str:
    told = _BECAUSE.get(decision.why)
    return told(seen, decision) if told else str(decision.why)


def _measured(seen: Seen, decision: Decision) -> str:
    """61.2 % of 12,345 requests in 5 min missed; without first requests ..."""
    rules, traffic = seen.situation.rules, seen.situation.traffic
    about = f"{count(traffic.requests)} requests in {duration(traffic.seconds)}"
    if decision.now is None:
        return f"of {about} {rate(traffic.miss_rate)} missed"
    if rules.mode == "target":
        first = seen.first_requests or 0
        left_out = f", {plural(first, 'first request')} left out," if first else ""
        return f"at this size {rate(decision.now)} of {about}{left_out} miss"
    return f"{rate(decision.now)} of {about} {'missed' if rules.mode == 'miss_rate' else 'miss'}"


def _promised(seen: Seen, decision: Decision) -> str:
    label = policy_label(seen.document.policy)
    there = size(decision.chosen_bytes if decision.action is not Action.HOLD else decision.wanted_bytes)
    return f"{label} at {there} is expected to miss {rate(decision.expected)}" if decision.expected is not None else ""


def _above(seen: Seen, decision: Decision) -> str:
    rules = seen.situation.rules
    if rules.mode == "miss_rate":
        return f"{_measured(seen, decision)}, more than the maximum of {rate(rules.grow_above)}"
    told = f"{_measured(seen, decision)}, more than the target of {rate(rules.target_miss_rate)}"
    return "; ".join(filter(None, (told, _promised(seen, decision))))


def _below(seen: Seen, decision: Decision) -> str:
    rules = seen.situation.rules
    if rules.mode == "miss_rate":
        return f"{_measured(seen, decision)}, less than the minimum of {rate(rules.shrink_below)}"
    told = f"{_measured(seen, decision)}, less than the target of {rate(rules.target_miss_rate)}"
    return "; ".join(filter(None, (told, _promised(seen, decision))))


def _within(seen: Seen, decision: Decision) -> str:
    rules = seen.situation.rules
    if rules.mode == "miss_rate":
        bounds = f"between {rate(rules.shrink_below)} and {rate(rules.grow_above)}"
        return f"{_measured(seen, decision)}, {bounds}"
    if rules.mode == "target":
        return f"{_measured(seen, decision)}, near enough to the target of {rate(rules.target_miss_rate)}"
    return (
        f"memory and misses come to about {dollars(decision.dollars_now)} a month, and no size within a step saves 8 %"
    )


def _cheaper(seen: Seen, decision: Decision) -> str:
    told = f"memory and misses are expected to come to about {dollars(decision.dollars_expected)} a month instead of \
{dollars(decision.dollars_now)}"
    if decision.now is None or decision.expected is None:
        return told
    return f"{told}, with {rate(decision.expected)} misses instead of {rate(decision.now)}"


def _cooling(seen: Seen, decision: Decision) -> str:
    situation = seen.situation
    wait = decision.wait_seconds or situation.rules.cooldown_seconds
    told = f"{duration(max(1, wait - situation.changed_seconds))} of {duration(wait)} cooldown left"
    if wait > situation.rules.cooldown_seconds:
        told += " before it shrinks"
    if decision.wanted_bytes is None:
        return told
    better = ""
    if decision.expected is not None and decision.now is not None and decision.expected != decision.now:
        moved = "less" if decision.expected < decision.now else "more"
        better = f", where {points(decision.now - decision.expected)} {moved} would miss"
    return f"{told}; then {size(decision.wanted_bytes)} would be tried{better}"


def _full_or_not(seen: Seen, decision: Decision) -> str:
    return f"{_measured(seen, decision)}, but the cache is not full yet, so more room would not help"


def _cold(seen: Seen, decision: Decision) -> str:
    first, requests = seen.first_requests or 0, seen.situation.curve.requests if seen.situation.curve else 0
    share = rate(first / requests) if requests else "most"
    return (
        f"{share} of all requests are the first for their image, which no capacity answers; "
        "growing for the others would hardly help"
    )


def _missing(seen: Seen) -> str:
    named = ", ".join(seen.missing[:MOST_NAMED])
    return f"{named} and {len(seen.missing) - MOST_NAMED} more" if len(seen.missing) > MOST_NAMED else named


def _stopped(words: str):
    def told(seen: Seen, decision: Decision) -> str:
        why = _above(seen, decision) if decision.now is not None and decision.dollars_now is None else ""
        return f"{why}, but {words.format(**_numbers(seen))}" if why else words.format(**_numbers(seen))

    return told


def _at_least(seen: Seen, decision: Decision) -> str:
    why = _below(seen, decision) if decision.now is not None and decision.dollars_now is None else ""
    words = f"{size(seen.situation.rules.min_bytes)} is the minimum"
    return f"{why}, but {words}" if why else words


def _numbers(seen: Seen) -> dict[str, str]:
    situation = seen.situation
    return {"most": size(situation.most_bytes), "maximum": size(situation.rules.max_bytes)}


_BECAUSE = {
    Why.MANUAL: lambda seen, decision: "auto-scaling is manual, nothing moves",
    Why.FIXED: lambda seen, decision: (
        f"the capacity is the server's own and can't be changed from here: {seen.fixed.strip().removesuffix('.')}"
    ),
    Why.SILENT: lambda seen, decision: "no instance reports",
    Why.STALE: lambda seen, decision: (
        f"nobody has reported the minute before {clock(seen.end)}; nothing is done on old data"
    ),
    Why.PARTIAL: lambda seen, decision: (
        f"{_missing(seen)} has not reported every minute; nothing is done on partial data"
    ),
    Why.UNAPPLIED: lambda seen, decision: (
        f"v{seen.document.version} is not in force everywhere yet" + (f" ({_missing(seen)})" if seen.missing else "")
    ),
    Why.EARLY: lambda seen, decision: f"no whole minute has been reported since v{seen.document.version}",
    Why.FEW: lambda seen, decision: (
        f"{plural(seen.situation.traffic.requests, 'request')} from {clock(seen.start)} to "
        f"{clock(seen.end)} UTC; it takes {count(seen.situation.least_requests)} to decide anything"
    ),
    Why.NO_CURVE: lambda seen, decision: f"What-if does not know {policy_label(seen.document.policy)} at this size yet",
    Why.UNSURE: lambda seen, decision: "What-if has seen too little of these requests, or is off by over a point",
    Why.WITHIN: _within,
    Why.SMALL: lambda seen, decision: "the best size is so near that a change is not worth it",
    Why.REFETCH: lambda seen, decision: (
        "a smaller cache would cost less, but what it drops is dearer to fetch again "
        f"than it saves in {duration(SHRINK_WAITS * seen.situation.rules.cooldown_seconds)}"
    ),
    Why.COLD: _cold,
    Why.NO_GAIN: lambda seen, decision: f"{_measured(seen, decision)}, but more memory would hardly spare any",
    Why.NOT_FULL: _full_or_not,
    Why.AT_MAX: _stopped("{maximum} is the maximum"),
    Why.AT_MIN: _at_least,
    Why.MEMORY: _stopped("the smallest machine has no more than {most} for a cache"),
    Why.COOLDOWN: _cooling,
    Why.ABOVE: _above,
    Why.BELOW: _below,
    Why.BOUNDS: lambda seen, decision: (
        f"the capacity has to lie between {size(seen.situation.rules.min_bytes)} and "
        f"{size(seen.situation.rules.max_bytes)}"
    ),
    Why.CHEAPER: _cheaper,
}


def _limited(decision: Decision) -> str:
    """Why it goes no further."""
    if decision.limit is None or decision.wanted_bytes is None:
        return ""
    return {
        Because.STEP: f"; {size(decision.wanted_bytes)} would be best, but that is more than one step",
        Because.MAXIMUM: "; more is above the maximum",
        Because.MINIMUM: "; less is below the minimum",
        Because.MEMORY: "; the smallest machine has no memory for more",
    }[decision.limit]
