"""Files that come with a request: one as its body, or several in a form; never more of them than is allowed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

from flask import Request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from image_service.images import Upload
from image_service.keys import key_from_filename, read_key
from web.problems import Problem

MAX_FILES = 20
# Beside its files a form holds names and boundaries. More than this in one piece is no form of ours.
FORM_OVERHEAD_BYTES = 1 << 20
IN_MEMORY_BYTES = 1 << 20
PIECE_BYTES = 1 << 16


@dataclass(frozen=True)
class Limits:
    file_bytes: int

    @property
    def form_bytes(self) -> int:
        return MAX_FILES * self.file_bytes + FORM_OVERHEAD_BYTES


def read_body(request: Request, limits: Limits) -> bytes:
    """The body of a request, however it is framed."""
    if (request.content_length or 0) > limits.file_bytes:
        raise _file_too_long(limits)
    body = bytearray()
    while piece := request.stream.read(PIECE_BYTES):
        body += piece
        if len(body) > limits.file_bytes:
            raise _file_too_long(limits)
    return bytes(body)


@contextmanager
def read_form(request: Request, limits: Limits) -> Iterator[list[Upload]]:
    """The files of a multipart form, on disk where they are long, until the block ends."""
    if request.mimetype != "multipart/form-data":
        raise Problem(400, "Send a multipart/form-data form with a part named file, or PUT the file to /images/<key>.")
    if (request.content_length or 0) > limits.form_bytes:
        raise Problem(413, f"A form may have at most {limits.form_bytes} bytes.")
    with ExitStack() as files:
        yield _uploads(*_parse(request, _Files(files, limits)))


def _parse(request: Request, files: "_Files") -> tuple[list[str], list[FileStorage]]:
    parser = FormDataParser(
        stream_factory=files.open,
        max_form_memory_size=FORM_OVERHEAD_BYTES,
        max_form_parts=2 * MAX_FILES + 10,
        cls=MultiDict,
        silent=False,
    )
    bounded = _Bounded(request.stream, files.limits.form_bytes)
    try:
        _, fields, parts = parser.parse(bounded, request.mimetype, request.content_length, request.mimetype_params)
    except ValueError as error:
        raise Problem(400, f"The form can't be read: {error}.") from None
    return fields.getlist("key"), parts.getlist("file")


def _uploads(keys: list[str], files: list[FileStorage]) -> list[Upload]:
    if not files:
        raise Problem(400, "The form has no part named file that holds a file.")
    if keys and len(keys) != len(files):
        raise Problem(400, f"The form names {len(keys)} keys for {len(files)} files; give one each, or none.")
    named = [read_key(key.encode("utf-8", "surrogatepass")) for key in keys] or [
        key_from_filename(file.filename or "") for file in files
    ]
    twice = next((key for key in named if named.count(key) > 1), None)
    if twice is not None:
        raise Problem(400, f"Two files of the form would both be stored as {twice}.")
    return [Upload(key, file.read) for key, file in zip(named, files, strict=True)]


class _Files:
    """Opens a temporary file for each file of a form; they vanish when ``opened`` is closed."""

    def __init__(self, opened: ExitStack, limits: Limits) -> None:
        self._opened = opened
        self._count = 0
        self.limits = limits

    def open(self, *_: object, **__: object) -> IO[bytes]:
        self._count += 1
        if self._count > MAX_FILES:
            raise Problem(400, f"A form may hold at most {MAX_FILES} files.")
        return self._opened.enter_context(_File(self.limits))


class _File(SpooledTemporaryFile):
    """In memory while it is short, and never longer than a file may be."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(IN_MEMORY_BYTES)
        self._limits = limits

    def write(self, piece: bytes) -> int:
        if self.tell() + len(piece) > self._limits.file_bytes:
            raise _file_too_long(self._limits)
        return super().write(piece)


class _Bounded:
    """A stream that may give so many bytes and no more, whatever its framing promised."""

    def __init__(self, stream: IO[bytes], limit_bytes: int) -> None:
        self._stream = stream
        self._limit_bytes = self._left = limit_bytes

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise Problem(413, f"A form may have at most {self._limit_bytes} bytes.")
        return piece


def _file_too_long(limits: Limits) -> Problem:
    return Problem(413, f"A file may have at most {limits.file_bytes} bytes.")
