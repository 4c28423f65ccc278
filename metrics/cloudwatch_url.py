"""What cloudwatch://Namespace?follow_seconds=30&read_seconds=60 says."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from metrics.cloudwatch_limits import NAMESPACE

SECONDS = {"follow_seconds": (30, 1, 300), "read_seconds": (60, 5, 3600)}
"""What may stand behind the question mark: its default, the least and the most."""


@dataclass(frozen=True)
class Address:
    """``follow_seconds``: how often a service asks for a newer configuration; ``read_seconds``: how long a read of the
    manager serves everybody."""

    namespace: str
    follow_seconds: int
    read_seconds: int

    @classmethod
    def read(cls, url: str) -> "Address":
        """ValueError, in words, for an address that can't be."""
        namespace, _, query = url.removeprefix("cloudwatch://").partition("?")
        if not url.startswith("cloudwatch://") or not NAMESPACE.fullmatch(namespace):
            raise ValueError(
                f"CHANNEL_URL {url!r}: write cloudwatch:// and a namespace of letters, digits and . _ / -, not AWS/"
            )
        seconds = {name: default for name, (default, _, _) in SECONDS.items()}
        for name, value in parse_qsl(query, keep_blank_values=True):
            seconds[name] = _read(url, name, value)
        return cls(namespace, **seconds)


def _read(url: str, name: str, value: str) -> int:
    if name not in SECONDS:
        raise ValueError(f"CHANNEL_URL {url!r}: {name!r} is not one of {', '.join(SECONDS)}")
    _, least, most = SECONDS[name]
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise ValueError(f"CHANNEL_URL {url!r}: {name} must be a whole number from {least} to {most}")
    return int(value)
