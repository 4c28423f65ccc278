"""Draws pictures to try the service with: landscapes, lakes, circles and quilts, each different, all from one seed."""

import io
import math
import random
from collections.abc import Callable, Iterator

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

# From the sky down to the foreground.
PALETTES: tuple[tuple[Colour, ...], ...] = (
    ((255, 214, 165), (243, 156, 107), (191, 97, 106), (115, 64, 103), (58, 36, 73)),
    ((214, 234, 248), (152, 193, 217), (96, 143, 180), (61, 90, 128), (41, 50, 65)),
    ((255, 243, 205), (186, 214, 146), (120, 170, 110), (63, 120, 87), (28, 72, 64)),
    ((250, 225, 221), (232, 174, 183), (184, 141, 185), (121, 113, 165), (66, 72, 116)),
    ((255, 230, 170), (244, 162, 97), (231, 111, 81), (42, 157, 143), (38, 70, 83)),
    ((226, 232, 240), (160, 174, 192), (104, 119, 141), (74, 85, 104), (36, 45, 60)),
)
SHAPES = ((3, 2), (4, 3), (1, 1), (2, 3), (16, 9))
FORMATS = (("jpg", "JPEG"), ("jpg", "JPEG"), ("jpg", "JPEG"), ("webp", "WEBP"), ("png", "PNG"), ("gif", "GIF"))
TILE = 128
TURNS = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.ROTATE_180)


def pictures(count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """File names and bytes of so many pictures."""
    for number in range(count):
        draw = random.Random(f"{seed}/{number}")
        motif = MOTIFS[number % len(MOTIFS)]
        ending, format_name = FORMATS[draw.randrange(len(FORMATS))]
        long_side = draw.choice((640, 900, 1200, 1600, 2000))
        across, down = SHAPES[draw.randrange(len(SHAPES))]
        scale = long_side / max(across, down)
        picture = motif(draw, round(across * scale), round(down * scale), draw.choice(PALETTES))
        yield f"{motif.__name__}-{number + 1:02}.{ending}", _encode(picture, format_name)


def hills(draw: random.Random, width: int, height: int, palette: tuple[Colour, ...]) -> Image.Image:
    """Ranges of hills, each nearer and darker, under a low sun."""
    picture = _sky(width, height, palette[0], palette[1])
    _sun(draw, picture, palette[0])
    canvas = ImageDraw.Draw(picture)
    for layer, colour in enumerate(palette[1:]):
        ridge = _ridge(draw, width, height * (0.42 + 0.15 * layer), height * 0.09)
        canvas.polygon([(0, height), *ridge, (width, height)], fill=colour)
    return _grain(draw, picture)


def lake(draw: random.Random, width: int, height: int, palette: tuple[Colour, ...]) -> Image.Image:
    """A landscape, and the same again in the water."""
    above = hills(draw, width, height // 2, palette)
    below = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).filter(ImageFilter.GaussianBlur(3))
    picture = Image.new("RGB", (width, height), palette[-1])
    picture.paste(above, (0, 0))
    picture.paste(Image.blend(below, Image.new("RGB", below.size, palette[2]), 0.35), (0, height // 2))
    return picture


def circles(draw: random.Random, width: int, height: int, palette: tuple[Colour, ...]) -> Image.Image:
    """Discs over each other, as through coloured glass."""
    picture = _sky(width, height, palette[-1], palette[-2])
    canvas = ImageDraw.Draw(picture, "RGBA")
    for _ in range(26):
        x, y, r = draw.random() * width, draw.random() * height, draw.uniform(0.04, 0.2) * max(width, height)
        canvas.ellipse((x - r, y - r, x + r, y + r), fill=(*draw.choice(palette), 120))
    return _grain(draw, picture)


def quilt(draw: random.Random, width: int, height: int, palette: tuple[Colour, ...]) -> Image.Image:
    """Squares, each cut along one of its diagonals."""
    picture = Image.new("RGB", (width, height), palette[0])
    canvas = ImageDraw.Draw(picture)
    side = max(width, height) // draw.randrange(7, 13)
    for x in range(0, width, side):
        for y in range(0, height, side):
            canvas.rectangle((x, y, x + side, y + side), fill=draw.choice(palette))
            corner = (x + side, y) if draw.random() < 0.5 else (x, y + side)
            canvas.polygon([(x, y), corner, (x + side, y + side)], fill=draw.choice(palette))
    return _grain(draw, picture)


MOTIFS: tuple[Callable[[random.Random, int, int, tuple[Colour, ...]], Image.Image], ...] = (hills, circles, lake, quilt)


def _sky(width: int, height: int, top: Colour, bottom: Colour) -> Image.Image:
    fade = Image.linear_gradient("L").resize((width, height))
    return Image.composite(Image.new("RGB", (width, height), bottom), Image.new("RGB", (width, height), top), fade)


def _sun(draw: random.Random, picture: Image.Image, sky: Colour) -> None:
    width, height = picture.size
    x, y, r = draw.uniform(0.2, 0.8) * width, draw.uniform(0.2, 0.4) * height, 0.07 * min(width, height)
    light = tuple(min(255, channel + 40) for channel in sky)
    ImageDraw.Draw(picture).ellipse((x - r, y - r, x + r, y + r), fill=light)


def _ridge(draw: random.Random, width: int, base: float, rise: float) -> list[tuple[float, float]]:
    waves = [(draw.uniform(0.6, 6), draw.uniform(0, 7), draw.uniform(0.2, 1)) for _ in range(5)]
    return [
        (x, base - rise * sum(size * math.sin(often * 6 * x / width + shift) for often, shift, size in waves) / 2)
        for x in range(0, width + 4, 4)
    ]


def _grain(draw: random.Random, picture: Image.Image) -> Image.Image:
    """A photograph's noise, so that a file weighs about what a photograph of its size does."""
    tile = Image.frombytes("L", (TILE, TILE), draw.randbytes(TILE * TILE)).point(lambda value: 120 + value // 16)
    noise = Image.new("L", picture.size)
    for x in range(0, picture.width, TILE):
        for y in range(0, picture.height, TILE):
            noise.paste(tile.transpose(draw.choice(TURNS)), (x, y))
    return ImageChops.add(picture, noise.convert("RGB"), offset=-128)


def _encode(picture: Image.Image, format_name: str) -> bytes:
    if format_name in ("GIF", "PNG"):
        picture = picture.resize((picture.width // 2, picture.height // 2))  # they pack noise badly
    if format_name == "GIF":
        picture = picture.quantize(64)
    out = io.BytesIO()
    picture.save(out, format_name, **({"quality": 85} if format_name in ("JPEG", "WEBP") else {}))
    return out.getvalue()
