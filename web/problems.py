"""Errors as RFC 9457 documents: a status, and a sentence that says what was wrong."""

import json
import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class Problem(HTTPException):
    """An answer other than the one asked for; ``detail`` is a sentence for people, ``members`` more for programs."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.code = status
        self.headers = headers or {}
        self.members = members


def answer(status: int, detail: str, headers: dict[str, str] | None = None, **members: Any) -> Response:
    """The document itself, as a response."""
    document = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail} | members
    return Response(json.dumps(document) + "\n", status, headers, content_type=CONTENT_TYPE)


def answer_problems(app: Flask) -> None:
    """Have every error of an app answered with such a document, its own and the framework's alike."""
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def _answer_http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # a redirect is no error
    if isinstance(error, Problem):
        return answer(error.code, error.description or "", error.headers, **error.members)
    # What the framework adds to its own errors matters to machines: Allow, Content-Range, Retry-After.
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    return answer(error.code, error.description or _title(error.code), headers)


def _answer_unexpected(error: Exception) -> Response:
    log.error("A request failed unexpectedly", exc_info=error)
    return answer(500, "Something went wrong in the service. It has been written to its log.")


def _title(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
