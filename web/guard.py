"""Who may ask: requests for foreign hosts, and writes from foreign pages, are refused."""

from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, request

from web.clients import scheme_of
from web.problems import Problem

READING = frozenset({"GET", "HEAD", "OPTIONS"})
FOREIGN_SITES = frozenset({"cross-site", "same-site"})
DEFAULT_PORTS = {"http": 80, "https": 443}


def guard(app: Flask, allowed_hosts: Collection[str], open_paths: Collection[str] = ("/healthz", "/readyz")) -> None:
    """Check each request of an app before anything else does.

    ``allowed_hosts`` are names in lower case, none of them: any. ``open_paths`` answer under any name: a load balancer
    asks for them by address.
    """

    @app.before_request
    def check() -> None:
        host = request.environ.get("HTTP_HOST", "")
        if allowed_hosts and host_name(host) not in allowed_hosts and request.path not in open_paths:
            raise Problem(400, "This service does not answer under that host name. Its names are set in ALLOWED_HOSTS.")
        if request.method not in READING and is_foreign(request.environ, host):
            raise Problem(403, "Writes from pages of another site are refused.")

    @app.after_request
    def keep_out_of_frames(response: Response) -> Response:
        # A page of another site that could show ours inside of itself could have its visitors press our buttons.
        if response.mimetype == "text/html":
            response.headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
            response.headers["X-Frame-Options"] = "DENY"
            response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def host_name(host: str) -> str:
    """The name in a Host header, in lower case and without a port; empty where it is none."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises where the port is no number
    except ValueError:
        return ""
    if parts.netloc != host or "@" in host or not parts.hostname:
        return ""
    return f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname


def is_foreign(environ: dict, host: str) -> bool:
    """True where a browser says that a page of another origin is behind the request; scripts say nothing."""
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None:
        return not _same_origin(origin, scheme_of(environ), host)
    return environ.get("HTTP_SEC_FETCH_SITE", "").strip().lower() in FOREIGN_SITES


def _same_origin(origin: str, scheme: str, host: str) -> bool:
    ours = _origin(f"{scheme}://{host}")
    return ours is not None and _origin(origin) == ours


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port or DEFAULT_PORTS.get(parts.scheme)
