"""From a form to a document in the channel: saved, overtaken by somebody else, or refused in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cache.config import Configuration, EditRefused, edited
from dashboard.choices import ANY, Choices
from dashboard.forms import Draft, is_in_force, megabytes, read_capacity
from dashboard.scaling.fields import scale_texts
from metrics.channel import Channel, ChannelUnavailable, ConfigurationRefused, VersionConflict

ATTEMPTS = 5


@dataclass(frozen=True)
class Outcome:
    """One of three: ``saved``, a document; ``overtaken``, what somebody else saved; ``trouble``, in words."""

    saved: Configuration | None = None
    overtaken: Configuration | None = None
    trouble: str = ""


Predict = Callable[[Configuration, Configuration], Configuration]
"""Adds to a document what it is expected to do, seen from the one before it."""


def edited_within(base: Configuration, edit: dict[str, Any], now: datetime, choices: Choices = ANY) -> Configuration:
    """cache.config.edited, refusing also what the cache can't take up."""
    document = edited(base, edit, now=now)
    refused = choices.refused(base, document)
    if refused:
        raise EditRefused(dict(refused))
    return document


def save(
    channel: Channel,
    base: Configuration,
    edit: dict[str, Any],
    now: datetime,
    predict: Predict | None = None,
    choices: Choices = ANY,
) -> Outcome:
    """Save an edit of ``base`` if that is still the newest; never over what somebody else saved."""
    try:
        newest = channel.newest()
        if newest.version != base.version:
            return _late(newest, edit)
        document = edited_within(base, edit, now, choices)
        document = predict(base, document) if predict else document
        channel.publish(document)
        return Outcome(saved=document)
    except VersionConflict as conflict:
        return _late(conflict.newest, edit)
    except (EditRefused, ChannelUnavailable, ConfigurationRefused) as error:
        return Outcome(trouble=f"Not saved, nothing was changed: {error}.")


def clear_cache(channel: Channel, author: str, now: datetime) -> Outcome:
    """A new purge generation on whatever is the newest document: it takes nothing of another's edit away."""
    for _ in range(ATTEMPTS):
        try:
            newest = channel.newest()
            purge = {"generation": newest.purge.generation + 1}
            document = edited(newest, {"author": author, "reason": "Clear cache", "purge": purge}, now=now)
            channel.publish(document)
            return Outcome(saved=document)
        except VersionConflict:
            continue
        except (EditRefused, ChannelUnavailable, ConfigurationRefused) as error:
            return Outcome(trouble=f"Not cleared: {error}.")
    return Outcome(trouble="Not cleared: others are saving changes at this moment. Try again.")


def content(document: Configuration) -> dict[str, Any]:
    """What of a document goes back into force by an undo; what was cleared stays cleared."""
    return {
        "policy": document.policy,
        "capacity_bytes": document.capacity_bytes,
        "autoscale": document.autoscale.model_dump(),
    }


def moved_onto(newest: Configuration, base: Configuration, draft: Draft) -> Draft:
    """The draft of an edit of ``base`` as one of ``newest``: what it changed stays, the rest is the newest's."""
    kept_policy = draft.policy if draft.policy != base.policy else newest.policy
    kept_capacity = draft.capacity
    try:
        if read_capacity(draft.capacity) == base.capacity_bytes:
            kept_capacity = megabytes(newest.capacity_bytes)
    except ValueError:
        pass  # what cannot be read is what they typed: it stays
    texts, started = scale_texts(newest.autoscale), scale_texts(base.autoscale)
    changed = {name: text for name, text in draft.scale.items() if text is not None and text != started.get(name)}
    return Draft(kept_policy, kept_capacity, draft.author, draft.reason, texts | changed)


def _late(newest: Configuration, edit: dict[str, Any]) -> Outcome:
    # Pressed twice, or two want the same: it is in force, and nobody lost anything.
    if is_in_force(edit, newest):
        return Outcome(saved=newest)
    return Outcome(overtaken=newest)
