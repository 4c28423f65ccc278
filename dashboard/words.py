"""Numbers and times as people read them: 96.8 MB, 81.2 %, 3.4 points, 12 ms, 40 s ago."""

import math
import re
from collections.abc import Sequence

from dashboard.ranges import DAY, utc

MISSING = "–"
"""What stands where there is no data; beside it, for those who listen, the words `no data`."""

_BYTES = ("B", "KB", "MB", "GB", "TB", "PB")


def count(number: float | None) -> str:
    """18,240."""
    return MISSING if _missing(number) else f"{round(number):,}"


def size(number: float | None) -> str:
    """512 B, 40.8 KB, 96.8 MB, 1.25 GB: three digits, and 1 MB is 1,048,576 bytes."""
    if _missing(number):
        return MISSING
    unit = 0
    while abs(number) >= 1023.5 and unit < len(_BYTES) - 1:
        number /= 1024
        unit += 1
    return f"{_three_digits(number)} {_BYTES[unit]}"


def sizes(numbers: Sequence[float]) -> list[tuple[str, str]]:
    """32 and MB, 64, 128, 1 and GB: of sizes in a row the unit only where it is another one, else ``""``."""
    told, unit_before = [], ""
    for each in numbers:
        number, unit = size(each).split()
        told.append((number, "" if unit == unit_before else unit))
        unit_before = unit
    return told


def rate(fraction: float | None) -> str:
    """81.2 %, 99.95 %, <0.1 %; 100 % only where nothing is missing from it."""
    if _missing(fraction):
        return MISSING
    percent = fraction * 100
    if percent in (0, 100):
        return f"{percent:.0f} %"
    if 0 < percent < 0.1:
        return "<0.1 %"
    if 99 <= percent < 100:
        return f"{math.floor(percent * 100 + 1e-9) / 100:.2f} %"  # 99.999 % must not read as all of it
    return f"{percent:.1f} %"


def points(difference: float | None) -> str:
    """The difference of two rates given as fractions: 3.4 points."""
    if _missing(difference):
        return MISSING
    return f"{abs(difference) * 100:.1f} points"


def gain(there: float, here: float) -> str:
    """How far two rates that are shown beside it are apart, as a reader would work it out from them: +3.4 points."""
    difference = round(there, 3) - round(here, 3)
    return f"{'+' if difference >= 0 else '-'}{points(difference)}"


def unbroken(sentence: str) -> str:
    """With spaces that no line breaks at between a number and its unit."""
    return re.sub(r"(?<=\d) (?=(%|[KMGTP]?B|points)(?!\w))", "\N{NO-BREAK SPACE}", sentence)


def change(now: float | None, before: float | None) -> str:
    """The difference of two counts in percent of the first: 6 %, 1.2 %."""
    if _missing(now) or _missing(before) or before == 0:
        return MISSING
    percent = abs(now - before) / abs(before) * 100
    return f"{percent:,.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %".replace(".0 ", " ")


def milliseconds(number: float | None) -> str:
    """0.8 ms, 12 ms, 340 ms, 1.2 s."""
    if _missing(number):
        return MISSING
    if number >= 999.5:
        return f"{number / 1000:.1f} s" if number < 9_950 else f"{number / 1000:.0f} s"
    if 0 < number < 0.05:
        return "<0.1 ms"
    return f"{number:.1f} ms" if number < 9.95 else f"{number:.0f} ms"


def duration(seconds: float) -> str:
    """40 s, 3 min, 2 h, 5 d."""
    seconds = max(0, seconds)
    for limit, unit_seconds, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // unit_seconds:.0f} {unit}"
    return f"{seconds // 86_400:.0f} d"


def ago(seconds: float) -> str:
    """40 s ago."""
    return f"{duration(seconds)} ago"


def clock(seconds: float) -> str:
    """12:04, in UTC."""
    return f"{utc(seconds):%H:%M}"


def span(start: float, end: float) -> str:
    """12:03-12:04 UTC; with dates where it is more than a day or two days meet."""
    if utc(start).date() == utc(max(start, end - 1)).date():
        return f"{clock(start)}-{clock(end)} UTC"
    return f"{moment(start)} to {moment(end)} UTC"


def moment(seconds: float) -> str:
    """23 Nov 12:04."""
    return f"{utc(seconds).day} {utc(seconds):%b %H:%M}"


def when(seconds: float, range_seconds: float) -> str:
    """12:04; 23 Nov 12:04 where it lies in a range of more than a day."""
    return moment(seconds) if range_seconds > DAY else clock(seconds)


def plural(number: int, one: str, many: str | None = None) -> str:
    """1 image, 1,180 images."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def either(names: Sequence[str]) -> str:
    """LRU, Random or LFU."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def sentence(text: str) -> str:
    """What somebody else wrote, with a capital and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}" if text else ""


def _missing(number: float | None) -> bool:
    return number is None or math.isnan(number)


def _three_digits(number: float) -> str:
    digits = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
