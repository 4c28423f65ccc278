"""The manager for scripts: statistics as CSV and JSON, the configuration and its history, the instances."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Blueprint, Flask, Response, jsonify, request

from cache.config import Configuration, EditRefused
from dashboard import activity_api, exports
from dashboard.choices import Choices, choices
from dashboard.editing import Predict, edited_within
from dashboard.fleet import Fleet, Instance
from dashboard.ranges import DAY, Range, default_period, iso, parse_time
from dashboard.reader import RETRY_SECONDS, Reader
from dashboard.scaling.decisions import Decisions
from dashboard.whatif import api as what_if_api
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import Outlooks
from dashboard.whatif.verdicts import Verdicts
from metrics.channel import Channel, ChannelUnavailable, ConfigurationRefused, VersionConflict
from metrics.schema import MINUTE
from web.problems import Problem, answer_problems

MAX_BODY_BYTES = 64 * 1024
MAX_PERIOD_SECONDS = 31 * DAY
MAX_NAME_LENGTH = 255
ATTEMPTS = 5
"""How often an edit that asks for no version is made again when another came first."""

T = TypeVar("T")


def register(
    server: Flask,
    reader: Reader,
    curves: Curves,
    outlooks: Outlooks,
    verdicts: Verdicts,
    channel: Channel,
    clock: Callable[[], float] = time.time,
    decisions: Decisions | None = None,
) -> None:
    """Put the URLs for scripts on the server; every error there is a problem document."""
    answer_problems(server)
    api = Blueprint("api", __name__)
    api.after_request(_keep_nowhere)

    @api.get("/healthz")
    def healthz() -> Response:
        return jsonify(state="alive")

    @api.get("/export/statistics.csv")
    def statistics_csv() -> Response:
        wanted, instance = _asked_range(clock())
        rows = exports.csv_text(_frames(reader, wanted, instance))
        answer = Response(_begun(rows), content_type="text/csv; charset=utf-8; header=present")
        answer.headers["Content-Disposition"] = f'attachment; filename="{exports.file_name(wanted)}"'
        return answer

    @api.get("/api/statistics")
    def statistics_json() -> Response:
        wanted, instance = _asked_range(clock())
        about = {
            "from": iso(wanted.start),
            "to": iso(wanted.end),
            "period_seconds": wanted.period_seconds,
            "instance": instance,
        }
        rows = exports.json_text(_frames(reader, wanted, instance), about)
        return Response(_begun(rows), content_type="application/json")

    @api.get("/api/configuration")
    def configuration() -> Response:
        return _document(_asked(channel.newest)).make_conditional(request)

    @api.put("/api/configuration")
    def edit_configuration() -> Response:
        edit, may_be = _read_edit(), choices(reader.fleet())
        document = _asked(lambda: _edit(channel, edit, clock(), outlooks.predicted, may_be))
        reader.retry()  # so that the pages show at once what a script did
        return _document(document)

    @api.get("/api/configuration/history")
    def history() -> Response:
        return jsonify(history=[document.model_dump() for document in _asked(channel.history)])

    @api.get("/api/instances")
    def instances() -> Response:
        fleet = reader.fleet()
        _refuse_old_data(reader)
        instances = [_instance(one) for one in fleet.instances]
        return jsonify(config_version=fleet.newest.version, instances=instances, cache=_cache(fleet))

    what_if_api.register(api, curves, lambda: _asked_range(clock()), _refuse, lambda: reader.fleet().shared)
    activity_api.register(
        api,
        verdicts,
        decisions or Decisions(channel, clock),
        lambda why: _refuse_old_data(reader, why),
        lambda: _asked_span(clock()),
    )

    @server.before_request
    def nothing_there() -> None:
        # Dash answers any other address with its page, which a script would take for an answer.
        ours = request.path.startswith(("/api/", "/export/"))
        if ours and request.blueprint != api.name and request.routing_exception is None:
            raise Problem(404, "Nothing has this address.")

    server.register_blueprint(api)


def _asked_range(now: float) -> tuple[Range, str]:
    """from, to, period and instance of the request, as a range and whose numbers."""
    start, end = (_time(name, default, now) for name, default in (("from", "now-24h"), ("to", "now")))
    if start > end:
        raise Problem(400, "from must not be after to.", parameter="from")
    period = request.args.get("period")
    if period is None:
        period_seconds = default_period(end - start)
    else:
        period_seconds = int(period) if re.fullmatch(r"[0-9]{1,9}", period) else 0
        if not 0 < period_seconds <= MAX_PERIOD_SECONDS or period_seconds % MINUTE:
            raise Problem(400, "period must be a multiple of 60 seconds, 31 days at most.", parameter="period")
    instance = request.args.get("instance", "all")
    if not 0 < len(instance) <= MAX_NAME_LENGTH:
        raise Problem(400, "instance must be all, each, or the name of one.", parameter="instance")
    return Range.floored(start, end, period_seconds), instance


def _asked_span(now: float) -> Range:
    """from and to of the request to the second: what was decided a moment ago is in what ends now."""
    start, end = (_time(name, default, now) for name, default in (("from", "now-24h"), ("to", "now")))
    if start > end:
        raise Problem(400, "from must not be after to.", parameter="from")
    return Range(start, end + 1 if end >= int(now) else end, MINUTE)


def _time(name: str, default: str, now: float) -> int:
    try:
        return parse_time(request.args.get(name, default), now)
    except ValueError as error:
        raise Problem(400, f"{name}: {error}", parameter=name) from None


def _frames(reader: Reader, wanted: Range, instance: str):
    for piece in exports.pieces(reader.bounded(wanted)):
        frame = reader.statistics(piece, instance)
        _refuse_old_data(reader)
        yield frame


def _begun(text):
    """The same text, its first two pieces made already: what can fail does so while the status is still ours to say."""
    first = [piece for _, piece in zip(range(2), text, strict=False)]
    return _chained(first, text)


def _chained(first, rest):
    yield from first
    yield from rest


def _refuse_old_data(reader: Reader, failure: str = "") -> None:
    # A page may show the last good data, with the reason beside it; a script would take it for the truth.
    if reader.failure:
        raise _unavailable(reader.failure.message)
    if failure:
        raise _unavailable(failure)


def _refuse(reason: str) -> None:
    raise _unavailable(reason)


def _unavailable(reason: str) -> Problem:
    return Problem(503, f"The channel is not answering: {reason}", {"Retry-After": str(RETRY_SECONDS)})


def _asked(ask: Callable[[], T]) -> T:
    """What the channel answers, its errors as statuses."""
    try:
        return ask()
    except ChannelUnavailable as error:
        raise _unavailable(str(error)) from error
    except ConfigurationRefused as refused:
        raise Problem(
            502, f"Version {refused.version} in the channel holds what this manager does not know: {refused}"
        ) from refused


def _read_edit() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise Problem(415, "The edit must be JSON: Content-Type: application/json.")
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise Problem(413, f"The edit must not be longer than {MAX_BODY_BYTES} bytes.")
    try:
        edit = json.loads(body)  # NaN passes here, so that its field is named with the others
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"The body is not JSON: {error}") from None
    if not isinstance(edit, dict):
        raise Problem(400, "The body must be a JSON object with the members to change.")
    return edit


def _edit(channel: Channel, edit: dict[str, Any], now: float, predict: Predict, may_be: Choices) -> Configuration:
    for _ in range(ATTEMPTS):
        base = channel.newest()
        _check_version(base)
        try:
            document = predict(base, edited_within(base, edit, datetime.fromtimestamp(now, UTC), may_be))
            channel.publish(document)
            return document
        except EditRefused as refused:
            words = "; ".join(f"{field} {reason}" for field, reason in refused.errors.items())
            raise Problem(422, f"Nothing was changed: {words}.", errors=refused.errors) from None
        except VersionConflict as conflict:
            _check_version(conflict.newest)
    raise Problem(503, "Others are editing at this moment; nothing was changed.", {"Retry-After": "1"})


def _check_version(newest: Configuration) -> None:
    """If-Match, where the request has one, must name the newest version."""
    if "If-Match" in request.headers and not request.if_match.contains(str(newest.version)):
        raise Problem(
            412,
            f"Nothing was changed: {newest.author} saved v{newest.version} in the meantime.",
            {"ETag": f'"{newest.version}"'},
            configuration=newest.model_dump(),
        )


def _document(document: Configuration) -> Response:
    answer = jsonify(document.model_dump())
    answer.set_etag(str(document.version))
    return answer


def _instance(one: Instance) -> dict[str, Any]:
    return {
        "instance": one.name,
        "alive": one.alive,
        "stopped": one.stopped,
        "last_heard": iso(one.heard),
        "last_minute": iso(one.last.time) if one.last else None,
        "config_version": one.version,
        "policy": one.policy,
        "capacity_bytes": one.capacity_bytes,
        "capped": one.capped,
        "refused_version": one.refused_version,
        "problem": one.problem,
        **{name: one.value.get(name) for name in ("requests", "hits", "items", "size_bytes")},
        "program": one.program,
        "engine": one.engine,
        "fixed": one.fixed,
        "cache_problem": one.cache_problem,
    }


def _cache(fleet: Fleet) -> dict[str, Any]:
    """All caches as one; null where nobody has reported them."""
    held = {
        name: sum(one.value.get(name, 0) for one in fleet.holders) if fleet.holders else None
        for name in ("items", "size_bytes", "capacity_bytes")
    }
    return {"engine": fleet.engine, "fixed": fleet.fixed, "caches": fleet.caches, **held}


def _keep_nowhere(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
