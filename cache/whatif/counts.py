"""The counts of the open minute: what was asked, what each shadow missed, and why the live cache missed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from cache.whatif.family import Family, Request
from cache.whatif.keys import CHANGED, FRESH, RESIZED, Keys
from cache.whatif.reasons import Reasons
from cache.whatif.records import COLLAPSED, HIT, MISS, TOO_LARGE, level_of
from cache.whatif.sampling import Sampling
from cache.whatif.slots import SlotsOf
from cache.whatif.strata import EVERYTHING, Tally
from cache.whatif.sums import Sums, of_all

MINUTE_SECONDS = 60
DRAWING = "random"
"""The one policy of which nobody can say what it would hold."""


class Counts:
    def __init__(self, families: Mapping[str, Family], sampling: Sampling, keys: Keys) -> None:
        self._families = families
        self._sampling = sampling
        self._keys = keys
        self._slots_of = SlotsOf()
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

    def shed(self, outcome: int, requests: int, payload_bytes: int, by_entry: bool) -> None:
        """Requests that nothing more is known of: ``by_entry`` all of some entries, else any, that were lost."""
        self.request(payload_bytes, outcome, requests)
        self.left_out += requests
        self.reasons.estimated = True
        if not by_entry:
            self._lost = [self._lost[0] + requests, self._lost[1] + payload_bytes]

    def answered(self, payload_bytes: int, outcome: int, stratum: int) -> None:
        """A request that was not shed."""
        self.request(payload_bytes, outcome)
        if stratum != EVERYTHING:
            self._asked.count(stratum, payload_bytes)

    def looked_at(self, slots: int, size_bytes: int, payload_bytes: int, stratum: int) -> None:
        """The same request in the slots that look at its entry, which is of this size there."""
        if stratum != EVERYTHING:
            halvings = self._keys.weights.halvings
            for slot in self._slots_of[slots & self._sampling.sampled]:
                self._looked_at[slot].count(stratum, payload_bytes, 0.5 ** halvings(slot, size_bytes))

    def new(self, payload_bytes: int, times: float) -> None:
        """An entry was asked for that never was before; it stands for ``times`` of them."""
        scale = times * (1 << self._keys.weights.least_level)
        self._new[0] += scale
        self._new[1] += scale * payload_bytes

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
        for place, (key, _, _, outcome, _, _) in enumerate(requests):
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
        outcomes = self._outcomes()
        since = [[a - b for a, b in zip(*both, strict=True)] for both in zip(outcomes, self._folded, strict=True)]
        lost = [a - b for a, b in zip(self._lost, self._lost_before, strict=True)]
        for slot in self._sampling.slot_of.values():
            sums, level = self._sums[slot], self._sampling.level[slot]
            missed = {name: family.counted(slot) for name, family in self._families.items()}
            if level:
                sums.add_sample(missed, self._looked_at[slot], 1 << level)
                sums.add_asked(self._asked, since)
            else:
                sums.add_known(missed, since, lost)
        self._begin_to_count()

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
        new, new_bytes = self._new
        infinite = [
            of_all(*each)
            for each in zip(
                (self._infinite_missed + new, self._infinite_missed_bytes + new_bytes),
                self._outcomes(),
                self._lost,
                strict=True,
            )
        ]
        shown = {c: slot for c, slot in sorted(sampling.slot_of.items()) if slot not in self._late}
        missed = {c: self._sums[slot].misses() for c, slot in shown.items()}
        return {
            "start": start,
            "period_seconds": MINUTE_SECONDS,
            "policy": policy,
            "capacity_bytes": capacity_bytes,
            "requests": self.requests,
            "bytes": self.bytes,
            "hits": self.hits,
            "bytes_hit": self.bytes_hit,
            "points": [[name, c, *self._hits(missed[c][name])] for name in self._families for c in shown],
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

    def _hits(self, missed: Sequence[float]) -> list[int]:
        # Not (sampled requests - misses) x 1/rate: how many requests the sample has depends on a few favourites.
        return [
            min(whole, max(0, whole - round(part)))
            for whole, part in zip((self.requests, self.bytes), missed, strict=True)
        ]

    def _outcomes(self) -> list[list[float]]:
        """Hits and misses of the live cache, then their bytes; in this minute."""
        return [[self.hits, self.reasons.misses], [self.bytes_hit, self.bytes - self.bytes_hit]]

    def _begin_to_count(self) -> None:
        self._folded, self._lost_before = self._outcomes(), self._lost
        self._asked = Tally()
        self._looked_at = defaultdict[int, Tally](Tally)

    def _clear(self) -> None:
        self.requests = self.bytes = self.hits = self.bytes_hit = self.left_out = 0
        self._lost = [0, 0]  # requests, and bytes
        self.reasons = Reasons()
        self._begin_to_count()
        self._sums = defaultdict[int, Sums](lambda: Sums(self._families))
        self._new = [0.0, 0.0]
        self._infinite_missed = self._infinite_missed_bytes = 0
        self._late: set[int] = set()
