"""All shadows of an instance: every policy at every capacity of the grid, fed with the records of the tap."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from cache.policies import POLICIES
from cache.whatif import grid
from cache.whatif.counts import Counts
from cache.whatif.family import Family, Request
from cache.whatif.keys import CHANGED, FRESH, RESIZED, SEEN, Keys
from cache.whatif.orders import ORDERS
from cache.whatif.records import (
    CLEARED,
    COLLAPSED,
    CONFIGURED,
    HIT,
    INVALIDATED,
    KIND_BITS,
    KIND_MASK,
    MINUTE_ENDED,
    NUMBERS,
    RESIZED_OUT,
    SHED,
    SIZE_SHIFT,
    TOO_LARGE,
    WIDTH_MASK,
    Record,
    entry_hash,
    in_order,
    level_of,
)
from cache.whatif.samples import FAMILIES
from cache.whatif.sampling import Sampling
from cache.whatif.sizes import in_memory
from cache.whatif.slots import SLOTS
from cache.whatif.strata import EVERYTHING

MOST_WIDTHS = 32
A_BATCH = 4096
_POLICY_NAMES = tuple(POLICIES)


class Shadows:
    """Plays records in their order. ``budget_bytes`` bounds what all of it takes up, by looking at fewer entries.

    ``size_of`` says what an entry takes up by its payload.
    """

    def __init__(
        self, budget_bytes: int, policies: Iterable[str] = tuple(ORDERS), size_of: Callable[[int], int] = in_memory
    ) -> None:
        self._size_of = size_of
        self.keys = Keys()
        self.families = {
            name: FAMILIES[name](self.keys) if name in FAMILIES else Family(ORDERS[name], self.keys)
            for name in policies
        }
        self.sampling = Sampling(self.keys, self.families, budget_bytes)
        self.counts = Counts(self.families, self.sampling, self.keys)
        self.sampling.before_change = self.counts.fold
        self.policy = ""
        self.capacity_bytes = 0
        self._waiting: list[Request] = []
        self._states: list[int] = []
        self._widths = [0]
        self._turn = 0
        self._places = 0
        self._cold: set[int] = set()
        self._cold_before: set[int] = set()

    def play(self, numbers: Iterable[int]) -> Iterator[dict]:
        """Go through records, flat; yields what is to be told of each minute that ends in them."""
        records = list(zip(*[iter(numbers)] * NUMBERS, strict=True))
        if self._play_hits(records):
            return
        for first, second, third in in_order(records):
            kind = third & KIND_MASK
            if kind <= TOO_LARGE:
                self._request(first, second, third >> KIND_BITS & WIDTH_MASK, third >> SIZE_SHIFT, kind)
                if len(self._waiting) >= A_BATCH:
                    self.settle()
                continue
            self.settle()
            if kind == INVALIDATED:
                self._invalidate(first)
            elif kind == CLEARED:
                self._clear()
            elif kind == RESIZED_OUT:
                self._resized_out(entry_hash(first, third >> KIND_BITS & WIDTH_MASK))
            elif kind == CONFIGURED:
                self.configure(_POLICY_NAMES[second], first)
            elif kind == SHED:
                level, outcome = third >> 2 * KIND_BITS, third >> KIND_BITS & KIND_MASK
                self.sampling.at_least(level)
                self.counts.shed(outcome, first, second, by_entry=level > 0)
            elif kind == MINUTE_ENDED:
                yield self.counts.close(first, self.policy, self.capacity_bytes, going_on=second == 1)
        self.settle()

    def configure(self, policy: str, capacity_bytes: int) -> None:
        """The live cache has this policy and capacity from now on."""
        in_force = self.capacity_bytes
        open_now = self.sampling.slot_of
        for gone in [c for c in open_now if c != in_force and not grid.is_near(c, capacity_bytes)]:
            self.sampling.close(gone)
        for wanted in grid.around(capacity_bytes):
            if wanted not in open_now:
                self._open(wanted, capacity_bytes)
        if in_force in open_now and not grid.is_near(in_force, capacity_bytes):
            self.sampling.close(in_force)
        self.policy, self.capacity_bytes = policy, capacity_bytes

    def settle(self) -> None:
        """Let the shadows catch up with the requests taken in so far."""
        requests, states = self._waiting, self._states
        if not requests:
            return
        self._waiting, self._states = [], []
        self._cold_before, self._cold = self._cold, set()
        told = {name: family.play(requests) for name, family in self.families.items()}
        self.counts.missed(requests, states, told, self.sampling.slot_of.get(self.capacity_bytes))
        self.sampling.fit(len(requests))

    # --- many hits at once -----------------------------------------------------------------------------------------

    def _play_hits(self, records: list[Record]) -> bool:
        """Go through hits of entries that are known; False, and nothing done, where one record is something else.

        Where every slot of a policy holds all of them nothing comes in or goes, so only the order of their last uses
        matters, and how often each was used.
        """
        if self.sampling.strata is not None:  # each request is sorted
            return False
        if any(third & KIND_MASK for _, _, third in records):  # anything but a hit: seen before memory is taken up
            return False
        uses = Counter(reversed(records))  # in the order of their last uses, the newest first
        keys: dict[Record, int] = {}
        for record in uses:
            keys[record] = key = self._hit_key(*record)
            if not key:
                return False
        used = [(keys[record], times) for record, times in reversed(uses.items())]
        behind = [family for family in self.families.values() if not family.hit(used)]
        if behind:
            sizes, turns = self.keys.sizes, range(self._turn + 1, self._turn + 1 + len(records))
            requests = [
                (key, sizes[key], record[2] >> SIZE_SHIFT, HIT, turn, EVERYTHING)
                for record, key, turn in zip(records, map(keys.__getitem__, records), turns, strict=True)
            ]
            for family in behind:
                family.play(requests)
        self._turn += len(records)
        payload_bytes = sum((third >> SIZE_SHIFT) * times for (_, _, third), times in uses.items())
        self.counts.request(payload_bytes, HIT, len(records))
        self.sampling.fit(len(records))
        return True

    def _hit_key(self, first: int, second: int, third: int) -> int:
        """The number of the entry that a hit is of; 0 where it is not one more use of what is known."""
        keys = self.keys
        key = keys.number.get(entry_hash(first, third >> KIND_BITS & WIDTH_MASK), 0)
        return key if keys.versions[key] == second and keys.state[key] == SEEN else 0

    # --- one record ------------------------------------------------------------------------------------------------

    def _request(self, key_hash: int, version: int, width: int, payload_bytes: int, outcome: int) -> None:
        self._turn += 1
        entry = entry_hash(key_hash, width)
        keys = self.keys
        key = keys.number.get(entry)
        if key is not None and keys.versions[key] != version:
            self.settle()
            key = keys.number.get(entry)  # where memory was short, settling has let the number go
            if key is not None:
                key = self._remove(key, version, self._size_of(payload_bytes))
        seems_new = False
        if key is None:
            level, size_bytes = level_of(entry), self._size_of(payload_bytes)
            eligible = self.sampling.eligible(level, size_bytes)
            new, seems_new = self.sampling.new(entry, level, size_bytes)
            if new and level >= self.sampling.weights.least_level:  # which stand for those that are left out
                self.counts.new(payload_bytes, new)
            if not eligible and level < self.sampling.seen_level:
                self.counts.answered(payload_bytes, outcome, self._stratum(entry, size_bytes, outcome, seems_new))
                return
            key = keys.add(entry, version, size_bytes, eligible)
            if not new:
                keys.state[key] = SEEN
            self._grow()
            if width not in self._widths and len(self._widths) < MOST_WIDTHS:
                self._widths.append(width)
        size_bytes, state = keys.sizes[key], keys.state[key]
        stratum = self._stratum(entry, size_bytes, outcome, seems_new)
        self.counts.answered(payload_bytes, outcome, stratum)
        self.counts.looked_at(keys.eligible[key], size_bytes, payload_bytes, stratum)
        self._waiting.append((key, size_bytes, payload_bytes, outcome, self._turn, stratum))
        self._states.append(state)
        if outcome == COLLAPSED:
            # Who waited used nothing, and missed wherever the fetch was a miss.
            if key in self._cold or key in self._cold_before:
                self.counts.missed_everywhere(entry, payload_bytes)
        elif state != SEEN:
            keys.state[key] = SEEN
            if state != RESIZED:  # a cache that holds everything is not made smaller
                self._cold.add(key)
            if state == CHANGED:
                self.counts.missed_everywhere(entry, payload_bytes)

    def _stratum(self, entry: int, size_bytes: int, outcome: int, new: bool) -> int:
        strata = self.sampling.strata
        return EVERYTHING if strata is None else strata.of(entry, self._turn, size_bytes, outcome, new)

    def _invalidate(self, key_hash: int) -> None:
        for width in self._widths:
            key = self.keys.number.get(entry_hash(key_hash, width))
            if key is not None:
                self._remove(key, self.keys.versions[key], self.keys.sizes[key])

    def _remove(self, key: int, version: int, size_bytes: int) -> int:
        """Take a key out of all shadows; the number that its entry has from now on."""
        keys = self.keys
        entry, state, object_stays = keys.hashes[key], keys.state[key], keys.versions[key] == version
        eligible = self.sampling.eligible(level_of(entry), size_bytes)
        for family in self.families.values():
            family.remove(key)
        keys.retire(key)
        successor = keys.add(entry, version, size_bytes, eligible)
        self._grow()
        keys.state[successor] = FRESH if state == FRESH else CHANGED
        if object_stays:
            for family in self.families.values():
                family.order.follow(key, successor)
        return successor

    def _clear(self) -> None:
        for family in self.families.values():
            family.clear()
        state = self.keys.state
        for key in self.keys.number.values():
            if state[key] != FRESH:
                state[key] = CHANGED

    def _resized_out(self, entry: int) -> None:
        key = self.keys.number.get(entry)
        if key is not None and self.keys.state[key] == SEEN:
            self.keys.state[key] = RESIZED

    def _grow(self) -> None:
        places = self.keys.places
        if places > self._places:
            self._places = places
            for family in self.families.values():
                family.grow(places)

    # --- capacities ------------------------------------------------------------------------------------------------

    def _open(self, capacity_bytes: int, in_force_bytes: int) -> None:
        open_now = self.sampling.slot_of
        if len(open_now) == SLOTS:
            spared = (self.capacity_bytes, in_force_bytes)
            # Of the grid only some twenty are near enough to be open.
            self.sampling.close(next(c for c in open_now if c not in grid.GRID and c not in spared))
        # A cache that is resized keeps what fits: a new shadow begins as the old capacity's, or else the nearest one's.
        like = self.capacity_bytes if capacity_bytes == in_force_bytes else None
        if like not in open_now:
            like = min(open_now, key=lambda known: abs(known - capacity_bytes), default=None)
        self.sampling.open(capacity_bytes, like)
        self.counts.begun(open_now[capacity_bytes])
