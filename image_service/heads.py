"""What is said of the bytes of an image: the headers that every answer with them has."""

from functools import lru_cache

from werkzeug.http import http_date

from cache.whatif.tap import Entry
from image_service.images import AS_SENT, Fetched

ALWAYS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}

_date = lru_cache(4096)(http_date)


def head_of(fetched: Fetched) -> dict[str, str]:
    """Without what depends on how much of the bytes is sent."""
    head = {
        **ALWAYS,
        "ETag": f'"{fetched.body.etag}"',
        "Last-Modified": _date(fetched.image.updated_at),
        "Cache-Status": cache_status(fetched),
    }
    if is_as_sent(fetched):
        head["Accept-Ranges"] = "bytes"
    return head


def cache_status(fetched: Fetched) -> str:
    """RFC 9211, in one line."""
    if fetched.hit:
        return "hitrate; hit"
    return "hitrate; fwd=miss" + "; stored" * fetched.stored + "; collapsed" * fetched.collapsed


def is_as_sent(fetched: Fetched) -> bool:
    """Whether these are the image's own bytes: a rendition of them has no ranges."""
    return fetched.body.etag == fetched.image.etag


def entry_of(fetched: Fetched) -> Entry:
    """The entry that the request named; the same as long as its body is held."""
    entry = fetched.body.entry
    if entry is None:
        width = AS_SENT if is_as_sent(fetched) else fetched.body.width
        entry = Entry(fetched.image.key, fetched.image.object_id, width)
        object.__setattr__(fetched.body, "entry", entry)
    return entry
