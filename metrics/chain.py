"""Which of the documents that were written are in force: a pure rule, whatever order they came in, and how often."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

AUTOSCALER = "autoscaler"


@dataclass(frozen=True)
class Draft:
    """A document as it was written, and the members that its place depends on."""

    version: int
    parent: int | None
    id: str
    author: str
    text: str

    @classmethod
    def read(cls, text: str) -> "Draft | None":
        """None for what is no document at all. What else is wrong with it is for whoever takes it up to say."""
        try:
            said = json.loads(text)
            version, parent, id, author = (said[name] for name in ("version", "parent", "id", "author"))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        if type(version) is not int or type(parent) is not int or type(id) is not str or type(author) is not str:
            return None
        return cls(version, parent, id, author, text) if version == parent + 1 and parent >= 0 else None


def in_force(drafts: Iterable[Draft]) -> tuple[Draft, ...]:
    """The valid documents, one a version, the oldest first; the last is the newest.

    Each follows its parent, but for the oldest kept, which is taken as it is. Of two with one version a person's goes
    before the auto-scaler's, then the smaller id; times never decide.
    """
    best: dict[int, Draft] = {}
    for draft in drafts:
        if draft.version not in best or _rank(draft) < _rank(best[draft.version]):
            best[draft.version] = draft
    if not best:
        return ()
    valid = [best[min(best)]]
    while valid[-1].version + 1 in best:
        valid.append(best[valid[-1].version + 1])
    return tuple(valid)


def _rank(draft: Draft) -> tuple[bool, str, str]:
    return draft.author == AUTOSCALER, draft.id, draft.text  # the text only so that a repeated id is no draw
