"""Photographs in through the page and back byte for byte, each listed once, before and after a restart."""

import re
import unicodedata

import pytest
from playwright.sync_api import expect

from tests.asking import Client, path_of
from tests.processes import wait_until


@pytest.fixture(scope="module")
def kept(photos):
    """What the service must hold then: the bytes by key; names are composed, whatever the file system had."""
    return {unicodedata.normalize("NFC", path.name): path.read_bytes() for path in photos}


def assert_holds(service, kept):
    client = Client(service.url)
    listed = client.listed()
    assert [image["key"] for image in listed] == sorted(kept, key=str.encode)
    assert {image["key"]: image["bytes"] for image in listed} == {key: len(data) for key, data in kept.items()}
    for key, data in kept.items():
        assert client.get(key).body == data, key
        assert client.get(key).hit, key


def test_photographs_go_in_through_the_page_and_come_back_byte_for_byte(service, photos, kept, page):
    page.goto(f"{service.url}/add")
    page.set_input_files("#files", photos)
    added = re.compile(rf"\b{len(photos)} of {len(photos)} added")
    expect(page.locator("#totals")).to_have_text(added)
    assert_holds(service, kept)


@pytest.fixture
def holding(service, kept):
    """The service with all of them, whether the page or, where no browser runs, only this added them."""
    client = Client(service.url)
    for key, data in kept.items():
        assert client.ask("PUT", path_of(key), data, {"If-None-Match": "*"}).status in (201, 412)
    return service


def test_they_are_all_on_the_page_of_all_images(holding, kept, page):
    page.goto(holding.url)
    shown = page.locator("main img")
    expect(shown).to_have_count(len(kept))
    shown.evaluate_all("images => images.forEach(image => image.loading = 'eager')")
    drawn = "images => images.every(image => image.complete && image.naturalWidth > 0)"
    wait_until(lambda: shown.evaluate_all(drawn), what="all thumbnails to be drawn")


def test_they_survive_a_restart(holding, kept):
    holding.restart()
    assert_holds(holding, kept)


def test_nothing_lies_about_beside_one_object_for_each(holding, kept):
    objects = [path for path in (holding.data_dir / "images").rglob("*") if path.is_file()]
    assert len(objects) == len(kept)
