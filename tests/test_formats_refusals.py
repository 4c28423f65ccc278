"""Which files are refused, and what whoever sent them is told."""

import random
from contextlib import suppress

import pytest
from bad_images import good_images, png_chunk, write_bad_images

from image_service.formats import Damaged, Decoders, ImageRefused, NotAnImage, TooManyPixels

MAX_UPLOAD_BYTES = 1 << 20
STATUS = {NotAnImage: 415, Damaged: 422, TooManyPixels: 422}
GOOD = good_images()


@pytest.fixture(scope="module")
def decoders():
    decoders = Decoders(max_pixels=24_000_000)
    yield decoders
    decoders.close()


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    statuses = write_bad_images(folder, MAX_UPLOAD_BYTES)
    return {name: ((folder / name).read_bytes(), status) for name, status in statuses.items()}


def test_every_bad_image_is_refused_in_a_sentence_and_as_what_it_is(decoders, bad):
    wrong = {}
    for name, (data, status) in bad.items():
        if status == 413:
            assert len(data) > MAX_UPLOAD_BYTES
            continue
        try:
            wrong[name] = decoders.inspect(data)
        except ImageRefused as refused:
            if STATUS[type(refused)] != status or not str(refused).endswith("."):
                wrong[name] = refused
    assert wrong == {}


def test_what_is_refused_is_not_rendered_either(decoders, bad):
    for name in ("drawing.svg", "cut at 50% baseline.jpg", "28 bytes of 13300 x 13300.webp", "2000 scans.jpg"):
        with pytest.raises(ImageRefused):
            decoders.render(bad[name][0], 160)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("drawing.svg", "SVG is not accepted; use JPEG, PNG, GIF or WebP."),
        ("phone.heic", "HEIC is not accepted; use JPEG, PNG, GIF or WebP."),
        ("empty.jpg", "The file is empty."),
        ("cut at 50% still.png", "The PNG is cut off before its end."),
        ("28 bytes of 13300 x 13300.webp", "The image is 13300 x 13300 pixels; at most 24 million are accepted."),
        ("5000 frames.gif", "The animation has 5000 frames; at most 200 are accepted."),
        ("2000 scans.jpg", "The JPEG has more than 100 scans."),
    ],
)
def test_the_reason_helps_whoever_sent_it(decoders, bad, name, words):
    with pytest.raises(ImageRefused) as refused:
        decoders.inspect(bad[name][0])
    assert str(refused.value) == words


@pytest.mark.parametrize("name", GOOD)
def test_an_image_cut_anywhere_is_refused(decoders, name):
    data = GOOD[name]
    for length in random.Random(name).sample(range(len(data)), 20):
        with pytest.raises(ImageRefused):
            decoders.inspect(data[:length])


@pytest.mark.parametrize("name", GOOD)
def test_what_was_changed_anywhere_is_accepted_or_refused_and_never_fails(decoders, name):
    chance = random.Random(name)
    for _ in range(40):
        data = bytearray(GOOD[name])
        for _ in range(chance.choice((1, 1, 5, 50))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(ImageRefused):
            decoders.inspect(bytes(data))


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("tail", [b"\0", b"<html>", bytes(5000)], ids=["a zero", "html", "padding"])
def test_what_lies_behind_the_end_does_no_harm_and_is_accepted(decoders, name, tail):
    facts = decoders.inspect(GOOD[name] + tail)
    assert (facts.width, facts.height) == (160, 120)


def test_the_limit_of_pixels_is_a_setting():
    small = Decoders(max_pixels=160 * 120 - 1)
    with pytest.raises(TooManyPixels):
        small.inspect(GOOD["still.png"])
    small.close()
    enough = Decoders(max_pixels=160 * 120)
    assert enough.inspect(GOOD["still.png"]).width == 160
    enough.close()


def test_a_picture_of_24_million_pixels_is_accepted_whatever_its_kind(decoders):
    from photos import picture, saved

    large = picture(6000, 4000, 1, grain=0)
    for kind, options in (("JPEG", {}), ("PNG", {"compress_level": 1}), ("WEBP", {"method": 0})):
        assert decoders.inspect(saved(large, kind, **options)).width == 6000


def test_markers_that_are_pixels_are_not_taken_for_scans(decoders):
    # A comment full of scan markers is a segment's content, and FF 00 in compressed data is a pixel.
    jpeg = GOOD["baseline.jpg"]
    comment = b"\xff\xda" * 3000
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2) + comment
    assert decoders.inspect(jpeg[:2] + segment + jpeg[2:]).width == 160


def test_a_wrong_checksum_is_damage_in_metadata_too(decoders):
    png, text = GOOD["still.png"], png_chunk(b"tEXt", b"Comment\0hello")
    assert decoders.inspect(png[:33] + text + png[33:]).width == 160
    with pytest.raises(Damaged):
        decoders.inspect(png[:33] + text[:-1] + bytes([text[-1] ^ 1]) + png[33:])
