"""Who of all that share a Redis reports its items, size, capacity and evictions: one at a time, so they count once.

Nothing here is a read to Redis, so that its ``keyspace_hits`` are the hits of images and no others: INCRBY of 0 tells
a number without counting as one.
"""

import random
import time

from cache.redis_line import EngineRefused, Line

HELD_MILLISECONDS = 5000
MINUTE = 60
KEYS = (b"hitrate:lease", b"hitrate:evicted", b"hitrate:minute")
"""The number of who reports; the engine's ``evicted_keys`` up to which evictions have been reported; the start of the
minute that is being reported."""

_SCRIPT = b"""
local function number(key, otherwise)
  redis.call('SET', key, otherwise, 'NX')
  local found = redis.pcall('INCRBY', key, 0)
  return type(found) == 'number' and found or tonumber(otherwise)
end
local told = -1
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  if ARGV[7] == '0' then
    redis.call('DEL', KEYS[1])
    return {-1, 0, 0, 0, 0}
  end
else
  local holder = redis.pcall('INCRBY', KEYS[1], 0)
  if type(holder) == 'number' and holder ~= tonumber(ARGV[1]) then
    redis.pcall('PEXPIRE', KEYS[1], ARGV[2], 'NX')
    return {0, 0, 0, 0, 0}
  end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  told = tonumber(ARGV[6])
end
local now, before, minute = tonumber(ARGV[3]), number(KEYS[2], ARGV[4]), number(KEYS[3], 0)
if told >= 0 then before = told end
if before > now and now * 2 >= before then now = before end
redis.call('SET', KEYS[2], now)
redis.call('SET', KEYS[3], ARGV[5])
return {1, now - (before > now and 0 or before), redis.call('DBSIZE'), minute, now}
"""
_WHEN_FULL_TOO = b"#!lua flags=allow-oom"
_KNOWS_FLAGS = (7,)


class Lease:
    """``reports`` tells whether it is for us to report now; ``entries`` are the items of all.

    ``evictions`` counts those that were ours to report. Who takes over leaves out the minute that another has begun to
    report: what it saved of that is sent, whatever became of it.

    The engine may evict the lease itself, in a cache that turns over within seconds. So who saw another have it leaves
    a free one to that other for as long as it is held. One that never ends, as somebody may have written it by hand, is
    given an end (from Redis 7 on). And a count of evictions that is only a little lower than the
    last is a look from before that one; a much lower one begins anew.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._number = random.SystemRandom().randrange(1, 1 << 52)  # Lua's numbers are exact up to 2^53
        self._evicted: int | None = None
        self._asked_at = 0.0
        self._saw_other_at = float("-inf")
        self._ours = 0
        self._left_out = 0
        self.held = False
        self.reports = False
        self.evictions = 0
        self.entries = 0

    def take(self, evicted: int, version: tuple[int, ...], now: float) -> None:
        """Ask for it, or for longer; ``evicted`` is the engine's count of now. Raises EngineSilent."""
        script = (_WHEN_FULL_TOO if version >= _KNOWS_FLAGS else b"") + _SCRIPT
        minute = int(now) // MINUTE * MINUTE
        # Evictions go on from where the last holder was; where that is not known, from what we saw.
        known = evicted if self._evicted is None else min(self._evicted, evicted)
        # An answer that did not come may have been given: while nobody else can have it, we know better what we told.
        still_ours = self.held and time.monotonic() - self._asked_at < HELD_MILLISECONDS / 1000
        told = self._evicted if still_ours else -1
        asked_at = time.monotonic()
        may_take = self.held or abs(now - self._saw_other_at) >= HELD_MILLISECONDS / 1000
        arguments = (self._number, HELD_MILLISECONDS, evicted, known, minute, told, int(may_take))
        try:
            held, fresh, keys, reported, counted = self._line.look(b"EVAL", script, len(KEYS), *KEYS, *arguments)
        except EngineRefused:
            return  # full, before version 7: nobody can take it from whoever has it
        self.held = held == 1
        self._evicted, self._asked_at = counted if self.held else evicted, asked_at
        if held == 0:
            self._saw_other_at = now
        if self.held and reported == minute and self._ours != minute:
            self._left_out = minute
        self.reports = self.held and minute != self._left_out
        if self.reports:
            self._ours = minute
        self.evictions += fresh
        self.entries = max(0, keys - len(KEYS))
