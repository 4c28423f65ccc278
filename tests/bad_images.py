"""Writes files that the service must refuse: no images, cut, broken, lying and oversized ones, each with its status."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.photos import picture, saved

CUTS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
MIB = 1 << 20


def write_bad_images(folder: Path, max_upload_bytes: int = 10 * MIB) -> dict[str, int]:
    """Write them all and return {file name: status that sending it must have}."""
    folder.mkdir(parents=True, exist_ok=True)
    statuses = {}
    for make in (_no_images, _cut, _broken, _lying, _exhausting):
        for name, data in make():
            statuses[name] = 415 if make is _no_images else 422
            (folder / name).write_bytes(data)
    for name, data in _too_long(max_upload_bytes):
        statuses[name] = 413
        (folder / name).write_bytes(data)
    return statuses


def good_images() -> dict[str, bytes]:
    """A small whole image of each kind, to break."""
    still, rest = picture(160, 120, 1), [picture(160, 120, seed) for seed in (2, 3)]
    animated = {"save_all": True, "append_images": rest, "duration": 100}
    return {
        "baseline.jpg": saved(still, "JPEG", quality=90),
        "progressive.jpg": saved(still, "JPEG", progressive=True),
        "still.png": saved(still, "PNG"),
        "animated.png": saved(still, "PNG", **animated),
        "still.gif": saved(still, "GIF"),
        "animated.gif": saved(still, "GIF", **animated),
        "lossy.webp": saved(still, "WEBP"),
        "lossless.webp": saved(still, "WEBP", lossless=True),
        "animated.webp": saved(still, "WEBP", **animated),
    }


def _no_images() -> Iterator[tuple[str, bytes]]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "empty.jpg", b""
    yield "one byte.jpg", b"\xff"
    yield "half a magic.jpg", b"\xff\xd8"
    yield "random.png", bytes(zlib.crc32(bytes([n % 256, n // 256])) % 255 for n in range(5000)).lstrip(b"\xff\x89")
    yield "zeros.webp", bytes(100_000)
    yield "text.gif", b"I am a GIF, honestly.\n" * 50
    yield "drawing.svg", svg
    yield "drawing.png", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- not a PNG -->\n' + svg
    yield "page.jpg", b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
    yield "upper case page.jpg", b"\n\n<HTML><BODY>"
    yield "document.pdf", b"%PDF-1.7\n" + bytes(500)
    yield "phone.heic", b"\0\0\0\x18ftypheic" + bytes(500)
    yield "new.avif", saved(picture(32, 32, 1), "AVIF")
    yield "scan.tiff", saved(picture(32, 32, 1), "TIFF")
    yield "screen.bmp", saved(picture(32, 32, 1), "BMP")
    yield "old.ppm", saved(picture(32, 32, 1), "PPM")
    yield "bmp named.jpg", saved(picture(32, 32, 1), "BMP")
    yield "icon.ico", saved(picture(32, 32, 1), "ICO")
    yield "film.mp4", b"\0\0\0\x18ftypisom" + bytes(500)
    yield "archive.zip", b"PK\3\4" + bytes(500)
    yield "program.png", b"\x7fELF" + bytes(500)
    yield "riff.webp", b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)
    yield "comments.svg", b"<!---->" * 5000


def _cut() -> Iterator[tuple[str, bytes]]:
    for name, data in good_images().items():
        for cut in CUTS:
            yield f"cut at {cut:.0%} {name}", data[: max(16, int(len(data) * cut))]
        yield f"cut by a byte {name}", data[:-1]


def _broken() -> Iterator[tuple[str, bytes]]:
    good = good_images()
    for name, magic in {"jpg": 3, "png": 8, "gif": 6, "webp": 12}.items():
        source = next(data for file, data in good.items() if file.endswith(name))
        yield f"only magic.{name}", source[:magic]
        yield f"magic and zeros.{name}", source[:magic] + bytes(5000)
        yield f"magic and noise.{name}", source[:magic] + picture(40, 40, 3).tobytes()
        yield f"magic and html.{name}", source[:magic] + b"<html><script>alert(1)</script></html>"
    png = good["still.png"]
    for place in range(20, len(png) - 20, len(png) // 6):
        yield f"flipped at {place}.png", _flipped(png, place)
    yield "wrong checksum of the header.png", _flipped(png, 30)
    yield "no pixels at all.png", PNG_MAGIC + _ihdr(10, 10) + png_chunk(b"IEND", b"")
    yield "pixels that stop.png", small_png(zlib.compress(picture(10, 31, 1).tobytes())[:200])
    yield "not deflate.png", small_png(b"this is not deflate")
    yield "no header.png", PNG_MAGIC + png[33:]
    yield "unknown colours.png", PNG_MAGIC + _ihdr(10, 10, colours=5) + png[33:]
    jpeg = good["baseline.jpg"]
    yield "no tables.jpg", b"\xff\xd8" + jpeg[jpeg.index(b"\xff\xc0") :]
    yield "no frame.jpg", jpeg[: jpeg.index(b"\xff\xc0")] + jpeg[jpeg.index(b"\xff\xda") :]
    yield "no scan.jpg", jpeg[: jpeg.index(b"\xff\xda")] + b"\xff\xd9"
    yield "segment without length.jpg", b"\xff\xd8\xff\xe0\0\0" + jpeg[2:]
    webp = good["lossy.webp"]
    yield "no key frame.webp", webp[:23] + b"\0\0\0" + webp[26:]
    yield "empty riff.webp", b"RIFF\4\0\0\0WEBP"
    gif = good["still.gif"]
    yield "no picture.gif", gif[: 13 + 768] + b";"
    yield "no such code size.gif", _gif_frame(8, 8, code_size=20)
    yield "pixels that stop.gif", _gif_frame(100, 100)


def _lying() -> Iterator[tuple[str, bytes]]:
    good = good_images()
    yield "28 bytes of 13300 x 13300.webp", _vp8l(13_300, 13_300)
    yield "16384 x 16384.webp", _vp8l(16_384, 16_384)
    vp8x = b"VP8X" + struct.pack("<II", 10, 0) + b"\xff\xff\xff\xff\xff\xff"
    yield "canvas of 2 to the 48.webp", _riff(vp8x + good["lossy.webp"][12:])
    for width, height in ((0xFFFFFFFF, 0xFFFFFFFF), (0x7FFFFFFF, 1), (100_000, 100_000), (0, 0), (0, 10), (10, 0)):
        yield f"{width} x {height}.png", PNG_MAGIC + _ihdr(width, height) + good["still.png"][33:]
    yield "65535 x 65535.gif", b"GIF89a\xff\xff\xff\xff" + good["still.gif"][10:]
    yield "frame beyond its screen.gif", _gif_frame(60_000, 60_000)
    jpeg = good["baseline.jpg"]
    size = jpeg.index(b"\xff\xc0") + 5
    yield "65500 x 65500.jpg", jpeg[:size] + struct.pack(">HH", 65_500, 65_500) + jpeg[size + 4 :]
    yield "no height.jpg", jpeg[:size] + struct.pack(">HH", 0, 160) + jpeg[size + 4 :]
    animated = good["animated.png"]
    actl = animated.index(b"acTL") - 4
    yield (
        "a million frames.png",
        animated[:actl] + png_chunk(b"acTL", struct.pack(">II", 1_000_000, 0)) + animated[actl + 20 :],
    )


def _exhausting() -> Iterator[tuple[str, bytes]]:
    nothing = zlib.compressobj(9)
    rows = b"".join(nothing.compress(bytes(2_500_000)) for _ in range(40)) + nothing.flush()
    yield "20000 x 20000 of nothing.png", PNG_MAGIC + _ihdr(20_000, 20_000, 1, 0) + _idat(rows)
    text = png_chunk(b"zTXt", b"a\0\0" + rows)
    yield "100 MB of text.png", PNG_MAGIC + _ihdr(10, 10) + text + good_images()["still.png"][33:]
    yield "2000 scans.jpg", jpeg_of_scans(picture(160, 120, 1), 2000)
    yield "5000 frames.gif", gif_of_frames(1, 1, 5000)
    yield "201 frames.gif", gif_of_frames(1, 1, 201)
    yield "150 frames of a million.gif", gif_of_frames(1000, 1000, 150)
    frames = [Image.new("RGB", (16, 16), (n, 255 - n, 7 * n % 256)) for n in range(202)]
    yield "202 frames.webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=20, method=0)
    yield "202 frames.png", saved(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=20)
    yield "25 million pixels.png", PNG_MAGIC + _ihdr(5000, 5001, 1, 0) + _idat(zlib.compress(bytes(626 * 5001)))
    yield "two million segments.jpg", b"\xff\xd8" + b"\xff\xfe\0\2" * 2_000_000
    yield "half a million chunks.png", PNG_MAGIC + _ihdr(10, 10) + png_chunk(b"teXt", b"") * 500_000
    yield "500000 chunks.webp", _riff(b"JUNK\0\0\0\0" * 500_000 + good_images()["lossy.webp"][12:])
    yield "empty blocks.gif", b"GIF89a\1\0\1\0\0\0\0" + b"!\xfe" + b"\1x" * 2_000_000


def _too_long(max_upload_bytes: int) -> Iterator[tuple[str, bytes]]:
    jpeg = good_images()["baseline.jpg"]
    yield "a byte too long.jpg", jpeg + bytes(max_upload_bytes + 1 - len(jpeg))
    yield "twice too long.png", PNG_MAGIC + bytes(2 * max_upload_bytes)


PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _ihdr(width: int, height: int, depth: int = 8, colours: int = 2) -> bytes:
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))


def _idat(data: bytes) -> bytes:
    return png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def small_png(pixels: bytes) -> bytes:
    """Ten by ten pixels of 8-bit colour, compressed by the caller."""
    return PNG_MAGIC + _ihdr(10, 10) + _idat(pixels)


def jpeg_of_scans(image: Image.Image, scans: int) -> bytes:
    """A progressive JPEG whose first scan is said again and again."""
    data = saved(image, "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff", start + 2)
    while data[end + 1] in (0, *range(0xD0, 0xD8)):
        end = data.index(b"\xff", end + 2)
    already = data.count(b"\xff\xda")
    return data[:end] + data[start:end] * (scans - already) + data[end:]


def gif_of_frames(width: int, height: int, frames: int) -> bytes:
    image = Image.new("P", (width, height))
    one = saved(image, "GIF")
    start = one.index(b",", 13)
    return one[:start] + one[start:-1] * frames + b";"


def _gif_frame(width: int, height: int, code_size: int = 2) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + b"," + struct.pack("<HHHHBB", 0, 0, width, height, 0, code_size) + b"\2\x44\1\0;"


def _vp8l(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    return _riff(b"VP8L" + struct.pack("<I", 8) + b"\x2f" + struct.pack("<I", bits) + bytes(3))


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
