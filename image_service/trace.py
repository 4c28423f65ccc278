"""``/export/trace.csv``: the last requests, for whoever wants to check the what-if curves with another program."""

from flask import Blueprint, Response

from cache.whatif.trace import Trace
from web.problems import Problem


def make_trace(trace: Trace | None) -> Blueprint:
    blueprint = Blueprint("trace", __name__)

    @blueprint.get("/export/trace.csv")
    def export() -> Response:
        if trace is None:
            raise Problem(404, "No trace is kept; TRACE_REQUESTS switches it on.")
        return Response(trace.csv(), content_type="text/csv; charset=utf-8")

    return blueprint
