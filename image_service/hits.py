"""A plain GET of something cached is answered here, in front of Flask, which costs more than the answer itself.

Plain is a GET without conditions, range or body. Whatever is not plain, not allowed, not a key or not cached goes on to
the app, which answers all requests the same way; a test holds the two against each other.
"""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from time import perf_counter
from typing import Any

from image_service.heads import entry_of, head_of
from image_service.images import AS_SENT, RENDITION_WIDTHS, Images
from image_service.keys import IMAGES, KeyRefused, key_of_path
from metrics.recorder import Recorder
from web.guard import host_name

LOOKED = "hitrate.looked"
"""In the environ of a request that goes on: the cache was asked already, and did not have it."""
WIDTHS = {"": AS_SENT, **{f"width={width}": width for width in RENDITION_WIDTHS}}
NOT_PLAIN = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_TRANSFER_ENCODING")

_host_name = lru_cache(1024)(host_name)


class Hits:
    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        images: Images,
        recorder: Recorder,
        allowed_hosts: Collection[str],
    ) -> None:
        self._app = app
        self._images = images
        self._recorder = recorder
        self._allowed_hosts = allowed_hosts

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if (
            environ["REQUEST_METHOD"] != "GET"
            or not environ["PATH_INFO"].startswith(IMAGES)
            or not self._plain(environ)
        ):
            return self._app(environ, start_response)
        started = perf_counter()
        try:
            key = key_of_path(environ["PATH_INFO"])
        except KeyRefused:
            return self._app(environ, start_response)
        fetched = self._images.held(key, WIDTHS[environ.get("QUERY_STRING", "")])
        if fetched is None:
            environ[LOOKED] = True
            return self._app(environ, start_response)
        data = fetched.body.data
        head = [
            *head_of(fetched).items(),
            ("Content-Type", fetched.body.content_type),
            ("Content-Length", str(len(data))),
            ("X-Content-Type-Options", "nosniff"),
        ]
        milliseconds = (perf_counter() - started) * 1000
        self._recorder.served(True, len(data), milliseconds, stale=fetched.stale, entry=entry_of(fetched))
        start_response("200 OK", head)
        return (data,)

    def _plain(self, environ: dict[str, Any]) -> bool:
        if any(name in environ for name in NOT_PLAIN) or environ.get("CONTENT_LENGTH", "0") not in ("", "0"):
            return False
        if environ.get("QUERY_STRING", "") not in WIDTHS:
            return False
        return not self._allowed_hosts or _host_name(environ.get("HTTP_HOST", "")) in self._allowed_hosts
