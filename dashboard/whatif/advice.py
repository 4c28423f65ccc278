"""The answer in a sentence and three suggestions: another policy, less memory, or what a target needs."""

import math
from dataclasses import dataclass

from cache.config import MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES
from cache.policies import POLICIES
from dashboard.choices import Choices, limit, policy_label
from dashboard.cost import as_shown, dollars
from dashboard.whatif.labels import shown_rate
from dashboard.whatif.outlook import ENOUGH_COVERED, ENOUGH_REQUESTS, Outlook
from dashboard.words import count, gain, points, rate, size, when
from metrics.curves import Setting

LEAST_GAIN = 0.005
MEMORY_PAYS = 0.02
"""What twice the memory must gain to be worth proposing."""
WORTH_SAVING = 0.9
"""At most so much of the memory, to be called less."""
BESIDES = {
    "random": "Random is a baseline: it knows nothing of what was asked.",
    "lfu": "LFU never forgets: risky when favourites change.",
}
"""Shown as all others are, but never proposed."""


@dataclass(frozen=True)
class Suggestion:
    """``setting`` is None where there is nothing to gain; ``about`` tells that the capacity is between two counted."""

    title: str
    setting: Setting | None
    value: str
    told: tuple[str, ...]
    about: bool = False
    gain: float = 0.0


@dataclass(frozen=True)
class Advice:
    """``kind`` is policy, memory, save, stay, early or off."""

    kind: str
    sentence: str
    suggestions: tuple[Suggestion, ...] = ()
    best: Setting | None = None


def advise(outlook: Outlook, target: float) -> Advice:
    if outlook.too_early:
        return Advice("early", _too_early(outlook))
    if outlook.off:
        really, shadow = outlook.curve.checked
        told = f"The prediction is off today; do not rely on it. The shadow of the present setting hit \
{rate(shadow.hit_rate)}, the cache itself {rate(really.hit_rate)}."
        return Advice("off", told)
    same, less, reach = same_memory(outlook), less_memory(outlook), reach_target(outlook, target)
    three = (same, less, reach)
    twice = best_at(outlook, 2 * outlook.now[1])
    # The worth of memory is told with the policy that would be best there.
    more = (outlook.rate(twice) - outlook.here) if twice else 0.0
    if same.setting:
        return Advice(
            "policy", f"Yes: same memory, better policy. {_instead(outlook, same.setting)}", three, same.setting
        )
    if twice and more > max(MEMORY_PAYS, threshold(outlook, twice[1])):
        about = not outlook.counted(twice)
        value = shown(outlook, outlook.rate(twice))
        pays = Suggestion("Twice the memory", twice, value, _gain(outlook, twice), about, more)
        return Advice("memory", f"Yes: more memory pays. {_instead(outlook, twice)}", (pays, less, reach), twice)
    if less.setting:
        spared = size(outlook.now[1] - less.setting[1])
        same_rate = f"{_verb(outlook)} the same {_rate(outlook, outlook.here)}"
        told = f"{named(less.setting, less.about)} {same_rate}, {spared} less."
        return Advice("save", f"You can save: {told}", three, less.setting)
    return Advice("stay", _stay(outlook), three)


def threshold(outlook: Outlook, capacity: float) -> float:
    """A smaller gain may be none."""
    return max(LEAST_GAIN, 2 * outlook.error(capacity))


def besides(policy: str, choices: Choices) -> str:
    """What has to be known of a policy; "" of most."""
    if choices.engine and policy == "lfu":
        return f"LFU in {choices.engine} counts roughly and forgets with time, unlike the shadow: take it as a hint."
    return BESIDES.get(policy, "")


def proposed(outlook: Outlook) -> list[str]:
    """The policies that may be suggested: the present one, and others that the caches can do and that are no risk."""
    able = outlook.choices.policies
    return [p for p in outlook.policies if p == outlook.now[0] or (p in able and p not in BESIDES)]


def best_at(outlook: Outlook, capacity: int) -> Setting | None:
    """The policy to propose at a capacity; the present one where none is surely better."""
    there = [(policy, capacity) for policy in proposed(outlook)]
    known = [setting for setting in there if outlook.rate(setting) is not None and not outlook.weak(setting)]
    best, own = max(known, key=outlook.rate, default=None), (outlook.now[0], capacity)
    return own if own in known and outlook.rate(best) - outlook.rate(own) <= threshold(outlook, capacity) else best


