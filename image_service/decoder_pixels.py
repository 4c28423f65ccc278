"""Decodes what strangers sent, to see that it is whole or to make it smaller; runs in a decoder only."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import GifImagePlugin, Image, ImageCms, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from image_service.decoder_headers import read_headers
from image_service.kinds import Damaged, Facts, ImageRefused, Kind, TooManyPixels, recognise

FURTHER_FRAMES_SECONDS = 0.5
_PLUGINS = (GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)  # loaded before memory is limited
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})


def prepare(max_pixels: int) -> None:
    """Have Pillow hold the limit too, should a header have been misread, and keep its remarks to itself."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def inspect(data: bytes, max_pixels: int) -> Facts:
    """What the image is, once its first frame decoded wholly and further ones as long as FURTHER_FRAMES_SECONDS last.

    Bytes behind the image's end are accepted. Damage within a JPEG's compressed data is often not to be told from a
    picture, and then accepted too: decoders, browsers' among them, draw what they find.
    """
    kind, frames = _check(data, max_pixels)
    with _opened(data, kind) as image:
        image.load()
        width, height = image.size[::-1] if _orientation(image) in _ON_ITS_SIDE else image.size
        if kind.name != "JPEG" and frames > 1:
            _load_further_frames(image)
    return Facts(kind.content_type, width, height)


def render(data: bytes, width: int, max_pixels: int) -> tuple[bytes, int, int]:
    """(bytes, width, height) of the first frame, same format: upright, in sRGB, no metadata, never enlarged."""
    kind, _ = _check(data, max_pixels)
    with _opened(data, kind) as image:
        small = _resized(image, kind, width)
        small = _in_srgb(small, image.info.get("icc_profile"))
        if (turn := _TURNS.get(_orientation(image))) is not None:
            small = small.transpose(turn)
        small.info = {}
        return _ENCODE[kind.name](small, image.mode), *small.size


def _check(data: bytes, max_pixels: int) -> tuple[Kind, int]:
    kind = recognise(data)
    return kind, read_headers(data, kind.name, max_pixels).frames


@contextmanager
def _opened(data: bytes, kind: Kind) -> Iterator[Image.Image]:
    try:
        with Image.open(BytesIO(data), formats=(kind.name,)) as image:
            yield image
    except ImageRefused:
        raise
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels("The image needs too much memory to be decoded.") from None
    except (
        Exception
    ) as error:  # whatever Pillow's plugins stumble over: OSError, SyntaxError, ValueError, struct.error...
        raise Damaged(f"The {_NAMES[kind.name]} is damaged and cannot be decoded.") from error


def _load_further_frames(image: Image.Image) -> None:
    end = time.process_time() + FURTHER_FRAMES_SECONDS
    for frame in range(1, getattr(image, "n_frames", 1)):
        if time.process_time() > end:
            return
        image.seek(frame)
        image.load()


def _orientation(image: Image.Image) -> int:
    # From EXIF alone, as browsers do; Pillow's own reading would fall back to XMP, which they ignore.
    exif = Image.Exif()
    try:
        exif.load(image.info.get("exif", b""))
        return int(exif.get(_ORIENTATION, 1))
    except Exception:  # EXIF is hints, often mangled by editors: a broken one is none
        return 1


def _resized(image: Image.Image, kind: Kind, width: int) -> Image.Image:
    if kind.name != "JPEG":
        image.load()  # before the orientation is asked for: a PNG may note it behind its pixels
    on_its_side = _orientation(image) in _ON_ITS_SIDE
    full_width, full_height = image.size[::-1] if on_its_side else image.size
    width = min(width, full_width)
    height = max(1, (2 * full_height * width + full_width) // (2 * full_width))
    size = (height, width) if on_its_side else (width, height)
    image.draft(None, (2 * size[0], 2 * size[1]))  # a JPEG decodes to 1/2, 1/4 or 1/8 for next to nothing
    return _continuous(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _continuous(image: Image.Image) -> Image.Image:
    """The image in a mode whose values can be averaged."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("LA" if image.mode in {"1", "L", "LA"} else "RGBA")
    return image.convert({"1": "L", "P": "RGB"}.get(image.mode, image.mode))


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode != "LA":
        try:
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
            return converted.convert("L") if image.mode == "L" else converted
        except (ImageCms.PyCMSError, OSError):
            pass  # a profile that is broken, or not for such an image, is ignored by browsers too
    return image.convert("RGB") if image.mode == "CMYK" else image


def _jpeg(image: Image.Image, _mode: str) -> bytes:
    return _saved(image, "JPEG", quality=82, optimize=True)


def _png(image: Image.Image, mode: str) -> bytes:
    # A picture of few colours would grow in true colour; with transparency, few colours would show at its edges.
    return _saved(image.quantize(256) if mode in {"P", "1"} and image.mode in {"RGB", "L"} else image, "PNG")


def _gif(image: Image.Image, _mode: str) -> bytes:
    if image.mode in {"LA", "RGBA"}:  # a GIF's pixel is there or not
        image = image.convert("RGBA")
        image.putalpha(image.getchannel("A").point(lambda alpha: 255 if alpha >= 128 else 0))
    return _saved(image, "GIF")


def _webp(image: Image.Image, _mode: str) -> bytes:
    return _saved(image, "WEBP", quality=82, method=4)


def _saved(image: Image.Image, name: str, **options: int | bool) -> bytes:
    file = BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


_ENCODE = {"JPEG": _jpeg, "PNG": _png, "GIF": _gif, "WEBP": _webp}
_NAMES = {"JPEG": "JPEG", "PNG": "PNG", "GIF": "GIF", "WEBP": "WebP"}
