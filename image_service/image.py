"""One stored image: the row that the catalog keeps of it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Image:
    """What is known of an image without its bytes.

    ``object_id`` names the immutable object that holds the bytes, and ``link`` says where the store keeps that object.
    ``etag`` is the SHA-256 of the bytes in hex; ``width`` and ``height`` are as displayed, so after the orientation
    that a camera noted. Times are UTC in whole seconds.
    """

    key: str
    object_id: str
    content_type: str
    bytes: int
    width: int
    height: int
    etag: str
    created_at: datetime
    updated_at: datetime
    link: str = ""
