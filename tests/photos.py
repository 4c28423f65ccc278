"""Draws pictures that are much like photographs, of every kind and habit that cameras and programs have."""

import random
import unicodedata
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

_WORDS = (
    "beach",
    "École",
    "Zürich",
    "mañana",
    "garden",
    "北京",
    "kitten 🐈",
    "IMG",
    "sunset 🌅",
    "smörgåsbord",
    "Ωmega",
)
_SUFFIX = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp"}


def picture(width: int, height: int, seed: int, grain: float = 0.15) -> Image.Image:
    """A landscape: a sky that fades, soft shapes in it, and the grain of a sensor, which is what makes files large."""
    chance = random.Random(seed)
    image = _landscape(max(1, width // 4), max(1, height // 4), chance).resize((width, height))
    return Image.blend(image, _noise(width, height, chance), grain) if grain else image


def _landscape(width: int, height: int, chance: random.Random) -> Image.Image:
    low, high = _colour(chance), _colour(chance)
    fade = Image.linear_gradient("L").resize((width, height))
    image = Image.composite(Image.new("RGB", (width, height), low), Image.new("RGB", (width, height), high), fade)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, size = chance.randrange(width), chance.randrange(height), chance.randrange(2, 3 + min(width, height) // 2)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=_colour(chance))
    return image.filter(ImageFilter.GaussianBlur(1))


def _colour(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(256), chance.randrange(256), chance.randrange(256)


def _noise(width: int, height: int, chance: random.Random) -> Image.Image:
    tile = Image.frombytes("L", (256, 256), chance.randbytes(256 * 256))
    noise = Image.new("L", (width, height))
    for left in range(0, width, 256):
        for top in range(0, height, 256):
            noise.paste(tile.transpose(chance.choice(list(Image.Transpose)[:4])), (left, top))
    return noise.convert("RGB")


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    return exif


def _frames(width: int, height: int, seed: int) -> dict[str, object]:
    rest = [picture(width, height, seed + 1000 * n, grain=0) for n in range(1, 5)]
    return {"save_all": True, "append_images": rest, "duration": 120, "loop": 0}


def _sixteen_bits(width: int, height: int, seed: int) -> bytes:
    return saved(picture(width, height, seed).convert("L").convert("I").point(lambda v: v * 257).convert("I;16"), "PNG")


def _with_alpha(width: int, height: int, seed: int) -> Image.Image:
    image = picture(width, height, seed, grain=0)
    image.putalpha(Image.radial_gradient("L").resize((width, height)))
    return image


MAKERS: dict[str, tuple[str, Callable[[int, int, int], bytes]]] = {
    "baseline": ("JPEG", lambda w, h, s: saved(picture(w, h, s), "JPEG", quality=90)),
    "progressive": ("JPEG", lambda w, h, s: saved(picture(w, h, s), "JPEG", quality=85, progressive=True)),
    "on its side": ("JPEG", lambda w, h, s: saved(picture(w, h, s), "JPEG", exif=_exif(6))),
    "upside down": ("JPEG", lambda w, h, s: saved(picture(w, h, s), "JPEG", exif=_exif(3))),
    "cmyk": ("JPEG", lambda w, h, s: saved(picture(w, h, s).convert("CMYK"), "JPEG")),
    "grey": ("JPEG", lambda w, h, s: saved(picture(w, h, s).convert("L"), "JPEG")),
    "true colour": ("PNG", lambda w, h, s: saved(picture(w, h, s, grain=0), "PNG")),
    "16 bit": ("PNG", _sixteen_bits),
    "alpha": ("PNG", lambda w, h, s: saved(_with_alpha(w, h, s), "PNG")),
    "palette": ("PNG", lambda w, h, s: saved(picture(w, h, s, grain=0).quantize(64), "PNG")),
    "one bit": ("PNG", lambda w, h, s: saved(picture(w, h, s, grain=0).convert("1"), "PNG")),
    "animated png": ("PNG", lambda w, h, s: saved(picture(w, h, s, 0), "PNG", **_frames(w, h, s))),
    "lossy": ("WEBP", lambda w, h, s: saved(picture(w, h, s), "WEBP", quality=80, method=0)),
    "lossless": ("WEBP", lambda w, h, s: saved(_with_alpha(w, h, s), "WEBP", lossless=True, quality=0, method=0)),
    "animated webp": ("WEBP", lambda w, h, s: saved(picture(w, h, s, 0), "WEBP", method=0, **_frames(w, h, s))),
    "still gif": ("GIF", lambda w, h, s: saved(picture(w, h, s, grain=0), "GIF")),
    "animated gif": ("GIF", lambda w, h, s: saved(picture(w, h, s, 0), "GIF", **_frames(w, h, s))),
}
"""What a picture of so many pixels is like as a file: kind, and how it is made from width, height and seed."""

_ANIMATED = frozenset({"animated png", "animated webp", "animated gif"})


def write_photos(folder: Path, count: int, seed: int = 0) -> list[Path]:
    """Write ``count`` different pictures and return their paths; the same seed gives the same pictures.

    All of MAKERS in turn, one in forty a JPEG of 6 to 8 MB. Names hold spaces, accents (composed or not) and emoji.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder, number, random.Random(f"{seed} {number}")) for number in range(count)]


def _write(folder: Path, number: int, chance: random.Random) -> Path:
    habit, (kind, make) = list(MAKERS.items())[number % len(MAKERS)]
    seed = chance.randrange(1 << 30)
    if number % 40 == 39:
        habit, kind, data = "large", "JPEG", _large(seed)
    else:
        width = chance.randrange(120, 360) if habit in _ANIMATED else chance.choice((320, 640, 1024, 1600))
        data = make(width, width * chance.choice((2, 3)) // 3, seed)
    name = unicodedata.normalize(chance.choice(("NFC", "NFD")), f"{chance.choice(_WORDS)} {habit} {number:03}")
    path = folder / f"{name}{_SUFFIX[kind]}"
    path.write_bytes(data)
    return path


def _large(seed: int) -> bytes:
    image = picture(4000, 3000, seed, grain=0.5)
    return next(data for quality in (91, 86, 75) if len(data := saved(image, "JPEG", quality=quality)) <= 8_000_000)
