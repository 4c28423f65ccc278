"""The counts of the open minute: what was asked, what each shadow missed, and why the live cache missed."""

from collections.abc import Iterable, Mapping, Sequence

from cache.whatif.controls import MISSED, NEW, Controls
from cache.whatif.estimate import GROUPS, estimate
from cache.whatif.family import Family, Request
from cache.whatif.keys import CHANGED, FRESH, RESIZED, Keys
from cache.whatif.reasons import Reasons
from cache.whatif.records import COLLAPSED, HIT, MISS, TOO_LARGE, level_of
from cache.whatif.sampling import Sampling
from cache.whatif.slots import SLOTS

MINUTE_SECONDS = 60
DRAWING = "random"
"""The one policy of which nobody can say what it would hold."""


class Sums:
    """One slot's misses by policy and group, scaled up, and the controls as its sample saw them: counts, then bytes."""

    def __init__(self, policies: Iterable[str]) -> None:
        self._missed = {name: ([0.0] * GROUPS, [0.0] * GROUPS) for name in policies}
        self._controls = [[[0.0] * GROUPS for _ in (MISSED, NEW)] for _ in range(2)]
        self._sampled = False

    def add(self, missed: Mapping[str, Sequence[Sequence[float]]], controls: Sequence, level: int) -> None:
        self._sampled = self._sampled or level > 0
        for name, both in missed.items():
            self._missed[name] = tuple(
                [so_far + more * (1 << level) for so_far, more in zip(*pair, strict=True)]
                for pair in zip(self._missed[name], both, strict=True)
            )
        self._controls = [
            [_added(*pair) for pair in zip(*both, strict=True)] for both in zip(self._controls, controls, strict=True)
        ]

    def misses(self, policy: str, known: Sequence[Sequence[float]]) -> list[float]:
        """Requests and bytes; ``known`` are the controls' totals of each, and those it leaves out are of no use."""
        missed = self._missed[policy]
        if not self._sampled:
            return [sum(groups) for groups in missed]
        return [
            estimate(groups, controls[: len(totals)], totals)
            for groups, controls, totals in zip(missed, self._controls, known, strict=True)
        ]


def _added(some: Sequence[float], more: Sequence[float]) -> list[float]:
    return [a + b for a, b in zip(some, more, strict=True)]


