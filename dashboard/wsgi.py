"""The manager for a WSGI server: ``create()`` makes it from the settings of the environment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.app import create_app
from dashboard.settings import Settings
from metrics.channels import open_channel
from metrics.ticker import Ticker
from web.bodies import Bodies
from web.serving import THREADS

MAX_BODY_BYTES = 8 << 20
KEEP_SECONDS = 3600.0
"""How often the channel is asked to keep the newest configuration from growing old."""


@dataclass(frozen=True)
class Manager:
    """A WSGI callable with an end; the manager holds nothing that would have to be kept."""

    wsgi: Callable[..., Any]
    ticker: Ticker

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.wsgi(environ, start_response)

    def drain(self) -> None:
        pass

    def close(self) -> None:
        self.ticker.close()


def create(worker: int = 0) -> Manager:
    """The manager is one process, so ``worker`` is always 0."""
    settings = Settings()
    channel = open_channel(settings.channel_url)
    flask = create_app(settings, channel).server
    flask.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    ticker = Ticker()
    ticker.every(KEEP_SECONDS, lambda now: channel.keep(), jitter=0.5)
    return Manager(Bodies(flask, THREADS // 4, wait_seconds=1, until_answered=False), ticker)
