"""How many caches there are, in words: one in each instance, or one that all share."""

from dashboard.choices import limit, policy_label, servers_policy
from dashboard.fleet import Fleet
from dashboard.words import plural, size

AN_INSTANCE = "Capacity an instance"
OF_ALL = "Shared capacity"


def capacity_title(engine: str) -> str:
    """What a capacity is called, where one stands."""
    return OF_ALL if engine else AN_INSTANCE


def shared_by(fleet: Fleet) -> str:
    """Shared by 4 instances; in Redis, where there is one only."""
    living = len(fleet.alive)
    return f"shared by {living} instances" if living > 1 else f"in {fleet.engine}"


def in_force(fleet: Fleet) -> str:
    """In force: v7, LRU, 100 MB an instance × 4 = 400 MB; LRU, 100 MB, shared by 4 instances."""
    document, (policy, capacity_bytes) = fleet.newest, fleet.setting
    if fleet.fixed:
        return f"In force: v{document.version}. {servers_own(fleet)}"
    told = f"In force: v{document.version}, {policy_label(policy)}, {size(capacity_bytes)}"
    if fleet.shared:
        return f"{told}, {shared_by(fleet)}."
    return f"{told} an instance{times(capacity_bytes, fleet)}."


def servers_own(fleet: Fleet) -> str:
    """Policy and capacity are the server's: LRU (allkeys-lru), 400 MB, shared by 4 instances."""
    policy, capacity_bytes = fleet.setting
    own = f"{servers_policy(policy)}, {limit(capacity_bytes)}, {shared_by(fleet)}"
    return f"Policy and capacity are the server's: {own}."


def times(capacity_bytes: int, fleet: Fleet) -> str:
    """× 4 = 400 MB; nothing for one cache."""
    return f" × {fleet.caches} = {size(capacity_bytes * fleet.caches)}" if fleet.caches > 1 else ""


def the_caches(fleet: Fleet) -> str:
    """The cache, the shared cache, 4 caches."""
    if fleet.shared and len(fleet.alive) > 1:
        return "the shared cache"
    return f"{fleet.caches} caches" if fleet.caches > 1 else "the cache"


def held(fleet: Fleet) -> str:
    """What all caches hold, by the last minute."""
    if not any(instance.last for instance in fleet.alive):
        return "No instance has reported what it holds."
    if not fleet.holders:
        return "What the shared cache holds is not known just now."
    items, bytes_held = (sum(each.value.get(name, 0) for each in fleet.holders) for name in ("items", "size_bytes"))
    where = f" in {the_caches(fleet)}" if len(fleet.alive) > 1 else ""
    return f"{plural(items, 'image')}, {size(bytes_held)}{where}, by the last minute."


def unanswered(fleet: Fleet) -> str:
    """The shared cache fails 2 of 4 instances: connection refused. "" where it serves all."""
    if not fleet.unanswered:
        return ""
    problems = [instance.cache_problem.strip().removesuffix(".") for instance in fleet.unanswered]
    named = "; ".join(dict.fromkeys(problems))
    whom = f"{len(fleet.unanswered)} of {plural(len(fleet.alive), 'instance')}"
    return f"The shared cache fails {whom}: {named}."
