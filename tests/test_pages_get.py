"""Get image: one request, told in words."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.asking import Client, small_images
from tests.broken_stores import take_table_away
from tests.browser import assert_accessible
from tests.processes import App

LARGE = "holiday/large é.jpg"
SMALL = "holiday/small.png"


@pytest.fixture(scope="module", autouse=True)
def stored(service: App, photos: list[Path]) -> None:
    client = Client(service.url)
    large = max((path for path in photos if path.suffix == ".jpg"), key=lambda path: path.stat().st_size)
    assert client.put(LARGE, large.read_bytes()).status == 201
    assert client.put(SMALL, small_images(1)["image-000.png"]).status == 201


@pytest.fixture
def asked(page: Page) -> list[str]:
    """The paths that the page asks for."""
    paths: list[str] = []
    page.on("request", lambda request: paths.append(urlsplit(request.url).path))
    return paths


def images_of(paths: list[str]) -> list[str]:
    return [path for path in paths if path.startswith("/images/")]


def test_the_first_try_is_a_miss_and_the_next_a_hit(page: Page, service: App) -> None:
    page.goto(f"{service.url}/get")
    page.get_by_label("Name").fill(SMALL)
    page.get_by_role("button", name="Get", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("Miss: fetched from the store in")
    expect(page.get_by_role("img", name=SMALL)).to_be_visible()
    page.get_by_role("button", name="Get again").click()
    expect(page.locator("#verdict")).to_contain_text("Hit: answered from the cache in")
    expect(page.locator("#tries li")).to_have_count(2)
    assert page.locator("#tries .kind").all_inner_texts() == ["hit", "miss"]


def test_a_picture_is_got_once_and_drawn_from_those_bytes(page: Page, service: App, asked: list[str]) -> None:
    page.goto(f"{service.url}/get?key={SMALL}")
    expect(page.locator("#tries li")).to_have_count(1)
    page.locator("#picture").evaluate("picture => picture.decode()")
    assert page.locator("#picture").get_attribute("src").startswith("blob:")
    assert images_of(asked) == [f"/images/{SMALL}"]


def test_facts_stand_beside_the_picture(page: Page, service: App) -> None:
    page.goto(f"{service.url}/get?key={LARGE}")
    facts = page.locator(".facts")
    expect(facts).to_contain_text("JPEG")
    expect(facts).to_contain_text("4000 × 3000, ")
    expect(facts).to_contain_text(" UTC")
    expect(page.locator("#answer")).to_contain_text("JPEG, 4000 × 3000, ")


def test_a_size_is_another_try_with_an_address_of_its_own(page: Page, service: App) -> None:
    page.goto(f"{service.url}/get?key={LARGE}")
    expect(page.locator("#tries li")).to_have_count(1)
    page.get_by_role("link", name="320").click()
    expect(page.locator("#answer")).to_contain_text("JPEG, 320 × 240, ")
    expect(page.get_by_role("link", name="320")).to_have_attribute("aria-current", "true")
    assert page.url.endswith("width=320")
    page.reload()
    expect(page.locator("#answer")).to_contain_text("JPEG, 320 × 240, ")
    expect(page.locator("#verdict")).to_contain_text("Hit:")
    page.go_back()
    expect(page.locator("#answer")).to_contain_text("4000 × 3000")
    expect(page.get_by_role("link", name="original")).to_have_attribute("aria-current", "true")


def test_the_link_that_is_copied_is_the_one_of_the_size_shown(page: Page, service: App) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{service.url}/get?key={SMALL}&width=160")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{service.url}/images/{SMALL}?width=160"


def test_an_unknown_name_is_said_in_words_and_asks_for_no_image(page: Page, service: App, asked: list[str]) -> None:
    page.goto(f"{service.url}/get?key=nobody.jpg")
    expect(page.get_by_role("heading", name="No image is called “nobody.jpg”.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name="Add images")).to_be_visible()
    assert_accessible(page)
    assert images_of(asked) == []


def test_a_name_that_no_image_can_have_is_refused_at_the_field(page: Page, service: App) -> None:
    page.goto(f"{service.url}/get?key=a//b.jpg")
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_have_text("The key has a part that is empty, '.' or '..'.")


@pytest.mark.parametrize("typed", [f" {SMALL} ", "holiday/large e\u0301.jpg"])
def test_a_name_pasted_with_spaces_or_decomposed_is_found_all_the_same(page: Page, service: App, typed: str) -> None:
    page.goto(f"{service.url}/get")
    page.get_by_label("Name").fill(typed)
    page.keyboard.press("Enter")
    expect(page.locator("#tries li")).to_have_count(1)
    assert page.get_by_label("Name").input_value() in (SMALL, LARGE)


def test_a_size_that_does_not_exist_falls_back_with_a_notice(page: Page, service: App) -> None:
    page.goto(f"{service.url}/get?key={SMALL}&width=333")
    expect(page.get_by_text("There is no size 333; this is the original.")).to_be_visible()
    expect(page.get_by_role("link", name="original")).to_have_attribute("aria-current", "true")


def test_an_image_that_is_deleted_meanwhile_is_told_in_the_services_own_words(page: Page, service: App) -> None:
    Client(service.url).put("brief.png", small_images(1)["image-000.png"])
    page.goto(f"{service.url}/get?key=brief.png")
    expect(page.locator("#tries li")).to_have_count(1)
    Client(service.url).ask("DELETE", "/images/brief.png")
    page.get_by_role("button", name="Get again").click()
    expect(page.locator("#verdict")).to_have_text("It could not be got")
    expect(page.locator("#meaning")).to_have_text("There is no image brief.png.")
    expect(page.get_by_text("There is nothing to show.")).to_be_visible()
    expect(page.locator("#picture")).to_be_hidden()


def test_names_are_suggested_while_typing(page: Page, service: App) -> None:
    page.goto(f"{service.url}/get")
    page.get_by_label("Name").press_sequentially("holi")
    expect(page.locator("#names option")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_picture_and_its_facts_are_accessible_and_fit(page: Page, service: App, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{service.url}/get")
    assert_accessible(page)
    page.goto(f"{service.url}/get?key={LARGE}&width=640")
    expect(page.locator("#tries li")).to_have_count(1)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.expects_problem("503")
def test_a_cached_image_is_shown_while_the_catalog_cannot_be_asked(page: Page, start_service: Callable) -> None:
    service = start_service()
    Client(service.url).put(SMALL, small_images(1)["image-000.png"])
    assert Client(service.url).get(SMALL).status == 200
    take_table_away(service.data_dir)
    page.goto(f"{service.url}/get?key={SMALL}")
    expect(page.locator("#verdict")).to_contain_text("Hit: answered from the cache")
    expect(page.get_by_text("Its facts cannot be read just now")).to_be_visible()
