"""Whether the process lives, and whether requests should come to it."""

import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

log = logging.getLogger(__name__)

Ping = Callable[[], object]

LOOK_SECONDS = 5.0
OK = "ok"


class Health:
    """Starting, then ready, then draining; and the state of each dependency when it was last looked at.

    Whoever asks is told at once: a load balancer that waits for a hanging store takes the instance for dead.
    """

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = pings
        self._phase = "starting"
        self._states = dict.fromkeys(pings, OK)

    def look(self, now: float = 0.0) -> None:
        """Ask each dependency how it is; to be called every LOOK_SECONDS."""
        for name, ping in self._pings.items():
            state = _state(ping)
            if state != self._states[name]:
                log.log(logging.INFO if state == OK else logging.WARNING, "The %s: %s", name, state)
            self._states[name] = state

    def ready(self) -> None:
        self._phase = "ready"

    def drain(self) -> None:
        self._phase = "draining"

    def report(self) -> dict[str, object]:
        """``state`` is starting, draining, degraded or ready; ``dependencies`` says of each ok, or what is wrong."""
        dependencies = dict(self._states)
        healthy = all(state == OK for state in dependencies.values())
        state = self._phase if healthy or self._phase != "ready" else "degraded"
        return {"state": state, "dependencies": dependencies}


def make_health(health: Health) -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def alive() -> Response:
        return jsonify({"state": "alive"})

    @blueprint.get("/readyz")
    def ready() -> tuple[Response, int]:
        report = health.report()
        # A dependency that all instances share must not take them all out at once, warm caches and all.
        return jsonify(report), 503 if report["state"] in ("starting", "draining") else 200

    return blueprint


def _state(ping: Ping) -> str:
    try:
        ping()
    except Exception as error:
        return f"failed: {error}"
    return OK
