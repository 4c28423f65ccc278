"""An AWS account that answers GetLogEvents so often a second and no more, and the followers that ask it."""

import heapq
from collections import Counter
from pathlib import Path
from random import Random

from cache.config import DEFAULT, MIB, Configuration
from cache.memory import MemoryCache
from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_client import ATTEMPTS
from metrics.follower import Follower
from metrics.ticker import lateness

CALLS_A_READ = 2
"""A stream ends where its token repeats, so the last page is asked for twice."""
WARM_SECONDS, LONGEST_SECONDS = 3613, 3 * 3600  # published amid an interval
PUBLISHED = Configuration.model_validate(
    DEFAULT.model_dump()
    | {"version": 1, "parent": 0, "id": "00000000-0000-4000-8000-000000000001", "policy": "lfu", "author": "test"}
)


class Account:
    """The channel of all followers: what is asked too often in one second is asked once more, then given up."""

    def __init__(self, a_second: int, random: Random) -> None:
        self._a_second = a_second
        self._random = random
        self._answered: Counter[int] = Counter()
        self.now = 0.0
        self.document = DEFAULT

    def newest(self) -> Configuration:
        for _ in range(CALLS_A_READ):
            self._call()
        return self.document

    def announce(self, announcement: object) -> None: ...

    def _call(self) -> None:
        at = self.now
        for _ in range(ATTEMPTS):
            if self._answered[int(at)] < self._a_second:
                self._answered[int(at)] += 1
                return
            at += self._random.uniform(0, 1)  # as boto3 waits before it asks again
        raise ChannelUnavailable("throttled", throttled=True)


def taken_up(instances: int, a_second: int, follow_seconds: int, jitter: float, folder: Path) -> list[float]:
    """After how many seconds each has taken up a configuration that is published after an hour; the quickest first."""
    random = Random(1)
    account = Account(a_second, random)
    followers = [
        Follower(str(n), MemoryCache("lru", MIB), account, folder / f"{n}.json", 1 << 40, lambda: account.now)
        for n in range(instances)
    ]
    late = [lateness(jitter * follow_seconds, random.uniform) for _ in followers]
    turns = [(random.uniform(0, 2 * follow_seconds), n) for n in range(instances)]
    heapq.heapify(turns)
    seconds: dict[int, float] = {}
    while turns[0][0] < WARM_SECONDS + LONGEST_SECONDS and len(seconds) < instances:
        account.now, n = heapq.heappop(turns)
        account.document = PUBLISHED if account.now >= WARM_SECONDS else DEFAULT
        followers[n].follow()
        if followers[n].version == PUBLISHED.version:
            seconds.setdefault(n, account.now - WARM_SECONDS)
        wait = follow_seconds - account.now % follow_seconds + late[n]()  # as the ticker does
        heapq.heappush(turns, (account.now + wait, n))
    return sorted(seconds.values()) + [float("inf")] * (instances - len(seconds))
