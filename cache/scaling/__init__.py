"""Whether the capacity moves by itself, and to what: numbers in, one decision out."""

from cache.scaling.curve import noise
from cache.scaling.decide import SHRINK_WAITS, decide
from cache.scaling.terms import Action, Because, Curve, Decision, Point, Rejected, Situation, Traffic, Why, Worth

__all__ = [
    "SHRINK_WAITS",
    "Action",
    "Because",
    "Curve",
    "Decision",
    "Point",
    "Rejected",
    "Situation",
    "Traffic",
    "Why",
    "Worth",
    "decide",
    "noise",
]
