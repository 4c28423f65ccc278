"""The numbers of a chart as text for others to read: CSV rows and JSON objects, from the same DataFrame."""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pandas as pd

from dashboard.data import EXPORTED_COLUMNS
from dashboard.ranges import DAY, Range, iso

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(frames: Iterable[pd.DataFrame]) -> Iterator[str]:
    """RFC 4180, a piece a frame: the header, then a line a row."""
    yield csv_lines([EXPORTED_COLUMNS])
    for frame in frames:
        yield csv_lines([csv_cell(value) for value in row] for row in _rows(frame))


def json_text(frames: Iterable[pd.DataFrame], about: dict[str, Any]) -> Iterator[str]:
    """One object, in pieces: ``about``, and the rows as the list ``statistics``."""
    yield json.dumps(about)[:-1] + ', "statistics": ['
    separator = "\n"
    for frame in frames:
        rows = [json.dumps(dict(zip(EXPORTED_COLUMNS, row, strict=True))) for row in _rows(frame)]
        if rows:
            yield separator + ",\n".join(rows)
            separator = ",\n"
    yield "\n]}\n"


def pieces(whole: Range) -> Iterator[Range]:
    """The range in pieces of about a day that share no period, so that no export is held as a whole."""
    step = -(-DAY // whole.period_seconds) * whole.period_seconds
    for start in range(whole.start, whole.end, step):
        yield Range(start, min(start + step, whole.end), whole.period_seconds)


def file_name(whole: Range) -> str:
    """hitrate-statistics-20261123T1100Z-20261123T1200Z.csv."""
    start, end = (iso(time).replace("-", "").replace(":", "")[:13] + "Z" for time in (whole.start, whole.end))
    return f"hitrate-statistics-{start}-{end}.csv"


def _rows(frame: pd.DataFrame) -> Iterator[tuple]:
    columns = [_plain(frame[name]) for name in EXPORTED_COLUMNS]
    return zip(*columns, strict=True)


def _plain(column: pd.Series) -> list:
    """The values as Python's own: times as text, and None for what is missing."""
    if column.name == "time":
        return column.dt.strftime("%Y-%m-%dT%H:%M:%SZ").tolist()
    values = column.tolist()
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


def csv_cell(value: Any) -> str:
    """A cell: numbers stay numbers, text is guarded, and nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")  # the shortest that reads back as the same, and never 1e-05
        return text.removesuffix(".0")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value  # a spreadsheet would run it; only text is guarded, -1 stays a number
    return str(value)


def csv_lines(rows: Iterable[Iterable[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()
