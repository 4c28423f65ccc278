"""What may be chosen: of an engine only what it evicts by, and nothing where the cache is the server's own affair."""

from collections.abc import Mapping
from dataclasses import dataclass

from cache.config import Configuration
from cache.engines import ENGINE_POLICIES, REDIS_POLICIES
from cache.policies import POLICIES
from dashboard.fleet import Fleet
from dashboard.words import either, size


@dataclass(frozen=True)
class Choices:
    """``engine`` is what the shared cache is called, ``fixed`` why its policy and capacity can't be changed from here;
    ``setting`` are then its own."""

    engine: str = ""
    fixed: str = ""
    setting: tuple[str, int] | None = None

    @property
    def policies(self) -> tuple[str, ...]:
        """What a cache like this can do; the fixed one, too."""
        return ENGINE_POLICIES.get(self.engine, tuple(POLICIES))

    @property
    def besides(self) -> tuple[str, ...]:
        """What it can't."""
        return tuple(name for name in POLICIES if name not in self.policies)

    def why_not(self, policy: str) -> str:
        """Why it can't evict by a policy; "" where it can."""
        if policy in self.policies:
            return ""
        return f"{self.engine} evicts by {_labels(self.policies)}; {policy_label(policy)} is for memory: only."

    def why_not_these(self) -> str:
        """Redis evicts by LRU, Random or LFU; FIFO, SIEVE, S3-FIFO and GDSF are for memory: only."""
        if not self.besides:
            return ""
        *others, last = map(policy_label, self.besides)
        named = f"{', '.join(others)} and {last} are" if others else f"{last} is"
        return f"{self.engine} evicts by {_labels(self.policies)}; {named} for memory: only."

    def refused(self, before: Configuration, after: Configuration) -> Mapping[str, str]:
        """What of a change this cache can't take up: a field each, and why, to be read after the field's name."""
        if not self.fixed:
            why_not = self.why_not(after.policy)
            return {"policy": f"can't be {after.policy}: {why_not.removesuffix('.')}"} if why_not else {}
        asked = {
            "policy": after.policy != before.policy,
            "capacity_bytes": after.capacity_bytes != before.capacity_bytes,
            "autoscale.mode": after.autoscale != before.autoscale and after.autoscale.mode != "manual",
        }
        why_not = f"can't be changed from here: {self.fixed.strip().removesuffix('.')}"
        return {
            name: why_not.replace("changed from here", "other than manual") if name == "autoscale.mode" else why_not
            for name, is_asked in asked.items()
            if is_asked
        }


ANY = Choices()
"""Of caches in processes, where all policies may be chosen."""


def choices(fleet: Fleet) -> Choices:
    return Choices(fleet.engine, fleet.fixed, fleet.setting if fleet.fixed else None)


def policy_label(name: str) -> str:
    return POLICIES[name].label if name in POLICIES else name


def servers_policy(name: str) -> str:
    """LRU (allkeys-lru); what we have no name for by the server's own: noeviction."""
    return f"{policy_label(name)} ({REDIS_POLICIES[name]})" if name in REDIS_POLICIES else name


def limit(capacity_bytes: int) -> str:
    """A capacity, where none is no limit."""
    return size(capacity_bytes) if capacity_bytes else "no limit"


def _labels(policies: tuple[str, ...]) -> str:
    return either([policy_label(name) for name in policies])
