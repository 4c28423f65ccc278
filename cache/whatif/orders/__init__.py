"""The policies once more, each for many capacities at a time and for shadows only.

What a hit changes is the same whatever the capacity, so it is noted once, in bits or in numbers that all capacities
share; only an eviction is a capacity's own. Each order decides as its policy in ``cache.policies`` does.
"""

from collections.abc import Callable

from cache.whatif.orders.fifo import FifoOrder
from cache.whatif.orders.gdsf import GdsfOrder
from cache.whatif.orders.lfu import LfuOrder
from cache.whatif.orders.lru import LruOrder
from cache.whatif.orders.order import Order, Shared
from cache.whatif.orders.random_choice import RandomOrder
from cache.whatif.orders.s3fifo import S3FifoOrder
from cache.whatif.orders.sieve import SieveOrder

ORDERS: dict[str, Callable[[Shared], Order]] = {
    "lru": LruOrder,
    "random": RandomOrder,
    "fifo": FifoOrder,
    "lfu": LfuOrder,
    "sieve": SieveOrder,
    "s3fifo": S3FifoOrder,
    "gdsf": GdsfOrder,
}

__all__ = ["ORDERS", "Order", "Shared"]
