"""Smaller renditions: of the same kind, upright, plain, and the right size."""

from io import BytesIO

import pytest
from bad_images import good_images
from photos import MAKERS, picture, saved
from PIL import Image, ImageCms, ImageStat

from image_service.formats import Decoders, Facts

CONTENT_TYPE = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
WIDTH, HEIGHT = 480, 320


@pytest.fixture(scope="module")
def decoders():
    decoders = Decoders(max_pixels=24_000_000)
    yield decoders
    decoders.close()


@pytest.fixture(scope="module")
def photos():
    return {habit: (kind, make(WIDTH, HEIGHT, 7)) for habit, (kind, make) in MAKERS.items()}


def opened(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


def difference(one, other):
    """How far two pictures of one size are apart in the mean, of 255."""
    one, other = (image.convert("RGBA").convert("RGB") for image in (one, other))
    pairs = zip(ImageStat.Stat(one.resize((8, 8))).mean, ImageStat.Stat(other.resize((8, 8))).mean, strict=True)
    return max(abs(a - b) for a, b in pairs)


@pytest.mark.parametrize("habit", MAKERS)
def test_every_kind_of_photograph_is_accepted_with_its_size_as_displayed(decoders, photos, habit):
    kind, data = photos[habit]
    width, height = (HEIGHT, WIDTH) if habit == "on its side" else (WIDTH, HEIGHT)
    assert decoders.inspect(data) == Facts(CONTENT_TYPE[kind], width, height)


@pytest.mark.parametrize("habit", MAKERS)
@pytest.mark.parametrize("width", [160, 320])
def test_a_rendition_is_of_its_kind_as_wide_as_asked_and_looks_the_same(decoders, photos, habit, width):
    kind, data = photos[habit]
    facts = decoders.inspect(data)
    body, *size = decoders.render(data, width)
    small = opened(body)
    assert small.format == kind
    assert list(small.size) == size == [width, round(facts.height * width / facts.width)]
    assert getattr(small, "n_frames", 1) == 1
    assert decoders.inspect(body) == Facts(CONTENT_TYPE[kind], *size)
    original = opened(data)
    turned = {"on its side": Image.Transpose.ROTATE_270, "upside down": Image.Transpose.ROTATE_180}.get(habit)
    original = original.convert("I").point(lambda v: v / 256).convert("L") if habit == "16 bit" else original
    original = original.transpose(turned) if turned is not None else original
    assert difference(original, small) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_stands_upright(decoders, orientation):
    upright = Image.new("RGB", (400, 200), "white")
    upright.paste("red", (0, 0, 200, 100))  # top left
    upright.paste("blue", (200, 100, 400, 200))  # bottom right
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the Transpose that stores it so
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind, options in (("JPEG", {"quality": 95}), ("PNG", {}), ("WEBP", {"lossless": True})):
        data = saved(stored, kind, exif=exif, **options)
        assert decoders.inspect(data) == Facts(CONTENT_TYPE[kind], 400, 200)
        body, *size = decoders.render(data, 160)
        assert size == [160, 80]
        small = opened(body).convert("RGB")
        red, blue = small.getpixel((20, 10)), small.getpixel((140, 70))
        assert (red[0] > 200, red[2] < 60, blue[2] > 200, blue[0] < 60) == (True,) * 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_is_left(decoders, kind):
    exif = Image.Exif()
    exif[0x010F] = "A secret camera"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(picture(400, 300, 1), kind, exif=exif, icc_profile=profile, xmp=b"<x:xmpmeta>secret</x:xmpmeta>")
    body, *_ = decoders.render(data, 160)
    small = opened(body)
    assert not small.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment"} & set(small.info)
    assert b"secret" not in body


def test_a_comment_is_left_out(decoders):
    for kind in ("JPEG", "GIF"):
        assert b"secret" not in decoders.render(saved(picture(400, 300, 1), kind, comment=b"secret"), 160)[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_of_another_space_become_srgb(decoders, kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
    body, *_ = decoders.render(saved(Image.new("RGB", (400, 300), "red"), kind, icc_profile=swapped), 160)
    red, _, blue = opened(body).convert("RGB").getpixel((80, 60))
    assert (red < 30, blue > 225) == (True, True)


def test_a_profile_that_does_not_fit_is_ignored(decoders):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = saved(picture(400, 300, 1), "JPEG")
    misfit = saved(picture(400, 300, 1), "JPEG", icc_profile=lab)
    broken = saved(picture(400, 300, 1), "JPEG", icc_profile=b"not a profile")
    same = {decoders.render(data, 160)[0] for data in (plain, misfit, broken)}
    assert len(same) == 1


def test_transparency_stays(decoders):
    image = Image.new("RGBA", (400, 200), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (200, 0, 400, 200))
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("GIF", {})):
        small = opened(decoders.render(saved(image, kind, **options), 160)[0]).convert("RGBA")
        assert small.getpixel((40, 40))[3] == 255
        assert small.getpixel((40, 40))[0] > 240
        assert small.getpixel((120, 40))[3] == 0


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [((1, 1), 160, (1, 1)), ((3000, 1), 160, (160, 1)), ((1, 3000), 160, (1, 3000)), ((333, 1000), 160, (160, 480))],
)
def test_odd_sizes_are_at_least_a_pixel_high_and_never_enlarged(decoders, size, width, expected):
    for kind in CONTENT_TYPE:
        body, *got = decoders.render(saved(Image.new("RGB", size, "red"), kind), width)
        assert tuple(got) == opened(body).size == expected


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_rendered(decoders, mode):
    drawn = picture(400, 300, 1).convert("L").convert("I").convert("I;16") if mode == "I;16" else None
    data = saved(drawn or picture(400, 300, 1).convert(mode), "PNG")
    assert decoders.render(data, 160)[1:] == (160, 120)


def test_the_same_picture_gives_the_same_rendition(decoders):
    for data in good_images().values():
        assert decoders.render(data, 80) == decoders.render(data, 80)
