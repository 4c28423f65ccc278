"""Which keys fit: sizes, capacity and evictions, in the order of a policy. No bytes, no lock.

The ledger alone decides what stays, so a cache with bytes and a shadow without them decide the same.
"""

from collections.abc import Hashable

from cache.policies import Policy

ENTRY_OVERHEAD_BYTES = 2048
"""What an entry costs beside its payload: key, row, order and tables. A test holds it above the real cost."""


class Ledger:
    """Keeps ``size_bytes <= capacity_bytes`` at every instant: it evicts before it inserts, and a capacity that is
    lowered below the size sinks with the size, step by step, as ``settle`` is called.
    """

    def __init__(self, policy: Policy, capacity_bytes: int) -> None:
        self._policy = policy
        self._target_bytes = capacity_bytes
        self._sizes: dict[Hashable, int] = {}
        self.capacity_bytes = capacity_bytes
        self.size_bytes = 0
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._sizes

    def touch(self, key: Hashable) -> None:
        """Note a hit on a key that is held."""
        self._policy.touch(key)

    def admit(self, key: Hashable, payload_bytes: int) -> list[Hashable] | None:
        """Hold a key, new or at a new size; returns the keys evicted for it, or None if it can never fit."""
        self.remove(key)
        size_bytes = payload_bytes + ENTRY_OVERHEAD_BYTES
        if size_bytes > self._target_bytes:
            return None
        evicted = []
        while self.size_bytes + size_bytes > self.capacity_bytes:
            evicted.append(self._evict())
        self._policy.add(key, size_bytes)
        self._sizes[key] = size_bytes
        self.size_bytes += size_bytes
        return evicted

    def remove(self, key: Hashable) -> bool:
        """Let a key go that was replaced, deleted or cleared; this is no eviction."""
        if key not in self._sizes:
            return False
        self._policy.remove(key)
        self.size_bytes -= self._sizes.pop(key)
        return True

    def follow(self, policy: Policy) -> None:
        """Go on with another, empty policy; it takes the keys over in the order the old one would have evicted them."""
        for key in self._policy:
            policy.add(key, self._sizes[key])
        self._policy = policy

    def resize(self, capacity_bytes: int) -> None:
        """Change the capacity; where too much is held, ``settle`` brings it down."""
        self._target_bytes = capacity_bytes
        self.capacity_bytes = max(capacity_bytes, self.size_bytes)

    def settle(self, most: int) -> list[Hashable]:
        """Evict at most so many keys on the way down to a lowered capacity; [] when it is reached."""
        evicted = []
        while self.size_bytes > self._target_bytes and len(evicted) < most:
            evicted.append(self._evict())
        self.capacity_bytes = max(self._target_bytes, self.size_bytes)
        return evicted

    def _evict(self) -> Hashable:
        victim = self._policy.evict()
        self.size_bytes -= self._sizes.pop(victim)
        self.evictions += 1
        return victim
