"""What goes wrong inside, and the status that says so outside: one literal table."""

from collections.abc import Callable

from flask import Flask, Response

from cache.flights import FlightTimeout
from image_service.formats import Damaged, DecodersBusy, NotAnImage, TooManyPixels
from image_service.images import CorruptObject, NoSuchImage
from image_service.keys import KeyRefused
from image_service.storage.errors import KeyExists, StoreFull, StoreUnavailable
from web.problems import answer

LATER = {"Retry-After": "2"}

REFUSALS: dict[type[Exception], tuple[int, Callable[[Exception], str], dict[str, str]]] = {
    KeyRefused: (400, str, {}),
    NoSuchImage: (404, lambda error: f"There is no image {error}.", {}),
    KeyExists: (412, lambda error: f"{error}.", {}),
    NotAnImage: (415, str, {}),
    Damaged: (422, str, {}),
    TooManyPixels: (422, str, {}),
    CorruptObject: (502, lambda error: f"The image can't be read: {error}.", {}),
    DecodersBusy: (503, lambda error: "Too many images are being read just now.", LATER),
    FlightTimeout: (503, lambda error: "The image takes too long to fetch just now.", LATER),
    StoreUnavailable: (503, lambda error: f"The store does not answer: {error}.", LATER),
    StoreFull: (507, lambda error: "There is no room left to store it.", {}),
}


def answer_refusals(app: Flask) -> None:
    """Have an app answer the errors of the table."""
    for error_type, (status, in_words, headers) in REFUSALS.items():
        app.register_error_handler(error_type, _answering(status, in_words, headers))


def _answering(
    status: int, in_words: Callable[[Exception], str], headers: dict[str, str]
) -> Callable[[Exception], Response]:
    return lambda error: answer(status, in_words(error), headers)
