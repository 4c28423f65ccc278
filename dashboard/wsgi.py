"""The manager for a WSGI server: ``create()`` makes it from the settings of the environment."""

from dataclasses import dataclass
from typing import Any

from flask import Flask

from dashboard.app import create_app
from dashboard.settings import Settings


@dataclass(frozen=True)
class Manager:
    """A WSGI callable with an end; the manager holds nothing that would have to be kept."""

    flask: Flask

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.flask(environ, start_response)

    def drain(self) -> None:
        pass

    def close(self) -> None:
        pass


def create() -> Manager:
    return Manager(create_app(Settings()).server)
