"""What a CACHE_URL of a Redis says: where it is, and how to treat it. Never shown whole: it may hold a password."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

SCHEMES = ("redis", "rediss", "unix")
TIMEOUT_MILLISECONDS = 30
LONGEST_TIMEOUT_MILLISECONDS = 1000


@dataclass(frozen=True)
class RedisUrl:
    """``url`` is what redis-py takes; ``manage`` says that the engine's policy and limit are ours to set."""

    url: str
    database: int
    manage: bool = False
    timeout_milliseconds: int = TIMEOUT_MILLISECONDS


def read_url(url: str) -> RedisUrl:
    """ValueError, in words, for what does not hold."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme == "unix":
        if not parts.path:
            raise ValueError("unix:// needs the path of a socket behind it")
        database = options.pop("db", "0")
    else:
        if not parts.hostname:
            raise ValueError(f"{parts.scheme}:// needs a host behind it")
        database = parts.path.strip("/") or "0"
    manage = _number("manage", options.pop("manage", "0"), 0, 1)
    timeout = _number(
        "timeout_milliseconds",
        options.pop("timeout_milliseconds", str(TIMEOUT_MILLISECONDS)),
        1,
        LONGEST_TIMEOUT_MILLISECONDS,
    )
    unknown = set(options) - _TLS_OPTIONS
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} can't be said in it")
    number = _number("the database", database, 0, 1 << 16)
    return RedisUrl(_plain(parts, options, number), number, manage == 1, timeout)


_TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})


def _number(name: str, text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and least <= int(text) <= most):
        raise ValueError(f"{name} must be a number from {least} to {most}")
    return int(text)


def _plain(parts: SplitResult, options: dict[str, str], database: int) -> str:
    """The same without what is ours."""
    if parts.scheme == "unix":
        return f"unix://{parts.netloc}{parts.path}?{urlencode({**options, 'db': database})}"
    return parts._replace(path=f"/{database}", query=urlencode(options), fragment="").geturl()
