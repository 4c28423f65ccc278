"""Whether the process lives, and whether requests should come to it."""

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

Ping = Callable[[], object]


class Health:
    """Starting, then ready, then draining; and the state of each dependency when it is asked for."""

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = pings
        self._phase = "starting"

    def ready(self) -> None:
        self._phase = "ready"

    def drain(self) -> None:
        self._phase = "draining"

    def report(self) -> dict[str, object]:
        """``state`` is starting, draining, degraded or ready; ``dependencies`` says of each ok, or what is wrong."""
        dependencies = {name: _state(ping) for name, ping in self._pings.items()}
        healthy = all(state == "ok" for state in dependencies.values())
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
    return "ok"
