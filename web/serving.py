"""One app in one worker process with several threads, behind granian; the main process only watches over it."""

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from web.instance_lock import InstanceTaken, lock_instance
from web.worker import ASKS_TO_DRAIN, START_FAILED, load, run

THREADS = 16
BACKLOG = 1024
KILL_AFTER_SECONDS = 4
TAKE_OVER_SECONDS = 3.0
HEADERS_WITHIN_MILLISECONDS = 10_000

T = TypeVar("T")


def serve(
    factory: str,
    *,
    title: str,
    host: str,
    port: int,
    instance: str | None = None,
    threads: int = THREADS,
    log_level: str = "INFO",
) -> None:
    """Serve ``factory`` ("module:function", called in the worker) until a signal ends it; exit 1 where it can't start.

    What the function returns is a WSGI callable with ``drain()``, called as soon as an end is asked for, and
    ``close()``, called before the worker ends. ``instance`` is a name that only one process of the machine may have.
    """
    logging.basicConfig(level=log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("botocore").setLevel(logging.WARNING)  # at INFO it says of each client where its address is from
    try:
        # A predecessor that was killed leaves a worker behind for a moment, which has both until it has flushed.
        lock = _patiently(lambda: lock_instance(instance)) if instance else None
        listener = _patiently(lambda: _listen(host, port))
    except (InstanceTaken, OSError) as error:
        sys.exit(f"{title} could not start: {_in_words(error, host, port)}")
    signal.signal(ASKS_TO_DRAIN, signal.SIG_IGN)  # a worker that has not got to hearing it yet must not die of it
    server = _Server(listener, threads, partial(_announce, title, listener))
    server.serve(spawn_target=run, target_loader=partial(load, factory, title), wrap_loader=False)
    del lock


class _Server(MPServer):
    """granian with a listening socket of our own, a word to the worker before it is stopped, and no second start."""

    def __init__(self, listener: socket.socket, threads: int, announce: Callable[[], None]) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            "app",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,  # of two requests on one connection, one must not suffer when the other is cut
            blocking_threads=threads,
            backlog=BACKLOG,
            backpressure=BACKLOG,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MILLISECONDS),
            log_level=LogLevels.error,
            # Its loggers keep their levels and hand on to ours, so that all lines look alike and go to one place.
            log_dictconfig={"loggers": {name: {"propagate": True} for name in ("_granian", "granian.access")}},
            respawn_failed_workers=True,
            respawn_interval=0,
            workers_kill_timeout=KILL_AFTER_SECONDS,
        )
        self._listener = listener
        self._announce = announce
        self._crashed = False

    def _init_shared_socket(self) -> None:
        # granian's own is bound with SO_REUSEPORT: a second process on the port would silently get half the requests.
        self._listener.set_inheritable(True)
        self._shd = SocketHolder(self._listener.fileno(), False, BACKLOG)
        self._sso = None

    def _spawn_workers(self, spawn_target, target_loader) -> None:
        super()._spawn_workers(spawn_target, target_loader)
        threading.Thread(target=self._announce, daemon=True).start()  # not before the fork

    def signal_handler_reload(self, *args, **kwargs) -> None:
        # A terminal that closes sends SIGHUP. To granian it means a second worker beside the first.
        self.signal_handler_interrupt()

    def _respawn_workers(self, workers, spawn_target, target_loader, delay=0) -> None:
        if any(self.wrks[index].inner.exitcode == START_FAILED for index in workers):
            self.interrupt_children.extend(workers)  # the shutdown then ends with 1
            self.interrupt_signal = True
            self.main_loop_interrupt.set()
            return
        super()._respawn_workers(workers, spawn_target, target_loader, delay)

    def _stop_workers(self) -> None:
        workers = list(self.wrks)
        for worker in workers:
            # One that has just ended may count as alive until the thread that waits for it has noted its end.
            with contextlib.suppress(ProcessLookupError):
                if worker.is_alive():
                    os.kill(worker.inner.pid, ASKS_TO_DRAIN)
        super()._stop_workers()
        # Ctrl-C reaches the worker too. One that heard it first, and ended in order, counts as a crash to granian.
        self._crashed = any(workers[index].inner.exitcode for index in self.interrupt_children)

    def shutdown(self, exit_code: int = 0) -> None:
        # What the threads that wait for workers note from now on is about an end that was asked for.
        with contextlib.suppress(SystemExit):
            super().shutdown(exit_code)
        if exit_code or self._crashed:
            sys.exit(exit_code or 1)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it. Else a body waits until the client has acknowledged the head: 40 ms on a kept one.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _patiently(take: Callable[[], T]) -> T:
    until = time.monotonic() + TAKE_OVER_SECONDS
    while True:
        try:
            return take()
        except (InstanceTaken, OSError):
            if time.monotonic() > until:
                raise
        time.sleep(0.1)


def _in_words(error: Exception, host: str, port: int) -> str:
    if isinstance(error, OSError):
        return f"it can't listen on {host}:{port}: {(error.strerror or str(error)).lower()}."
    return str(error)


def _announce(title: str, listener: socket.socket) -> None:
    """Print the address once the app answers."""
    host, port = listener.getsockname()[:2]
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    address = f"http://[{reached}]:{port}" if ":" in reached else f"http://{reached}:{port}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            direct.open(f"{address}/healthz", timeout=2).close()
        except urllib.error.HTTPError:
            pass  # it answers
        except OSError:
            time.sleep(0.05)
            continue
        print(f"{title} answers at {address}", flush=True)
        return
