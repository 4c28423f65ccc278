"""Policies whose samples are not played like everything: where of a few entries decides that are not looked at."""

from collections.abc import Callable

from cache.whatif.family import Family
from cache.whatif.keys import Keys
from cache.whatif.samples.lfu import LfuFamily
from cache.whatif.samples.sieve import SieveFamily

FAMILIES: dict[str, Callable[[Keys], Family]] = {"lfu": LfuFamily, "sieve": SieveFamily}
"""By policy; all others are a plain family."""

__all__ = ["FAMILIES"]
