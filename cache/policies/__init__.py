"""The replacement policies to choose from, by the name the configuration uses."""

from collections.abc import Callable

from cache.policies.lru import Lru
from cache.policies.policy import Policy
from cache.policies.random_choice import RandomChoice

POLICIES: dict[str, Callable[[], Policy]] = {
    "lru": Lru,
    "random": RandomChoice,
}

__all__ = ["POLICIES", "Policy"]
