"""What happens in the process that serves: the app is made here, told to drain, and always closed."""

import importlib
import logging
import os
import signal
import sys
import threading
import time
from typing import Any, Protocol

from granian.server.mp import MPServer

log = logging.getLogger(__name__)

START_FAILED = 3
"""The worker's exit code where trying again would not help."""

CLOSE_AFTER_SECONDS = 2.5
"""How long requests may go on after an end was asked for, before the app is closed and the worker ends."""

_serving: list["Served"] = []


class Served(Protocol):
    """An app to be served."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any: ...

    def drain(self) -> None:
        """Say from now on that no new requests should come."""

    def close(self) -> None:
        """Flush and let go of everything; may be called more than once."""


def load(factory: str, title: str) -> Served:
    """Make the app, in the worker's main thread; a failure is one sentence and the end."""
    parent = os.getppid()
    module, _, function = factory.partition(":")
    try:
        app = getattr(importlib.import_module(module), function)()
    except Exception as error:
        log.debug("The app could not be made", exc_info=True)
        print(f"{title} could not start: {error}", file=sys.stderr, flush=True)
        os._exit(START_FAILED)
    _serving.append(app)
    signal.signal(signal.SIGUSR1, lambda number, frame: _drain(app))
    signal.signal(signal.SIGALRM, lambda number, frame: _end(app))
    threading.Thread(target=_end_with_parent, args=(parent,), name="parent-watch", daemon=True).start()
    return app


def run(*args: Any, **kwargs: Any) -> None:
    """Serve until a signal, then close the app: nothing else runs at the end of a worker, not even atexit."""
    try:
        MPServer._spawn_wsgi_worker(*args, **kwargs)
    finally:
        for app in _serving:
            _end(app)


def _drain(app: Served) -> None:
    app.drain()
    # A request that hangs would keep the worker from its end until it is killed, with the open minute unsaved.
    signal.setitimer(signal.ITIMER_REAL, CLOSE_AFTER_SECONDS)


def _end(app: Served) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        app.close()
    except Exception:
        log.exception("The app could not be closed")
    logging.shutdown()
    os._exit(0)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGTERM)
