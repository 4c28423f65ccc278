"""The manager for a WSGI server: ``create()`` makes it from the settings of the environment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.app import create_app
from dashboard.settings import Settings
from web.bodies import Bodies
from web.serving import THREADS

MAX_BODY_BYTES = 8 << 20


@dataclass(frozen=True)
class Manager:
    """A WSGI callable with an end; the manager holds nothing that would have to be kept."""

    wsgi: Callable[..., Any]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.wsgi(environ, start_response)

    def drain(self) -> None:
        pass

    def close(self) -> None:
        pass


def create() -> Manager:
    flask = create_app(Settings()).server
    flask.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    return Manager(Bodies(flask, THREADS // 4, wait_seconds=1, until_answered=False))
