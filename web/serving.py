"""One app in one or more worker processes with several threads each, behind granian; the main process only watches."""

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

CRASHES_APART_SECONDS = 5.5

T = TypeVar("T")

log = logging.getLogger(__name__)


def serve(
    factory: str,
    *,
    title: str,
    host: str,
    port: int,
    instance: str | None = None,
    workers: int = 1,
    threads: int = THREADS,
    log_level: str = "INFO",
) -> None:
    """Serve ``factory`` ("module:function") until a signal ends it; exit 1 where it can't start.

    The function is called in each worker with its number, from 0. What it returns is a WSGI callable with ``drain()``,
    called as soon as an end is asked for, and ``close()``, called before the worker ends. ``instance`` is a name that
    only one process of the machine may have.
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
    server = _Server(listener, workers, threads, partial(_announce, title, listener))
    server.serve(spawn_target=run, target_loader=partial(load, factory, title), wrap_loader=False)
    del lock


class _Server(MPServer):
    """granian with a listening socket of our own, a word to workers before they are stopped, and no second start."""

    def __init__(self, listener: socket.socket, workers: int, threads: int, announce: Callable[[], None]) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            "app",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
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

    def _serve_loop(self, spawn_target, target_loader) -> None:
        # granian's own goes by a list that the threads which watch over workers add to. Of several that die at once it
        # may miss one, for good. This one looks which are dead.
        replaced_at: dict[int, float] = {}
        while True:
            self.main_loop_interrupt.wait()
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            dead = [index for index, worker in enumerate(self.wrks) if not worker.is_alive()]
            now = time.monotonic()
            if any(self._is_beyond_help(index, now, replaced_at) for index in dead):
                return
            replaced_at |= dict.fromkeys(dead, now)
            self._respawn_workers(dead, spawn_target, target_loader)

    def _is_beyond_help(self, index: int, now: float, replaced_at: dict[int, float]) -> bool:
        if self.wrks[index].inner.exitcode == START_FAILED:
            return True
        if now - replaced_at.get(index, float("-inf")) > CRASHES_APART_SECONDS:
            return False
        log.error("A worker ended twice within %s s; this is the end", CRASHES_APART_SECONDS)
        return True

    def _stop_workers(self) -> None:
        # Of those who ended before they were asked to: any other than in order is a crash.
        self._crashed = any(worker.inner.exitcode for worker in self.wrks)
        for worker in self.wrks:
            # One that has just ended may count as alive until the thread that waits for it has noted its end.
            with contextlib.suppress(ProcessLookupError):
                if worker.is_alive():
                    os.kill(worker.inner.pid, ASKS_TO_DRAIN)
        super()._stop_workers()

    def shutdown(self, exit_code: int = 0) -> None:
        # granian goes by what the threads that wait for workers note: of those that were replaced long ago, and of ends
        # that were asked for, which Ctrl-C makes look like crashes.
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
