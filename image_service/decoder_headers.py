"""What an image says of itself, read from its headers alone: how much work decoding it would be.

Headers lie, so what they ask for is refused before anything is decoded, and what they promise must be there to the end.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from image_service.kinds import Damaged, TooManyPixels

MAX_FRAMES = 200
MAX_ANIMATION_PIXELS = 100_000_000
MAX_SCANS = 100
MAX_PARTS = 100_000
"""Segments of a JPEG, chunks of a PNG or a WebP: honest files have hundreds, and each costs time to step over."""


@dataclass(frozen=True)
class Headers:
    """As stored, before orientation; the largest where several places name a size."""

    width: int
    height: int
    frames: int = 1


def read_headers(data: bytes, kind: str, max_pixels: int) -> Headers:
    """The headers of a whole file; Damaged where it is cut or broken, TooManyPixels where it asks for too much."""
    headers = _READ[kind](data)
    if headers.width < 1 or headers.height < 1:
        raise Damaged("The image has no pixels.")
    pixels = headers.width * headers.height
    if pixels > max_pixels:
        size = f"{headers.width} x {headers.height}"
        raise TooManyPixels(f"The image is {size} pixels; at most {max_pixels / 1e6:g} million are accepted.")
    if headers.frames > MAX_FRAMES:
        raise TooManyPixels(f"The animation has {headers.frames} frames; at most {MAX_FRAMES} are accepted.")
    if headers.frames > 1 and headers.frames * pixels > MAX_ANIMATION_PIXELS:
        raise TooManyPixels(
            f"The animation's frames are {headers.frames * pixels / 1e6:.0f} million pixels together; "
            f"at most {MAX_ANIMATION_PIXELS / 1e6:g} million are accepted."
        )
    return headers


def _not_too_many(parts: int) -> None:
    if parts > MAX_PARTS:
        raise TooManyPixels(f"The file has more than {MAX_PARTS:,} parts.")


# A marker: FF and what is neither a stuffed 00, nor a fill byte, nor one that stands alone (TEM, RST0 to RST7).
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def _read_jpeg(data: bytes) -> Headers:
    width = height = scans = 0
    for marker, start, end in _jpeg_segments(data):
        if marker in _SOF and end - start >= 5:
            height = max(height, int.from_bytes(data[start + 1 : start + 3]))
            width = max(width, int.from_bytes(data[start + 3 : start + 5]))
        scans += marker == _SOS
        if scans > MAX_SCANS:
            raise TooManyPixels(f"The JPEG has more than {MAX_SCANS} scans.")
    return Headers(width, height)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    # As libjpeg does: skip to the next marker wherever one is expected, be it behind a segment or behind a scan's data.
    position = 2
    parts = count()
    while found := _MARKER.search(data, position):
        _not_too_many(next(parts))
        marker, start = data[found.start() + 1], found.end() + 2
        if marker == _EOI:
            return
        if marker == _SOI:
            raise Damaged("The JPEG begins anew before its end.")
        end = found.end() + int.from_bytes(data[found.end() : start])
        if end < start:
            raise Damaged("The JPEG has a segment without a length.")
        yield marker, start, end
        position = end
    raise Damaged("The JPEG is cut off before its end.")


def _read_png(data: bytes) -> Headers:
    width = height = announced = frames = 0
    for name, start in _png_chunks(data):
        if name == b"IHDR":
            width, height = int.from_bytes(data[start : start + 4]), int.from_bytes(data[start + 4 : start + 8])
        elif name == b"acTL":
            announced = int.from_bytes(data[start : start + 4])
        frames += name == b"fcTL"
    return Headers(width, height, max(1, announced, frames))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    position = 8
    parts = count()
    while len(data) - position >= 12:
        _not_too_many(next(parts))
        start, name = position + 8, data[position + 4 : position + 8]
        end = start + int.from_bytes(data[position : position + 4])
        if end + 4 > len(data):
            break
        critical = not name[0] & 0x20
        if critical and zlib.crc32(memoryview(data)[position + 4 : end]) != int.from_bytes(data[end : end + 4]):
            raise Damaged("The PNG is damaged: a checksum does not fit.")
        if position == 8 and name != b"IHDR":
            raise Damaged("The PNG has no header.")
        yield name, start
        if name == b"IEND":
            return
        position = end + 4
    raise Damaged("The PNG is cut off before its end.")


_GIF_BLOCK = re.compile(rb"[!,;]")


def _read_gif(data: bytes) -> Headers:
    if len(data) < 13:
        raise Damaged("The GIF is cut off before its end.")
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    position = 13 + _palette_bytes(data[10])
    frames = 0
    while found := _GIF_BLOCK.search(data, position):
        position = found.end()
        if found[0] == b";":
            if not frames:
                raise Damaged("The GIF has no picture in it.")
            return Headers(width, height, frames)
        if found[0] == b"!":
            position = _behind_sub_blocks(data, position + 1)
            continue
        left, top, right, bottom = (
            int.from_bytes(data[position + i : position + i + 2], "little") for i in (0, 2, 4, 6)
        )
        width, height, frames = max(width, left + right), max(height, top + bottom), frames + 1
        position += 9
        position = _behind_sub_blocks(data, position + _palette_bytes(data[position - 1 : position] or b"\0") + 1)
    raise Damaged("The GIF is cut off before its end.")


def _palette_bytes(flags: int | bytes) -> int:
    flags = flags if isinstance(flags, int) else flags[0]
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_sub_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += data[position] + 1
    return position + 1


def _read_webp(data: bytes) -> Headers:
    width = height = frames = 0
    for name, start in _webp_chunks(data):
        size = _WEBP_SIZE.get(name, _no_size)(data[start : start + 10])
        width, height = max(width, size[0]), max(height, size[1])
        frames += name == b"ANMF"
    return Headers(width, height, max(1, frames))


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    file_end = 8 + int.from_bytes(data[4:8], "little")
    if file_end > len(data):
        raise Damaged("The WebP is cut off before its end.")
    position = 12
    parts = count()
    while file_end - position >= 8:
        _not_too_many(next(parts))
        yield data[position : position + 4], position + 8
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + (length & 1)


def _vp8x_size(head: bytes) -> tuple[int, int]:
    return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1


def _vp8_size(head: bytes) -> tuple[int, int]:
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def _vp8l_size(head: bytes) -> tuple[int, int]:
    bits = int.from_bytes(head[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _no_size(head: bytes) -> tuple[int, int]:
    return 0, 0


_WEBP_SIZE = {b"VP8X": _vp8x_size, b"VP8 ": _vp8_size, b"VP8L": _vp8l_size}
_READ = {"JPEG": _read_jpeg, "PNG": _read_png, "GIF": _read_gif, "WEBP": _read_webp}
