"""The replacement policies to choose from, by the name the configuration uses."""

from collections.abc import Callable

from cache.policies.fifo import Fifo
from cache.policies.gdsf import Gdsf
from cache.policies.lfu import Lfu
from cache.policies.lru import Lru
from cache.policies.policy import Policy
from cache.policies.random_choice import RandomChoice
from cache.policies.s3fifo import S3Fifo
from cache.policies.sieve import Sieve

POLICIES: dict[str, Callable[[], Policy]] = {
    "lru": Lru,
    "random": RandomChoice,
    "fifo": Fifo,
    "lfu": Lfu,
    "sieve": Sieve,
    "s3fifo": S3Fifo,
    "gdsf": Gdsf,
}

PLACES: dict[str, int] = {name: place for place, name in enumerate(POLICIES)}
"""A number for each, where a name takes too much room."""

__all__ = ["PLACES", "POLICIES", "Policy"]
