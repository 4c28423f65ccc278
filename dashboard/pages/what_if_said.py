"""What a screen reader is told of What-if unasked: no counts, so that a minute which changes only these is silent."""

from dashboard.whatif.advice import Advice, named
from dashboard.whatif.outlook import Outlook
from metrics.curves import Setting

ANSWERS = {
    "policy": "Yes: same memory, better policy",
    "memory": "Yes: more memory pays",
    "save": "You can save memory",
    "stay": "No: stay",
    "early": "Too early to tell",
    "off": "The prediction is off today; do not rely on it",
}
"""By the kind of an advice."""


def said(outlook: Outlook | None, advice: Advice | None, chosen: Setting | None, failing: bool) -> str:
    """The answer with its best setting, and the point that is told in full where one was chosen."""
    old = "The curves can't be read just now." if failing else ""
    if outlook is None:
        return old or "Nothing was counted in this range."
    best = f", {named(advice.best, not outlook.counted(advice.best))}" if advice.best else ""
    told = chosen is not None and outlook.rate(chosen) is not None
    picked = f"{named(chosen, not outlook.counted(chosen))} is told in full below the table." if told else ""
    return " ".join(filter(None, (f"{ANSWERS[advice.kind]}{best}.", picked, old)))
