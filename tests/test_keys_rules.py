"""What may name an image, and what a form's file name becomes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_service.keys import MAX_KEY_BYTES, KeyRefused, key_from_filename, read_key

GOOD = [
    "a",
    "photo.jpg",
    "2026/11/beach.jpg",
    "...",
    "a..b",
    " ",
    "a b",
    "é",
    "e\u0301",
    "🐈",
    "%",
    "?",
    "#",
    "a\u2028b",
]
BAD = {
    b"": "empty",
    b"a" * 256: "256 bytes",
    b"\xff": "UTF-8",
    b"\xc0\x80": "UTF-8",
    b"\xed\xa0\x80": "UTF-8",
    b"a\0b": "control",
    b"a\nb": "control",
    b"a\x7f": "control",
    "a\x85b".encode(): "control",
    b"a\\b": "backslash",
    b"/a": "part",
    b"a/": "part",
    b"a//b": "part",
    b".": "part",
    b"..": "part",
    b"a/./b": "part",
    b"a/../b": "part",
}


@pytest.mark.parametrize("key", GOOD)
def test_a_good_key_is_read_unchanged(key):
    assert read_key(key.encode()) == key


@pytest.mark.parametrize(("raw", "word"), BAD.items())
def test_a_bad_key_is_refused_with_its_reason(raw, word):
    with pytest.raises(KeyRefused, match=word):
        read_key(raw)


def test_a_key_is_measured_in_bytes():
    assert read_key("é".encode() * 127)
    with pytest.raises(KeyRefused):
        read_key("é".encode() * 128)


@given(st.binary(max_size=300))
def test_whatever_is_read_spells_the_same_bytes_again(raw):
    try:
        key = read_key(raw)
    except KeyRefused:
        return
    assert key.encode() == raw
    assert 1 <= len(raw) <= MAX_KEY_BYTES
    assert all(unicodedata.category(letter) != "Cc" and letter != "\\" for letter in key)
    assert not {"", ".", ".."} & set(key.split("/"))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("beach.jpg", "beach.jpg"),
        ("C:\\photos\\beach.jpg", "beach.jpg"),
        ("/home/me/beach.jpg", "beach.jpg"),
        ("a/b\\c/d.jpg", "d.jpg"),
        ("E\u0301cole.jpg", "École.jpg"),
        ("E\0\u0301cole\n.jpg", "École.jpg"),
        ("kitten 🐈.webp", "kitten 🐈.webp"),
    ],
)
def test_a_file_is_named_by_its_base_name_in_one_form(name, key):
    assert key_from_filename(name) == key


@pytest.mark.parametrize("name", ["", "/", "folder/", "..", "\n", "é" * 128, "\ud800.jpg", "a\udcff"])
def test_a_file_whose_name_is_no_key_is_refused(name):
    with pytest.raises(KeyRefused):
        key_from_filename(name)


@given(st.text(max_size=80))
def test_a_name_from_a_form_is_a_key_or_refused_and_stays_what_it_is(name):
    try:
        key = key_from_filename(name)
    except KeyRefused:
        return
    assert read_key(key.encode()) == key
    assert "/" not in key
    assert key_from_filename(key) == key
