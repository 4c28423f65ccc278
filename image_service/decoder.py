"""A decoder: a process that looks at one image after another, and that may die of one without harm to the service.

Asked on standard input and answering on standard output, it ends when the input does, so with its parent at the latest.
A question is ``QUESTION`` and the image; an answer is ``ANSWER``, a JSON object and the bytes of a rendition.
"""

import json
import os
import resource
import signal
import struct
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

QUESTION = struct.Struct(">IdQ")  # width of the rendition, 0 to inspect; seconds of work allowed; bytes that follow
ANSWER = struct.Struct(">IQ")  # bytes of JSON, bytes of the rendition
TOO_SLOW_SIGNAL = signal.SIGPROF
_BASE_BYTES = 256 << 20
_BYTES_A_PIXEL = 32


def answer(data: bytes, width: int, max_pixels: int) -> tuple[dict[str, Any], bytes]:
    """The JSON object and the bytes: ``{"refused": class, "reason": sentence}`` or what was asked for."""
    from image_service.decoder_pixels import inspect, render
    from image_service.kinds import ImageRefused, TooManyPixels

    try:
        if width == 0:
            return asdict(inspect(data, max_pixels)), b""
        body, *size = render(data, width, max_pixels)
        return {"size": size}, body
    except ImageRefused as refused:
        return {"refused": type(refused).__name__, "reason": str(refused)}, b""
    except MemoryError:
        return {"refused": TooManyPixels.__name__, "reason": "The image needs too much memory to be decoded."}, b""


def limit_resources(max_pixels: int) -> None:
    """No more memory than honest images need, and no core dumps."""
    _limit(resource.RLIMIT_AS, _BASE_BYTES + _BYTES_A_PIXEL * max_pixels)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def serve(questions: BinaryIO, answers: BinaryIO, max_pixels: int) -> None:
    """Answer until the input ends; work beyond the seconds allowed, in processor time, kills the process."""
    while len(head := questions.read(QUESTION.size)) == QUESTION.size:
        width, seconds, length = QUESTION.unpack(head)
        data = questions.read(length)
        if len(data) < length:
            return
        signal.setitimer(signal.ITIMER_PROF, seconds)
        found, body = answer(data, width, max_pixels)
        signal.setitimer(signal.ITIMER_PROF, 0)
        told = json.dumps(found).encode()
        answers.write(ANSWER.pack(len(told), len(body)) + told + body)
        answers.flush()


def main() -> None:
    from image_service.decoder_pixels import prepare  # before memory is limited and before the first image waits

    max_pixels = int(sys.argv[1])
    prepare(max_pixels)
    limit_resources(max_pixels)
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer, max_pixels)
    except (BrokenPipeError, ConnectionError):
        os._exit(0)  # the parent is gone, and nothing is left to flush to


if __name__ == "__main__":
    main()