def same_memory(outlook: Outlook) -> Suggestion:
    title = "Same memory"
    best = best_at(outlook, outlook.now[1])
    more = outlook.rate(best) - outlook.here if best else 0.0
    if best is None or best[0] == outlook.now[0] or more <= threshold(outlook, best[1]):
        return Suggestion(title, None, "Nothing to gain", (_best_other(outlook),))
    about = not outlook.counted(best)
    return Suggestion(title, best, shown(outlook, outlook.rate(best)), _gain(outlook, best), about, more)


def less_memory(outlook: Outlook) -> Suggestion:
    title = "Less memory"
    found = [
        ((policy, round_up(capacity)), capacity)
        for policy in proposed(outlook)
        if (capacity := outlook.capacity_for(policy, outlook.here)) is not None
    ]
    fitting = [each for each in found if each[0][1] <= WORTH_SAVING * outlook.now[1] and not outlook.weak(each[0])]
    if not fitting:
        of_engine = f" of {outlook.choices.engine}" if outlook.choices.engine else ""
        told = f"No policy{of_engine} reaches the same rate with a tenth less."
        return Suggestion(title, None, "Nothing to save", (told,))
    setting, _ = min(fitting, key=lambda each: each[0][1])
    spared = size((outlook.now[1] - setting[1]) * outlook.caches)
    # As the size is rounded up it may be a little better than the present.
    better = outlook.rate(setting) - outlook.here >= 0.0005
    rate = _gain(outlook, setting)[0] if better else "same rate"
    told = (f"{rate}, {spared} less{' in all' if outlook.caches > 1 else ''}", cheaper(outlook, setting))
    return Suggestion(title, setting, shown(outlook, outlook.rate(setting)), told, about=not outlook.counted(setting))


def reach_target(outlook: Outlook, target: float) -> Suggestion:
    title = _target(outlook, target)
    needs = {policy: outlook.capacity_for(policy, target) for policy in outlook.policies}
    able = {policy: round_up(needs[policy]) for policy in proposed(outlook) if needs[policy] is not None}
    reaching = {policy: capacity for policy, capacity in able.items() if not outlook.weak((policy, capacity))}
    if outlook.here >= target:
        return Suggestion(title, None, "Reached already", (f"Now {shown(outlook, outlook.here)}.",))
    if able and not reaching:
        return Suggestion(title, None, "Not sure", ("Too few images were sampled at the sizes that may reach it.",))
    if not reaching:
        ceiling = outlook.ceiling
        if ceiling is not None and ceiling < target:
            limit = "ceiling" if outlook.show == "hit" else "floor"
            told = f"No cache reaches it: the {limit} is {shown(outlook, ceiling)}, by first requests."
        else:
            told = f"Nothing up to {size(outlook.capacities[-1])} reaches it."
        return Suggestion(title, None, "Out of reach", (told,))
    best = min(reaching, key=needs.__getitem__)
    setting = best, reaching[best]
    told = [cheaper(outlook, setting)]
    own = needs.get(outlook.now[0])
    if best != outlook.now[0]:
        label = policy_label(outlook.now[0])
        told.insert(0, f"{label} would need about {size(round_up(own))}" if own else f"{label} does not reach it here")
    return Suggestion(title, setting, f"about {size(setting[1])}", tuple(told), about=True)


def named(setting: Setting, about: bool = False) -> str:
    """GDSF at 100 MB; LRU at about 75 MB."""
    return f"{policy_label(setting[0])} at {'about ' if about else ''}{limit(setting[1])}"


def fewer_reads(outlook: Outlook, setting: Setting) -> str:
    """711 fewer reads of the store a minute."""
    there, here = outlook.reads_a_minute(setting), outlook.reads_a_minute(outlook.now)
    if there is None or here is None:
        return ""
    return (
        f"{count(abs(round(here) - round(there)))} {'fewer' if there <= here else 'more'} reads of the store a minute"
    )