class Counts:
    def __init__(self, families: Mapping[str, Family], sampling: Sampling, keys: Keys) -> None:
        self._families = families
        self._sampling = sampling
        self._keys = keys
        self._deterministic = [name for name in families if name != DRAWING]
        self._clear()

    def request(self, payload_bytes: int, outcome: int, times: int = 1) -> None:
        """``payload_bytes`` is that of all the ``times`` requests."""
        self.requests += times
        self.bytes += payload_bytes
        if outcome == HIT:
            self.hits += times
            self.bytes_hit += payload_bytes
            return
        self.reasons.misses += times
        if outcome == TOO_LARGE:
            self.reasons.too_large += times
        elif outcome == COLLAPSED:
            self.reasons.collapsed += times

    def shed(self, outcome: int, requests: int, payload_bytes: int) -> None:
        """Requests that nothing more is known of."""
        self.request(payload_bytes, outcome, requests)
        self.left_out += requests
        self.reasons.estimated = True

    def answered(self, entry: int, size_bytes: int, payload_bytes: int, outcome: int) -> None:
        """A request that was not shed."""
        self.request(payload_bytes, outcome)
        if outcome != HIT:
            self._controls.add(MISSED, entry, size_bytes, payload_bytes)

    def new(self, entry: int, size_bytes: int, payload_bytes: int, times: float) -> None:
        """An entry was asked for that never was before; it stands for ``times`` of them."""
        self._controls.add(NEW, entry, size_bytes, payload_bytes, times)

    def missed_everywhere(self, entry: int, payload_bytes: int) -> None:
        """Not even a cache that holds everything had it, and it was not new."""
        level = self._sampling.seen_level
        if not level or level_of(entry) >= level:
            self._infinite_missed += 1 << level
            self._infinite_missed_bytes += payload_bytes << level

    def missed(
        self, requests: Sequence[Request], states: Sequence[int], told: Mapping[str, list[int]], slot: int | None
    ) -> None:
        """What the requests that the live cache missed are to be put down to; ``slot`` is that of its capacity."""
        sampling, hashes = self._sampling, self._keys.hashes
        level = sampling.seen_level if slot is None else sampling.level[slot]
        if level:
            self.reasons.estimated = True
        deterministic = [told[name] for name in self._deterministic]
        sample = self.reasons.sample
        for place, (key, _, _, outcome, _) in enumerate(requests):
            if outcome != MISS or (level and level_of(hashes[key]) < level):
                continue
            state = states[place]
            if state in (CHANGED, RESIZED):
                reason = "changed"
            elif state == FRESH:
                reason = "cold"
            elif slot is not None and any(not masks[place] >> slot & 1 for masks in deterministic):
                reason = "policy"
            else:
                reason = "capacity"
            sample[reason] += 1 << level

    def begun(self, slot: int) -> None:
        """A slot that begins amid a minute has no counts of its own before the next."""
        self.fold()
        self._sums[slot] = Sums(self._families)
        if self.requests:
            self._late.add(slot)

    def fold(self) -> None:
        """Add what was counted at the levels of now; before these change, and at the end."""
        level_of_slot = self._sampling.level
        for slot in self._sampling.slot_of.values():
            missed = {name: family.counted(slot) for name, family in self._families.items()}
            self._sums[slot].add(missed, self._controls.scaled(slot, self._keys.weights), level_of_slot[slot])
        self._new = _added(self._new, self._controls.totals(NEW, self._keys.weights.least_level))
        self._controls.clear()

    def close(self, start: int, policy: str, capacity_bytes: int, going_on: bool = False) -> dict:
        """What is to be told of the minute; unless it is ``going_on``, the next one begins."""
        self.fold()
        told = self._document(start, policy, capacity_bytes)
        if going_on:
            told["open"] = True
        else:
            self._clear()
        return told

    def _document(self, start: int, policy: str, capacity_bytes: int) -> dict:
        sampling = self._sampling
        known = self._known()
        new, new_bytes = self._new
        infinite = [self._infinite_missed + new, self._infinite_missed_bytes + new_bytes]
        shown = {c: slot for c, slot in sorted(sampling.slot_of.items()) if slot not in self._late}
        return {
            "start": start,
            "period_seconds": MINUTE_SECONDS,
            "policy": policy,
            "capacity_bytes": capacity_bytes,
            "requests": self.requests,
            "bytes": self.bytes,
            "hits": self.hits,
            "bytes_hit": self.bytes_hit,
            "points": [
                [name, c, *self._hits(self._sums[slot].misses(name, known))]
                for name in self._families
                for c, slot in shown.items()
            ],
            "infinite": self._hits(infinite),
            "sampled": {
                str(c): [0.5 ** sampling.level[slot], sampling.objects(slot)]
                for c, slot in shown.items()
                if sampling.level[slot]
            },
            "shed": self.left_out,
            "reasons": self.reasons.split(),
            "estimated": self.reasons.estimated or not sampling.exact,
        }

    def _known(self) -> list[list[float]]:
        """The totals of the controls, in requests and in bytes; of what was shed it is not known what was new."""
        missed = [self.reasons.misses, self.bytes - self.bytes_hit]
        return [[total] if self.left_out else [total, new] for total, new in zip(missed, self._new, strict=True)]

    def _hits(self, missed: Sequence[float]) -> list[int]:
        # Not (sampled requests - misses) x 1/rate: how many requests the sample has depends on a few favourites.
        return [
            min(whole, max(0, whole - round(part)))
            for whole, part in zip((self.requests, self.bytes), missed, strict=True)
        ]

    def _clear(self) -> None:
        self.requests = self.bytes = self.hits = self.bytes_hit = self.left_out = 0
        self.reasons = Reasons()
        self._controls = Controls()
        self._sums = [Sums(self._families) for _ in range(SLOTS)]
        self._new = [0.0, 0.0]
        self._infinite_missed = self._infinite_missed_bytes = 0
        self._late: set[int] = set()
