"""What a file is, told from its first bytes and never from its name."""

import re
from dataclasses import dataclass

ACCEPTED = "JPEG, PNG, GIF or WebP"


class ImageRefused(ValueError):
    """These bytes are not stored; the message says why, in a sentence for whoever sent them."""


class NotAnImage(ImageRefused):
    """Not of a kind that is accepted."""


class Damaged(ImageRefused):
    """Of an accepted kind, but incomplete or broken."""


class TooManyPixels(ImageRefused):
    """An image, but more work to decode than is accepted: pixels, frames, scans, memory or time."""


@dataclass(frozen=True)
class Facts:
    """What an accepted image is; width and height are as displayed, after the orientation that a camera noted."""

    content_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Kind:
    name: str  # as Pillow calls it
    content_type: str
    magic: re.Pattern[bytes]


KINDS: tuple[Kind, ...] = (
    Kind("JPEG", "image/jpeg", re.compile(rb"\xff\xd8\xff")),
    Kind("PNG", "image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    Kind("GIF", "image/gif", re.compile(rb"GIF8[79]a")),
    Kind("WEBP", "image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
)

_TEXT_START = rb"(?:\xef\xbb\xbf)?\s*+"
# Possessive: what was once taken for a comment is not tried in other ways, of which there would be 2 to the n.
_BEFORE_ROOT = rb"(?:<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg[^>]*>|\s++)*+"

# Not accepted, but worth a name: whoever sent one then knows what to do.
_OTHERS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("SVG", re.compile(_TEXT_START + _BEFORE_ROOT + rb"<(?:\w+:)?svg[\s>]", re.DOTALL)),
    ("HTML", re.compile(_TEXT_START + rb"<(?:!doctype html|html|head|body|script)\b", re.IGNORECASE)),
    ("AVIF", re.compile(rb"....ftypavi[fs]", re.DOTALL)),
    ("HEIC", re.compile(rb"....ftyp(?:hei[cfmsx]|hev[cmx]|mif1|msf1)", re.DOTALL)),
    ("A video", re.compile(rb"....ftyp|\x1aE\xdf\xa3|RIFF....AVI ", re.DOTALL)),
    ("TIFF", re.compile(rb"II\*\0|MM\0\*|II\+\0|MM\0\+")),
    ("BMP", re.compile(rb"BM....\0\0\0\0", re.DOTALL)),
    ("PDF", re.compile(rb"%PDF-")),
    ("JPEG XL", re.compile(rb"\xff\x0a|\0\0\0\x0cJXL ")),
    ("JPEG 2000", re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51")),
    ("An icon", re.compile(rb"\0\0[\x01\x02]\0")),
    ("A Photoshop file", re.compile(rb"8BPS")),
    ("A ZIP archive", re.compile(rb"PK\x03\x04")),
)
_LOOKED_AT_BYTES = 4096


def recognise(data: bytes) -> Kind:
    """The kind that the first bytes promise; NotAnImage, naming what else it may be, where they promise none."""
    if not data:
        raise NotAnImage("The file is empty.")
    for kind in KINDS:
        if kind.magic.match(data):
            return kind
    head = data[:_LOOKED_AT_BYTES]
    for name, pattern in _OTHERS:
        if pattern.match(head):
            raise NotAnImage(f"{name} is not accepted; use {ACCEPTED}.")
    raise NotAnImage(f"This is not an image of an accepted kind; use {ACCEPTED}.")
