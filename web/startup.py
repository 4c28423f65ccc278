"""Settings read at the start of a process, and what is wrong with them said in a sentence."""

import sys
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)


def read_settings(settings: type[S]) -> S:
    """The settings of the environment; ends the process with a sentence a bad value where there are any."""
    try:
        return settings()
    except ValidationError as refused:
        sys.exit("\n".join(_in_words(refused)))


def _in_words(refused: ValidationError) -> list[str]:
    # Never the value: it may be a password.
    return [_subject(error["loc"]) + _reason(error["msg"]) for error in refused.errors()]


def _subject(place: tuple[int | str, ...]) -> str:
    # What does not hold between several settings names them itself.
    return f"The setting {'.'.join(str(step) for step in place).upper()} is not valid: " if place else ""


def _reason(message: str) -> str:
    return f"{message.removeprefix('Value error, ').replace('Input should be', 'it must be')}."
