"""The yardstick of redis_hits: Flask and Flask-Caching, one view that answers what is in Redis, and nothing else."""

import os
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, request
from flask_caching import Cache

from web.serving import serve


class App:
    def __init__(self, _worker: int) -> None:
        self._flask = Flask("yardstick")
        cache = Cache(
            self._flask,
            config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": os.environ["REDIS"], "CACHE_DEFAULT_TIMEOUT": 0},
        )

        self._flask.add_url_rule("/healthz", view_func=lambda: "well")

        @self._flask.put("/images/<path:key>")
        def store(key: str) -> tuple[str, int]:
            cache.set(key, request.get_data())
            return "", 201

        @self._flask.get("/images/<path:key>")
        def fetch(key: str) -> Response:
            return Response(cache.get(key), content_type="image/png")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._flask(environ, start_response)

    def drain(self) -> None: ...

    def close(self) -> None: ...


if __name__ == "__main__":
    serve("benchmarks.flask_caching_app:App", title="Yardstick", host="127.0.0.1", port=int(os.environ["PORT"]))
