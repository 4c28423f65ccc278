"""Sizes, times and formats as the image pages write them, on the server and in the browser."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from playwright.sync_api import Page

from image_service.keys import key_from_filename
from image_service.words import FORMATS, format_in_words, size_in_words, time_in_words
from tests.processes import App

SIZES = {
    0: "0 B",
    512: "512 B",
    1023: "1,023 B",
    1024: "1 KB",
    41_779: "40.8 KB",
    1_048_063: "1,023 KB",
    1_048_064: "1 MB",
    10 * 1024**2: "10 MB",
    101_502_156: "96.8 MB",
    1_342_177_280: "1.25 GB",
}
MILLISECONDS = {0.84: "0.8 ms", 9.94: "9.9 ms", 12.4: "12 ms", 339.6: "340 ms", 1240: "1.2 s", 12_000: "12 s"}


@pytest.mark.parametrize(("size", "words"), SIZES.items())
def test_sizes_have_three_digits_and_count_1024_bytes_as_a_kilobyte(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_times_are_in_utc_and_say_so() -> None:
    east = timezone(timedelta(hours=3))
    assert time_in_words(datetime(2026, 11, 23, 11, 2, 30, tzinfo=UTC)) == "23 Nov 2026, 11:02 UTC"
    assert time_in_words(datetime(2026, 1, 1, 1, 5, tzinfo=east)) == "31 Dec 2025, 22:05 UTC"


def test_a_format_without_a_word_stands_as_it_is() -> None:
    assert format_in_words("image/webp") == "WebP"
    assert format_in_words("image/x-new") == "image/x-new"


def test_the_browser_writes_sizes_formats_and_times_like_the_server(page: Page, service: App) -> None:
    page.goto(f"{service.url}/add")
    said = page.evaluate(
        """async ({sizes, times}) => {
          const words = await import("/assets/images/words.js");
          return {
            sizes: sizes.map(words.sizeInWords), times: times.map(words.millisecondsInWords), formats: words.FORMATS,
          };
        }""",
        {"sizes": list(SIZES), "times": list(MILLISECONDS)},
    )
    assert said == {"sizes": list(SIZES.values()), "times": list(MILLISECONDS.values()), "formats": FORMATS}


@pytest.mark.parametrize(
    "name", ["beach.jpg", "a/b\\c.png", "e\u0301cole.gif", "tab\there.webp", "lone \ud800.jpg", "🐈 (2).png"]
)
def test_the_browser_names_a_file_as_the_server_would(page: Page, service: App, name: str) -> None:
    page.goto(f"{service.url}/add")
    key = page.evaluate(
        """async (units) => (await import("/assets/images/key.js")).keyOfFile(String.fromCharCode(...units))""",
        [unit for letter in name for unit in _utf16(letter)],
    )
    assert key == key_from_filename(name.replace("\ud800", "\ufffd"))


def _utf16(letter: str) -> list[int]:
    raw = letter.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[i : i + 2], "little") for i in range(0, len(raw), 2)]
