"""The bytes of an answer, and what is said of them."""

from dataclasses import dataclass, field

from cache.whatif.tap import Entry


@dataclass(frozen=True)
class Body:
    """``etag`` is the SHA-256 of the bytes in hex; ``width`` and ``height`` are those of the picture in them.

    ``entry`` is what ``entry_of`` says of it, noted at its first answer.
    """

    data: bytes
    etag: str
    content_type: str
    width: int
    height: int
    entry: Entry | None = field(default=None, init=False, compare=False, repr=False)
