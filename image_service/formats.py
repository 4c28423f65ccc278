"""What counts as an image, and smaller renditions of it: the work of a few decoders that may be killed at it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from image_service.decoder_process import DecoderDied, DecoderProcess, DecoderStalled, TookTooLong
from image_service.kinds import Damaged, Facts, ImageRefused, NotAnImage, TooManyPixels, recognise

__all__ = ["Damaged", "Decoders", "DecodersBusy", "Facts", "ImageRefused", "NotAnImage", "TooManyPixels"]

INSPECT_SECONDS = 2.0
RENDER_SECONDS = 4.0
"""Of the processor's time, so that a busy machine refuses no honest image."""

WAIT_SECONDS = 5.0
WALL_SECONDS = 10.0

Result = TypeVar("Result")


class DecodersBusy(Exception):
    """No decoder was free in time; trying again later helps."""


class Decoders:
    """At most ``workers`` images are decoded at once: one of 24 million pixels may take hundreds of megabytes.

    Starts no process before the first image, or ``start``. Safe for any number of threads. Every method may raise
    DecodersBusy.
    """

    def __init__(self, max_pixels: int, workers: int = 2, wait_seconds: float = WAIT_SECONDS) -> None:
        self._max_pixels = max_pixels
        self._wait_seconds = wait_seconds
        self._free = threading.BoundedSemaphore(workers)
        self._workers = workers
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._running: set[DecoderProcess] = set()
        self._closed = False

    def start(self) -> None:
        """Start the processes now, so that the first image need not wait for one."""
        while len(self._running) < self._workers:
            self._give_back(self._spawn())

    def inspect(self, data: bytes) -> Facts:
        """What the image is; NotAnImage, Damaged or TooManyPixels, with a reason in a sentence, where it is refused."""
        recognise(data)  # what is no image at all need not wait for a decoder
        return self._ask(lambda decoder: decoder.inspect(data, INSPECT_SECONDS, WALL_SECONDS))

    def render(self, data: bytes, width: int) -> tuple[bytes, int, int]:
        """A rendition at most ``width`` wide as (bytes, width, height); refuses what ``inspect`` refuses."""
        recognise(data)
        return self._ask(lambda decoder: decoder.render(data, width, RENDER_SECONDS, WALL_SECONDS))

    def close(self) -> None:
        """End all processes, at work or not; whoever still waits for one gets DecodersBusy."""
        with self._lock:
            self._closed = True
            running, self._running, self._idle = self._running, set(), []
        for decoder in running:
            decoder.end()

    def _ask(self, question: Callable[[DecoderProcess], Result]) -> Result:
        deadline = time.monotonic() + self._wait_seconds
        with self._slot(deadline):
            for _ in range(2):  # a decoder that was killed from outside says nothing about the image: ask another, once
                decoder = self._borrow()
                try:
                    result = question(decoder)
                except ImageRefused:
                    self._give_back(decoder)
                    raise
                except TookTooLong:
                    self._drop(decoder)
                    raise TooManyPixels("The image takes too long to decode.") from None
                except DecoderStalled:
                    self._drop(decoder)
                    raise DecodersBusy("The decoders of images are too slow just now.") from None
                except DecoderDied as died:
                    self._drop(decoder)
                    if died.of_the_image:
                        raise Damaged("The image is damaged and cannot be decoded.") from died
                else:
                    self._give_back(decoder)
                    return result
        raise DecodersBusy("The decoders of images were stopped at their work.")

    @contextmanager
    def _slot(self, deadline: float) -> Iterator[None]:
        if not self._free.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise DecodersBusy("All decoders of images are busy.")
        try:
            yield
        finally:
            self._free.release()

    def _borrow(self) -> DecoderProcess:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._spawn()

    def _spawn(self) -> DecoderProcess:
        with self._lock:  # held while it starts, so that close misses none
            if self._closed:
                raise DecodersBusy("The decoders of images are stopping.")
            try:
                decoder = DecoderProcess(self._max_pixels)
            except OSError as error:
                raise DecodersBusy("No decoder of images could be started.") from error
            self._running.add(decoder)
            return decoder

    def _give_back(self, decoder: DecoderProcess) -> None:
        with self._lock:
            if decoder in self._running:
                self._idle.append(decoder)

    def _drop(self, decoder: DecoderProcess) -> None:
        with self._lock:
            self._running.discard(decoder)
        decoder.end()
