"""Request traces for the tests of the shadows, what the tap would have written of them, and really running them."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cache.ledger import ENTRY_OVERHEAD_BYTES, Ledger
from cache.policies import POLICIES
from cache.whatif.records import HIT, MISS, TOO_LARGE, numbers
from cache.whatif.shadows import Shadows
from cache.whatif.tap import Entry, Tap

PLACE_OF = {name: place for place, name in enumerate(POLICIES)}
DETERMINISTIC = tuple(name for name in POLICIES if name != "random")
NO_BOUND = 1 << 40


Key = tuple[int, ...]
"""Of numbers, as their hash is the same in every run; that of a text is not, and samples go by it."""


@dataclass(frozen=True)
class Get:
    key: Key
    payload_bytes: int
    version: int = 0
    width: int = 0


@dataclass(frozen=True)
class Replaced:
    """A key that was replaced or deleted."""

    key: Key


@dataclass(frozen=True)
class Cleared:
    """Everything was purged."""


@dataclass(frozen=True)
class Configured:
    policy: str
    capacity_bytes: int


Event = Get | Replaced | Cleared | Configured


def shifting(requests: int, keys: int, seed: int, sizes: bool = True) -> list[Get]:
    """Zipf-like popularity that shifts, a share of keys asked for once, and some scans."""
    draw = random.Random(seed)
    size_of = [int(draw.lognormvariate(9.5, 1.2)) if sizes else 20_000 for _ in range(2 * keys + requests)]
    weights = [1 / rank**0.9 for rank in range(1, keys + 1)]
    numbers = draw.choices(range(keys), weights, k=requests)
    numbers = [(number + keys // 4 * (turn * 4 // requests)) % keys for turn, number in enumerate(numbers)]
    numbers[::13] = [keys + turn for turn in range(len(numbers[::13]))]
    for begin in range(0, requests - keys // 5, max(1, requests // 3)):
        numbers[begin : begin + keys // 5] = range(keys // 2, keys // 2 + keys // 5)
    return [Get((number, 0), size_of[number]) for number in numbers]


def arriving(requests: int, seed: int) -> list[Get]:
    """New entries all the time, asked for again for a while; one in a hundred has 0.2 to 50 MB."""
    draw = random.Random(seed)
    payloads: list[int] = []
    trace = []
    for _ in range(requests):
        age = int(40 * (draw.paretovariate(0.55) - 1))
        if draw.random() < 0.3 or age >= len(payloads):
            large = draw.random() < 0.01
            payloads.append(int(200_000 * 250 ** draw.random() if large else draw.lognormvariate(9.5, 1)))
            age = 0
        number = len(payloads) - 1 - age
        trace.append(Get((number, seed), payloads[number]))
    return trace


def returning(requests: int, favourites: int, seed: int) -> list[Get]:
    """Favourites for most of the time, among many newcomers now and then."""
    draw = random.Random(seed)
    size_of = [int(draw.lognormvariate(9, 1)) for _ in range(favourites + requests)]
    weights = [1 / rank for rank in range(1, favourites + 1)]
    numbers = draw.choices(range(favourites), weights, k=requests)
    for turn in range(requests):
        if turn % 4_000 < 800 and draw.random() < 0.7:
            numbers[turn] = favourites + turn
    return [Get((number, 0), size_of[number], width=number % 2 * 640) for number in numbers]


def footprint_bytes(trace: Iterable[Event]) -> int:
    sizes = {get.key: get.payload_bytes for get in trace if isinstance(get, Get)}
    return sum(sizes.values()) + ENTRY_OVERHEAD_BYTES * len(sizes)


class Running:
    """A cache of one policy and capacity, really run: a ledger, and which keys were removed."""

    def __init__(self, policy: str, capacity_bytes: int) -> None:
        self.policy = policy
        self.ledger = Ledger(POLICIES[policy](), capacity_bytes)
        self.versions: dict[tuple[Key, int], int] = {}

    def get(self, get: Get) -> int:
        """The outcome. As in the service an entry is that of an object, which never changes."""
        key, entry = (get.key, get.width), (get.key, get.width, get.version)
        if entry in self.ledger:
            self.ledger.touch(entry)
            return HIT
        if (known := self.versions.get(key, get.version)) != get.version:
            self.ledger.remove((*key, known))
        self.versions[key] = get.version
        return TOO_LARGE if self.ledger.admit(entry, get.payload_bytes) is None else MISS

    def remove(self, key: Key) -> None:
        for (name, width), version in self.versions.items():
            if name == key:
                self.ledger.remove((name, width, version))

    def clear(self) -> None:
        for key, version in self.versions.items():
            self.ledger.remove((*key, version))

    def configure(self, policy: str, capacity_bytes: int) -> list[tuple[Key, int, int]]:
        """Go on with another policy or capacity; what went for it: key, width and version."""
        if policy != self.policy:
            self.policy = policy
            self.ledger.follow(POLICIES[policy]())
        self.ledger.resize(capacity_bytes)
        return self.ledger.settle(1 << 30)

    def play(self, event: Event) -> int | None:
        if isinstance(event, Get):
            return self.get(event)
        if isinstance(event, Replaced):
            self.remove(event.key)
        elif isinstance(event, Cleared):
            self.clear()
        return None


def run(policy: str, capacity_bytes: int, trace: Iterable[Event]) -> tuple[int, int]:
    """Hits and bytes hit of really running a trace; configurations in it are passed over."""
    cache = Running(policy, capacity_bytes)
    hit = [event.payload_bytes for event in trace if cache.play(event) == HIT]
    return len(hit), sum(hit)


class Live:
    """A live cache and its tap, of which nobody has read yet."""

    def __init__(self, policy: str, capacity_bytes: int, tap: Tap | None = None) -> None:
        self.tap = Tap(NO_BOUND) if tap is None else tap
        self.cache = Running(policy, capacity_bytes)
        self.tap.configured(PLACE_OF[policy], capacity_bytes)

    def play(self, trace: Iterable[Event]) -> Iterator[int | None]:
        """The outcome of each event."""
        for event in trace:
            if isinstance(event, Configured):
                for key, width, _ in self.cache.configure(event.policy, event.capacity_bytes):
                    self.tap.resized_out(key, width)
                self.tap.configured(PLACE_OF[event.policy], event.capacity_bytes)
                yield None
                continue
            outcome = self.cache.play(event)
            if isinstance(event, Get):
                object_id = (event.key, event.version)
                self.tap.request(Entry(event.key, object_id, event.width), event.payload_bytes, outcome)
            elif isinstance(event, Replaced):
                self.tap.invalidated(event.key)
            else:
                self.tap.cleared()
            yield outcome


def drained(tap: Tap, shadows: Shadows) -> list[dict]:
    """Hand all records over, in batches as the process would get them."""
    told = []
    while data := tap.take(1 << 18):
        told += shadows.play(numbers(data))
    return told


def curve(
    trace: Iterable[Event],
    policy: str,
    capacity_bytes: int,
    budget_bytes: int = NO_BOUND,
    batch: int | None = None,
    shadows: Shadows | None = None,
) -> dict:
    """What the shadows tell of a trace played through a live cache in one minute; drained each ``batch`` events."""
    live = Live(policy, capacity_bytes)
    shadows = shadows or Shadows(budget_bytes)
    for turn, _ in enumerate(live.play(trace), 1):
        if batch and turn % batch == 0:
            drained(live.tap, shadows)
    live.tap.minute_ended(0)
    (told,) = drained(live.tap, shadows)
    return told
