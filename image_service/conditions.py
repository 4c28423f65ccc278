"""What a request's conditions and ranges mean for an answer (RFC 9110, sections 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from werkzeug.http import parse_date, parse_etags, parse_if_range_header

_ONE_RANGE = re.compile(
    r"bytes=[ \t]*(?=[0-9-]*[0-9])(?P<first>[0-9]{0,19})-(?P<last>[0-9]{0,19})[ \t]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Part:
    """Bytes ``first`` to ``last``, both included."""

    first: int
    last: int


class RangeNotSatisfiable(Exception):
    """None of the bytes asked for exist."""


def not_modified(headers: Mapping[str, str], etag: str, modified: datetime) -> bool:
    """True where the client holds this very answer."""
    if "If-None-Match" in headers:
        return parse_etags(headers["If-None-Match"]).contains_weak(etag)
    since = parse_date(headers.get("If-Modified-Since"))
    return since is not None and modified <= since


def may_write(headers: Mapping[str, str], etag: str | None) -> bool:
    """True where If-Match and If-None-Match allow to change what has this ``etag`` now; None: there is nothing."""
    if "If-Match" in headers:
        wanted = parse_etags(headers["If-Match"])
        return etag is not None and wanted.contains(etag)
    if "If-None-Match" in headers:
        return etag is None or not parse_etags(headers["If-None-Match"]).contains_weak(etag)
    return True


def only_if_new(headers: Mapping[str, str]) -> bool:
    return "If-None-Match" in headers and parse_etags(headers["If-None-Match"]).star_tag


def wanted_part(headers: Mapping[str, str], etag: str, modified: datetime, length: int) -> Part | None:
    """The part asked for; None for the whole, which also answers several parts and what can't be read.

    Raises RangeNotSatisfiable.
    """
    asked = _ONE_RANGE.fullmatch(headers.get("Range", ""))
    if asked is None or ("If-Range" in headers and not _still_the_same(headers["If-Range"], etag, modified)):
        return None
    first, last = asked["first"], asked["last"]
    if first and last and int(last) < int(first):
        return None
    if not first:  # the last so many bytes
        first, last = (max(0, length - int(last)) if int(last) else length), ""
    if int(first) >= length:
        raise RangeNotSatisfiable
    return Part(int(first), min(int(last), length - 1) if last else length - 1)


def _still_the_same(header: str, etag: str, modified: datetime) -> bool:
    condition = parse_if_range_header(header)
    if condition.date is not None:
        return condition.date == modified
    return condition.etag == etag and not header.strip().startswith("W/")
