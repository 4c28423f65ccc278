"""Which capacities are looked at: one grid for everybody, so that minutes and instances add up."""

MIB = 1 << 20
BEGIN_BELOW, BEGIN_ABOVE = 4, 8
KEEP_BELOW, KEEP_ABOVE = 16, 32

GRID = tuple(round(MIB * 2 ** (half_steps / 2)) for half_steps in range(-12, 88))
"""1 MiB x 2^(k/2), in whole bytes, from far below the smallest capacity that may be configured to above the largest."""


def around(capacity_bytes: int) -> list[int]:
    """The grid from a quarter to eight times a capacity, and that itself, ascending."""
    low, high = capacity_bytes / BEGIN_BELOW, capacity_bytes * BEGIN_ABOVE
    return sorted({step for step in GRID if low <= step <= high} | {capacity_bytes})


def is_near(capacity_bytes: int, in_force_bytes: int) -> bool:
    """Whether a shadow that was begun goes on."""
    return in_force_bytes / KEEP_BELOW <= capacity_bytes <= in_force_bytes * KEEP_ABOVE
