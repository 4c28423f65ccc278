"""Sizes, times and formats as people read them on the pages; assets/images/words.js says the same in the browser."""

from datetime import UTC, datetime

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP"}
_UNITS = ("B", "KB", "MB", "GB", "TB")


def size_in_words(size_bytes: int) -> str:
    """Three digits, and 1 KB is 1,024 bytes: ``512 B``, ``40.8 KB``, ``1.25 GB``."""
    size, unit = float(size_bytes), 0
    while size >= 1023.5 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    decimals = 2 if size < 9.995 else 1 if size < 99.95 else 0
    digits = f"{size:,.{decimals}f}"
    return f"{digits.rstrip('0').rstrip('.') if decimals else digits} {_UNITS[unit]}"


def time_in_words(time: datetime) -> str:
    """``23 Nov 2026, 11:02 UTC``"""
    return f"{time.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


def format_in_words(content_type: str) -> str:
    """``JPEG`` for ``image/jpeg``; a type that we have no word for stands as it is."""
    return FORMATS.get(content_type, content_type)
