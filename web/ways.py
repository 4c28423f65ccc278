"""Where a sign-in leads afterwards: back to the page that was asked for, and never to another site."""

from urllib.parse import quote, urlsplit

MAX_LETTERS = 4000
# Browsers take \ for /, and drop tabs and line ends before they look.
_FORBIDDEN = frozenset(map(chr, range(33))) | {"\\", "\x7f"}


def way_back(asked: str | None, otherwise: str = "/") -> str:
    """``asked`` where it is a path of this site with its query and fragment, else ``otherwise``."""
    if not asked or len(asked) > MAX_LETTERS or not asked.startswith("/") or asked.startswith("//"):
        return otherwise
    if _FORBIDDEN.intersection(asked):
        return otherwise
    try:
        parts = urlsplit(asked)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else asked


def address_of(environ: dict) -> str:
    """The whole address of a request from the slash on, as it can be put into a ``next``."""
    path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~-._")
    query = environ.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
