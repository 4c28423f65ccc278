"""The image service over HTTP for programs: parse, call, answer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, request

from image_service import uploads
from image_service.conditions import RangeNotSatisfiable, may_write, not_modified, only_if_new, wanted_part
from image_service.heads import entry_of, head_of, is_as_sent
from image_service.hits import LOOKED
from image_service.image import Image
from image_service.images import AS_SENT, RENDITION_WIDTHS, Fetched, Images, Stored, Upload
from image_service.keys import key_of_path
from metrics.recorder import Recorder
from web.problems import Problem, answer

PAGE_LIMIT = 100
MAX_PAGE_LIMIT = 500


def make_api(images: Images, recorder: Recorder, limits: uploads.Limits) -> Blueprint:
    api = Blueprint("api", __name__)

    @api.get("/images/<anything:path>")
    def fetch(path: str) -> Response:
        started = perf_counter()
        fetched = images.fetch(_key(), _width(request.args), looked=LOOKED in request.environ)
        response = _answer(fetched)
        recorder.served(
            fetched.hit,
            len(fetched.body.data),
            (perf_counter() - started) * 1000,
            fetched.collapsed,
            fetched.too_large,
            fetched.stale,
            entry_of(fetched),
        )
        return response

    @api.put("/images/<anything:path>")
    def store(path: str) -> Response:
        key = _key()
        _check_conditions(images, [key])
        stored = images.store([Upload(key, lambda: uploads.read_body(request, limits))], only_if_new(request.headers))
        return _answer_stored(stored)

    @api.post("/images")
    def store_form() -> Response:
        with uploads.read_form(request, limits) as files:
            _check_conditions(images, [upload.key for upload in files])
            stored = images.store(files, only_if_new(request.headers))
        return _answer_stored(stored)

    @api.delete("/images/<anything:path>")
    def forget(path: str) -> Response:
        key = _key()
        _check_conditions(images, [key])
        images.forget(key)
        return _empty(204, {})

    @api.get("/images")
    def listing() -> Response:
        page = images.page(request.args.get("prefix", ""), request.args.get("after"), _limit(request.args))
        return jsonify({"images": [document(image) for image in page.images], "next": page.next})

    return api


def document(image: Image) -> dict[str, Any]:
    """What is said of an image in JSON."""
    return {
        "key": image.key,
        "url": url_of(image.key),
        "content_type": image.content_type,
        "bytes": image.bytes,
        "width": image.width,
        "height": image.height,
        "etag": image.etag,
        "created_at": _in_utc(image.created_at),
        "updated_at": _in_utc(image.updated_at),
    }


def url_of(key: str) -> str:
    return "/images/" + quote(key)


def _key() -> str:
    return key_of_path(request.environ["PATH_INFO"])


def _width(args: Mapping[str, str]) -> int:
    width = args.get("width")
    if width is None:
        return AS_SENT
    if width not in _WIDTHS:
        raise Problem(400, f"width must be one of {', '.join(_WIDTHS)}.")
    return _WIDTHS[width]


_WIDTHS = {str(width): width for width in RENDITION_WIDTHS}


def _limit(args: Mapping[str, str]) -> int:
    limit = args.get("limit", str(PAGE_LIMIT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= MAX_PAGE_LIMIT):
        raise Problem(400, f"limit must be a number from 1 to {MAX_PAGE_LIMIT}.")
    return int(limit)


def _check_conditions(images: Images, keys: list[str]) -> None:
    # Early, so that nobody sends a file in vain. If-None-Match: * is checked once more by the transaction.
    if "If-Match" not in request.headers and "If-None-Match" not in request.headers:
        return
    for key in keys:
        image = images.find(key)
        if not may_write(request.headers, image and image.etag):
            raise Problem(412, f"{key} is not in the state that the request asks for.")


def _answer(fetched: Fetched) -> Response:
    body, image = fetched.body, fetched.image
    headers = head_of(fetched)
    if not_modified(request.headers, body.etag, image.updated_at):
        return _empty(304, headers)
    if not is_as_sent(fetched):
        return Response(body.data, 200, headers, content_type=body.content_type)
    length = len(body.data)
    try:
        part = wanted_part(request.headers, body.etag, image.updated_at, length) if request.method == "GET" else None
    except RangeNotSatisfiable:
        return answer(416, f"The image has {length} bytes.", {**headers, "Content-Range": f"bytes */{length}"})
    if part is None:
        return Response(body.data, 200, headers, content_type=body.content_type)
    headers["Content-Range"] = f"bytes {part.first}-{part.last}/{length}"
    return Response(body.data[part.first : part.last + 1], 206, headers, content_type=body.content_type)


def _empty(status: int, headers: Mapping[str, str]) -> Response:
    response = Response(status=status, headers=headers)
    del response.headers["Content-Type"]
    return response


def _answer_stored(stored: list[Stored]) -> Response:
    documents = [document(each.image) for each in stored]
    response = jsonify(documents if len(documents) > 1 else documents[0])
    created = [each for each in stored if each.created]
    response.status_code = 201 if created else 200
    if created:
        response.headers["Location"] = url_of(created[0].image.key)
    return response


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