def cheaper(outlook: Outlook, setting: Setting) -> str:
    """about $25 less a month; nothing where the difference is."""
    there, here = outlook.dollars_a_month(setting), outlook.dollars_a_month(outlook.now)
    if there is None or here is None:
        return ""
    there, here = as_shown(there), as_shown(here)
    if there == here:
        return "costs the same"
    return f"about {dollars(abs(there - here))} {'less' if there < here else 'more'} a month"


def round_up(capacity: float) -> int:
    """An interpolated capacity in round megabytes: 5 from 50 on, 1 from 5 on, else tenths."""
    step = 5.0 if capacity >= 50 * MIB else 1.0 if capacity >= 5 * MIB else 0.1
    rounded = math.ceil(capacity / MIB / step - 1e-9) * step * MIB
    return min(MAX_CAPACITY_BYTES, max(MIN_CAPACITY_BYTES, round(rounded)))


def _instead(outlook: Outlook, setting: Setting) -> str:
    there = named(setting, not outlook.counted(setting))
    return (
        f"{there} {_verb(outlook)} {_rate(outlook, outlook.rate(setting))} instead of "
        f"{shown(outlook, outlook.here)} ({_gain(outlook, setting)[0]}), {fewer_reads(outlook, setting)}."
    )


def _gain(outlook: Outlook, setting: Setting) -> tuple[str, str]:
    there, here = outlook.rate(setting), outlook.here
    told = gain(there, here) if outlook.show == "hit" else gain(here, there)  # of what is not hit, less is better
    return told, fewer_reads(outlook, setting)


def _verb(outlook: Outlook) -> str:
    return {"miss": "would have missed", "bytes": "would have fetched"}.get(outlook.show, "would have hit")


def _target(outlook: Outlook, target: float) -> str:
    if outlook.show == "hit":
        return f"Reach {target * 100:g} %"
    return f"At most {100 - target * 100:g} % {'from the store' if outlook.by_bytes else 'missed'}"


def _stay(outlook: Outlook) -> str:
    return f"No: stay. {_best_other(outlook)}"


def _best_other(outlook: Outlook) -> str:
    others = [(policy, outlook.now[1]) for policy in proposed(outlook) if policy != outlook.now[0]]
    if not others and outlook.choices.engine:
        return f"{outlook.choices.engine} has no other policy to propose."
    gains = [outlook.rate(other) - outlook.here for other in others if outlook.rate(other) is not None]
    if not gains or max(gains) <= 0:
        return "No other policy does better at this size."
    least = threshold(outlook, outlook.now[1])
    return f"The best other choice gains {points(max(gains))}; only above {points(least)} would it be sure."


def _too_early(outlook: Outlook) -> str:
    requests = outlook.curve.live.requests
    if requests < ENOUGH_REQUESTS:
        begun = when(outlook.curve.begun, outlook.curve.period_seconds)
        since = f", counted since {begun} UTC, {outlook.cut}" if outlook.cut else ""
        told = f"Too early: {count(requests)} of the {count(ENOUGH_REQUESTS)} requests needed{since}."
        return f"{told} {_until_enough(outlook)}".rstrip()
    if outlook.covered < ENOUGH_COVERED:
        return f"Too early: the curve knows of {rate(outlook.covered)} of the requests in this range."
    if outlook.now[0] not in POLICIES:
        return f"The server evicts by {outlook.now[0]}, which What-if does not play: nothing can be held against it."
    return "Too early: the present setting has not been counted in this range yet."


def _until_enough(outlook: Outlook) -> str:
    """How long to wait. As time goes by a range loses at its beginning what comes at its end, so waiting may not do."""
    if not outlook.pace:
        return ""
    if outlook.pace * outlook.minutes < ENOUGH_REQUESTS:
        return "A range this short does not hold so many: choose a longer one."
    left = math.ceil((ENOUGH_REQUESTS - outlook.curve.live.requests) / outlook.pace)
    return f"About {left} min more." if left < 600 else ""


def shown(outlook: Outlook, fraction: float | None) -> str:
    """A hit rate, or what is left of it: the misses, or by bytes what is fetched from the store."""
    return rate(shown_rate(outlook.show, fraction))


def _rate(outlook: Outlook, fraction: float | None) -> str:
    return f"{shown(outlook, fraction)}{' of bytes from the store' if outlook.by_bytes else ''}"
