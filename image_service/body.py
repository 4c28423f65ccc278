"""The bytes of an answer, and what is said of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Body:
    """``etag`` is the SHA-256 of the bytes in hex; ``width`` and ``height`` are those of the picture in them."""

    data: bytes
    etag: str
    content_type: str
    width: int
    height: int
