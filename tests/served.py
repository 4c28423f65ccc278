"""A small app to be served in tests of the serving itself: ``python -m tests.served``, told by its environment."""

import json
import os
import sys
import time

import web.bodies
import web.body_watch
from web.bodies import Bodies
from web.problems import Problem
from web.serving import serve

THREADS = 8


class App:
    """Writes what happens to it, a line each, into the file EVENTS."""

    def __init__(self, worker):
        self.wsgi = Bodies(self.answer, THREADS // 4)
        self.worker = worker
        tell(f"worker {worker} made in {os.getpid()}")

    def __call__(self, environ, start_response):
        return self.wsgi(environ, start_response)

    def answer(self, environ, start_response):
        try:
            body = getattr(self, environ["PATH_INFO"].strip("/") or "healthz")(environ)
        except Problem as problem:
            start_response(f"{problem.code} Refused", list(problem.headers.items()))
            return [problem.description.encode()]
        start_response("200 OK", [])
        return [body]

    def healthz(self, environ):
        return b"well"

    def pid(self, environ):
        return str(os.getpid()).encode()

    def read(self, environ):
        return str(len(environ["wsgi.input"].read())).encode()

    def refuse(self, environ):
        raise Problem(413, "too long")

    def hang(self, environ):
        time.sleep(600)

    def crash(self, environ):
        os._exit(9)

    def threads(self, environ):
        return json.dumps(sorted(os.listdir("/proc/self/task"))).encode()

    def drain(self):
        tell("drains")

    def close(self):
        tell("closed")


def make(worker):
    # A stall is noticed sooner here, so that nobody waits for it.
    web.body_watch.STALL_SECONDS = float(os.environ.get("STALL_SECONDS", "2"))
    web.body_watch.LOOK_SECONDS = 0.2
    # And a client that a busy machine lets wait is not taken for one that has sent all it wants to.
    web.bodies.LINGER_SECONDS = 60
    web.bodies.PAUSE_SECONDS = 2
    return App(worker)


def cannot_be_made(worker):
    raise ValueError("DATABASE_URL must begin with sqlite:")


def only_the_first_can_be_made(worker):
    return make(worker) if worker == 0 else cannot_be_made(worker)


def note_ends_late():
    """As on a busy machine: the thread that waits for a worker has seen its end, and does not get to noting it."""
    wait = os.waitpid

    def waits(pid, options):
        if options == os.WNOHANG:
            time.sleep(0.5)
            return wait(pid, options)
        ended = wait(pid, options)
        time.sleep(2)
        return ended

    os.waitpid = waits


def tell(event):
    with open(os.environ["EVENTS"], "a") as events:
        events.write(event + "\n")


if __name__ == "__main__":
    if "NOTES_LATE" in os.environ:
        note_ends_late()
    serve(
        f"tests.served:{os.environ.get('FACTORY', 'make')}",
        title="Test app",
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ["PORT"]),
        instance=os.environ["INSTANCE"],
        workers=int(os.environ.get("WORKERS", "1")),
        threads=THREADS,
    )
    sys.exit(0)
