"""Misses of all entries from those of a sample, set right by what is known of all: regression on control variates.

What the live cache missed and which entries were new is counted for all entries. Where the sample has too much or too
little of these, it has so of the misses of a shadow that go with them: W. Cochran, "Sampling Techniques" (1977), ch. 7.
How far they go with them is seen from GROUPS parts of the sample, by hash.
"""

from collections.abc import Sequence
from operator import mul

GROUP_BITS = 6
GROUPS = 1 << GROUP_BITS
GROUP_MASK = GROUPS - 1
"""The low bits of an entry's hash; its level of sampling is in the high ones."""
STEEPEST = 1.5
"""An entry that is new, or that the live cache missed, stands for at most so many misses of a shadow."""
ALIKE = 1e-6


def estimate(sample: Sequence[float], controls: Sequence[Sequence[float]], known: Sequence[float]) -> float:
    """The total of ``sample``: it and each of ``controls`` are by group, scaled up; ``known`` are the true totals."""
    about = [_about_mean(control) for control in controls]
    slopes = _slopes(_about_mean(sample), *about)
    off = [true - sum(control) for true, control in zip(known, controls, strict=True)]
    return sum(sample) + sum(map(mul, slopes, off))


def _slopes(y: Sequence[float], a: Sequence[float], b: Sequence[float] | None = None) -> list[float]:
    """Of least squares, within bounds; both arguments are about their mean."""
    aa, ay = _dot(a, a), _dot(a, y)
    if b is None:
        return [_bounded(ay / aa) if aa else 0.0]
    bb, ab, by = _dot(b, b), _dot(a, b), _dot(b, y)
    determinant = aa * bb - ab * ab
    if determinant <= ALIKE * aa * bb:
        return [*_slopes(y, a), 0.0]
    slope_a, slope_b = (ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant
    if slope_a < 0:
        return [0.0, *_slopes(y, b)]
    if slope_b < 0:
        return [*_slopes(y, a), 0.0]
    return [_bounded(slope_a), _bounded(slope_b)]


def _bounded(slope: float) -> float:
    return min(max(slope, 0.0), STEEPEST)


def _about_mean(values: Sequence[float]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(map(mul, a, b))
