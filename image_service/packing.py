"""A body as bytes, for a cache that holds nothing else: a small head, then the bytes themselves.

The head names the entry, so that one which lies under another's name is found out; it has a checksum of its own, and
the SHA-256 of the bytes, which is their ETag.
"""

import hashlib
import struct
from zlib import crc32

from cache.cache import Rubbish
from image_service.body import Body

MAGIC = b"HR01"
_BEGINNING = struct.Struct(">4sI")  # the magic, and the CRC-32 of the rest of the head
_FACTS = struct.Struct(">16sHII32s16s")  # object, width of the entry; the body's width, height, SHA-256, content type
HEAD_BYTES = _BEGINNING.size + _FACTS.size


class Packing:
    """``widths`` are all that an object may have entries of."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        self.widths = widths

    def pack(self, object_id: str, width: int, body: Body) -> bytes:
        facts = _FACTS.pack(
            bytes.fromhex(object_id),
            width,
            body.width,
            body.height,
            bytes.fromhex(body.etag),
            body.content_type.encode("ascii"),
        )
        return _BEGINNING.pack(MAGIC, crc32(facts)) + facts + body.data

    def unpack(self, object_id: str, width: int, data: bytes) -> Body:
        """Raises Rubbish for all that is not, to the byte, what was packed under this name."""
        if len(data) < HEAD_BYTES:
            raise Rubbish("too short")
        magic, checksum = _BEGINNING.unpack_from(data)
        facts = data[_BEGINNING.size : HEAD_BYTES]
        if magic != MAGIC or crc32(facts) != checksum:
            raise Rubbish("no head of ours")
        its_object, its_width, body_width, body_height, digest, content_type = _FACTS.unpack(facts)
        if its_object.hex() != object_id or its_width != width:
            raise Rubbish("another entry's")
        payload = data[HEAD_BYTES:]
        if hashlib.sha256(payload).digest() != digest:
            raise Rubbish("its bytes are not those that were stored")
        return Body(payload, digest.hex(), content_type.rstrip(b"\0").decode("ascii"), body_width, body_height)
