"""What happens in the process that serves: the app is made here, told to drain, and always closed."""

import importlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from granian.server.mp import MPServer

log = logging.getLogger(__name__)

START_FAILED = 3
"""The worker's exit code where trying again would not help."""

CLOSE_AFTER_SECONDS = 2.5
"""How long requests may go on after an end was asked for, before the app is closed and the worker ends."""

ASKS_TO_DRAIN = signal.SIGUSR1
ASKS_TO_END = frozenset({ASKS_TO_DRAIN, signal.SIGTERM, signal.SIGINT})
NUDGE = signal.SIGUSR2
"""Sent to the main thread so that it wakes up and runs the handlers of the signals that came before."""

_serving: list["Served"] = []
_ending = threading.Lock()


class Served(Protocol):
    """An app to be served."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any: ...

    def drain(self) -> None:
        """Say from now on that no new requests should come."""

    def close(self) -> None:
        """Flush and let go of everything; may be called more than once."""


def load(factory: str, title: str, worker: int) -> Served:
    """Make the app, in the worker's main thread; a failure is one sentence and the end.

    ``worker`` is the number of this worker among all, from 0; one that takes the place of another has its number.
    """
    parent = os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # what was inherited would let an early end go unheard
    module, _, function = factory.partition(":")
    try:
        app = getattr(importlib.import_module(module), function)(worker)
    except Exception as error:
        log.debug("The app could not be made", exc_info=True)
        print(f"{title} could not start: {error}", file=sys.stderr, flush=True)
        os._exit(START_FAILED)
    _serving.append(app)
    for number in (ASKS_TO_DRAIN, NUDGE):
        signal.signal(number, lambda number, frame: None)
    heard = _wakeup_pipe()
    threading.Thread(target=_end_when_asked, args=(app, heard), name="end-watch", daemon=True).start()
    threading.Thread(target=_end_with_parent, args=(parent,), name="parent-watch", daemon=True).start()
    return app


def run(number: int, process_name: str | None, load_app: Callable[..., Served], *args: Any) -> None:
    """Serve until a signal, then close the app: nothing else runs at the end of a worker, not even atexit.

    These are granian's arguments; it counts its workers from 1.
    """
    try:
        MPServer._spawn_wsgi_worker(number, process_name, partial(load_app, worker=number - 1), *args)
    finally:
        for app in _serving:
            _end(app)


def _wakeup_pipe() -> int:
    """Where the number of each signal can be read, as a byte, in whatever thread it arrived."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    return read


def _end_when_asked(app: Served, heard: int) -> None:
    """Drain as soon as a signal asks for the end; close when granian is done, or when requests have had their time.

    Python runs its handlers in the main thread alone, which sleeps in granian: a signal that comes as it falls asleep
    wakes it no more (seen with one end in seven), and the worker was killed with its open minute unsaved.
    """
    while os.read(heard, 1)[0] not in ASKS_TO_END:
        pass
    try:
        app.drain()
    except Exception:
        log.exception("The app could not be told to drain")
    until = time.monotonic() + CLOSE_AFTER_SECONDS
    while time.monotonic() < until:
        signal.pthread_kill(threading.main_thread().ident, NUDGE)
        time.sleep(0.05)
    _end(app)  # a request hangs


def _end(app: Served) -> None:
    if not _ending.acquire(blocking=False):
        threading.Event().wait()  # another thread is at it, and ends the process
    try:
        app.close()
    except Exception:
        log.exception("The app could not be closed")
    logging.shutdown()
    os._exit(0)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
