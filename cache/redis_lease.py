"""Who of all that share a Redis reports its items, size, capacity and evictions: one at a time, so they count once.

Nothing here is a read to Redis, so that its ``keyspace_hits`` are the hits of images and no others: INCRBY of 0 tells
a number without counting as one.
"""

import random

from cache.redis_line import EngineRefused, Line

HELD_MILLISECONDS = 5000
KEYS = (b"hitrate:lease", b"hitrate:evicted")
"""The number of who reports; the engine's ``evicted_keys`` up to which evictions have been reported."""

_SCRIPT = b"""
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  local holder = redis.pcall('INCRBY', KEYS[1], 0)
  if type(holder) == 'number' and holder ~= tonumber(ARGV[1]) then
    return {0, 0, 0}
  end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
redis.call('SET', KEYS[2], ARGV[4], 'NX')
local before = redis.pcall('INCRBY', KEYS[2], 0)
local now = tonumber(ARGV[3])
redis.call('SET', KEYS[2], ARGV[3])
if type(before) ~= 'number' or before > now then
  before = 0
end
return {1, now - before, redis.call('DBSIZE')}
"""
_WHEN_FULL_TOO = b"#!lua flags=allow-oom"
_KNOWS_FLAGS = (7,)


class Lease:
    """``held`` tells whether it is ours, ``evictions`` counts those that were ours to report, ``entries`` all items."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._number = random.SystemRandom().randrange(1, 1 << 52)  # Lua's numbers are exact up to 2^53
        self._evicted: int | None = None
        self.held = False
        self.evictions = 0
        self.entries = 0

    def take(self, evicted: int, version: tuple[int, ...]) -> None:
        """Ask for it, or for longer; ``evicted`` is the engine's count of now. Raises EngineSilent."""
        script = (_WHEN_FULL_TOO if version >= _KNOWS_FLAGS else b"") + _SCRIPT
        # Evictions go on from where the last holder was; where that is not known, from what we saw.
        known = evicted if self._evicted is None else min(self._evicted, evicted)
        try:
            held, fresh, keys = self._line.look(
                b"EVAL", script, len(KEYS), *KEYS, self._number, HELD_MILLISECONDS, evicted, known
            )
        except EngineRefused:
            return  # full, before version 7: nobody can take it from whoever has it
        self._evicted = evicted
        self.held = bool(held)
        self.evictions += fresh
        self.entries = max(0, keys - len(KEYS))
