"""``/export/trace.csv``: the last requests, for whoever wants to check the what-if curves with another program."""

from flask import Blueprint, Response

from cache.whatif.trace import Trace
from web.problems import Problem


def make_trace(trace: Trace | None) -> Blueprint:
    blueprint = Blueprint("trace", __name__)

    @blueprint.get("/export/trace.csv")
    def export() -> Response:
        if trace is None:
            raise Problem(404, "No trace is kept: that takes TRACE_REQUESTS, and WHATIF_BYTES other than 0.")
        return Response(trace.csv(), content_type="text/csv; charset=utf-8")

    return blueprint
