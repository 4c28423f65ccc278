"""The way through a list that is paged by key: where Next, Back and First page lead.

A list paged by key cannot be read backwards, so the address itself remembers the way: ``after`` is the key that the
page begins behind, and ``back`` are those of the pages before it, oldest first, the empty one being the first page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

MAX_TRAIL_LETTERS = 2000
"""Of a longer way the oldest steps are forgotten: addresses have an end."""


@dataclass(frozen=True)
class Ways:
    """Addresses; None where there is nowhere to go."""

    first: str | None
    back: str | None
    next: str | None

    @classmethod
    def on(cls, prefix: str, after: str | None, trail: Sequence[str], next_after: str | None) -> "Ways":
        """The ways from the page behind ``after``, to which ``trail`` led; the list goes on behind ``next_after``."""
        return cls(
            first=_address(prefix, "", ()) if after else None,
            back=_address(prefix, trail[-1], trail[:-1]) if after and trail else None,
            next=_address(prefix, next_after, _shortened((*trail, after or ""))) if next_after else None,
        )


def _address(prefix: str, after: str, trail: Sequence[str]) -> str:
    steps = [("prefix", prefix)] * bool(prefix) + [("after", after)] * bool(after) + [("back", key) for key in trail]
    return "/?" + urlencode(steps, quote_via=quote) if steps else "/"


def _shortened(trail: tuple[str, ...]) -> tuple[str, ...]:
    while len(urlencode([("back", key) for key in trail], quote_via=quote)) > MAX_TRAIL_LETTERS:
        trail = trail[1:]
    return trail
