"""The counts of the open minute: what was asked, what each shadow missed, and why the live cache missed."""

from collections.abc import Mapping, Sequence

from cache.whatif.family import Family, Request
from cache.whatif.keys import CHANGED, FRESH, Keys
from cache.whatif.reasons import Reasons
from cache.whatif.records import COLLAPSED, HIT, MISS, TOO_LARGE, level_of
from cache.whatif.sampling import Sampling
from cache.whatif.slots import SLOTS

MINUTE_SECONDS = 60
DRAWING = "random"
"""The one policy of which nobody can say what it would hold."""


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

    def missed_everywhere(self, entry: int, payload_bytes: int) -> None:
        """Not even a cache that holds everything had it."""
        level = self._sampling.seen_level
        if not level or level_of(entry) >= level:
            self._infinite_missed += 1 << level
            self._infinite_missed_bytes += payload_bytes << level

    def missed(
        self, requests: Sequence[Request], states: Sequence[int], told: Mapping[str, list[int]], slot: int | None
    ) -> None:
        """What the requests that the live cache missed are to be put down to; ``slot`` is that of its capacity."""
        sampling, hashes = self._sampling, self._keys.hashes
        level = max(sampling.seen_level, 0 if slot is None else sampling.level[slot])
        if level:
            self.reasons.estimated = True
        deterministic = [told[name] for name in self._deterministic]
        sample = self.reasons.sample
        for place, (key, _, _, outcome) in enumerate(requests):
            if outcome != MISS or (level and level_of(hashes[key]) < level):
                continue
            state = states[place]
            if state == CHANGED:
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
        for names in self._missed.values():
            names[slot] = [0, 0]
        if self.requests:
            self._late.add(slot)

    def fold(self) -> None:
        """Add what was counted at the levels of now; before these change, and at the end."""
        for name, family in self._families.items():
            sums = self._missed[name]
            for slot in self._sampling.slot_of.values():
                level = self._sampling.level[slot]
                sums[slot][0] += family.missed[slot] << level
                sums[slot][1] += family.missed_bytes[slot] << level
                family.missed[slot] = family.missed_bytes[slot] = 0

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
                [name, c, *self._hits(*sums[slot])] for name, sums in self._missed.items() for c, slot in shown.items()
            ],
            "infinite": self._hits(self._infinite_missed, self._infinite_missed_bytes),
            "sampled": {
                str(c): [0.5 ** sampling.level[slot], sampling.objects(slot)]
                for c, slot in shown.items()
                if sampling.level[slot]
            },
            "shed": self.left_out,
            "reasons": self.reasons.split(),
            "estimated": self.reasons.estimated or not sampling.exact,
        }

    def _hits(self, missed: int, missed_bytes: int) -> list[int]:
        # Not (sampled requests - misses) x 1/rate: how many requests the sample has depends on a few favourites.
        return [max(0, self.requests - missed), max(0, self.bytes - missed_bytes)]

    def _clear(self) -> None:
        self.requests = self.bytes = self.hits = self.bytes_hit = self.left_out = 0
        self.reasons = Reasons()
        self._missed = {name: [[0, 0] for _ in range(SLOTS)] for name in self._families}
        self._infinite_missed = self._infinite_missed_bytes = 0
        self._late: set[int] = set()
