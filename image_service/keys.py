"""What may name an image: 1 to 255 bytes of UTF-8 that look like a relative path."""

import re
import unicodedata

MAX_KEY_BYTES = 255
IMAGES = "/images/"
"""What stands in front of a key in a path."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NOT_SEGMENTS = frozenset({"", ".", ".."})


class KeyRefused(ValueError):
    """This cannot name an image; the message says why."""


def read_key(raw: bytes) -> str:
    """The key that these bytes spell, unchanged; two keys are the same only if their bytes are the same."""
    if not raw:
        raise KeyRefused("The key is empty.")
    if len(raw) > MAX_KEY_BYTES:
        raise KeyRefused(f"The key is {len(raw)} bytes long; at most {MAX_KEY_BYTES} are accepted.")
    try:
        key = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise KeyRefused("The key is not valid UTF-8.") from None
    if _CONTROL.search(key):
        raise KeyRefused("The key holds a control character.")
    if "\\" in key:
        raise KeyRefused("The key holds a backslash; parts of a key are separated by '/'.")
    if not _NOT_SEGMENTS.isdisjoint(key.split("/")):
        raise KeyRefused("The key has a part that is empty, '.' or '..'.")
    return key


def key_of_path(path_info: str) -> str:
    """The key that a WSGI path names, read strictly; the only place where a key is read from a path."""
    return read_key(path_info.encode("latin-1").removeprefix(IMAGES.encode()))


def key_from_filename(name: str) -> str:
    """The key for a file that came with a form: its base name in NFC, without control characters."""
    base = re.split(r"[/\\]", name)[-1]
    # Controls go first: one between a letter and its accent would keep NFC from joining the two.
    key = unicodedata.normalize("NFC", _CONTROL.sub("", base))
    try:
        return read_key(key.encode("utf-8"))
    except UnicodeEncodeError:
        raise KeyRefused("The file's name is not valid Unicode.") from None
