"""All images: the list, the search, the way through it, and deleting."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.asking import Client, small_images
from tests.broken_stores import spoil_objects, take_table_away
from tests.browser import assert_accessible
from tests.processes import App

NAMES = [f"many/{number:03} é.png" for number in range(130)]


@pytest.fixture(scope="module", autouse=True)
def stored(service: App) -> dict[str, bytes]:
    client = Client(service.url)
    images = dict(zip(NAMES, small_images(len(NAMES)).values(), strict=True))
    for key, data in images.items():
        assert client.put(key, data).status == 201
    return images


def names(page: Page) -> list[str]:
    return page.locator(".picture").evaluate_all("cards => cards.map(card => card.dataset.key)")


def test_an_empty_service_invites_to_add_images(page: Page, start_service: Callable[..., App]) -> None:
    page.goto(start_service().url)
    expect(page.get_by_role("heading", name="No images yet.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("main").get_by_role("link", name="Add images").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add images")


def test_thumbnails_load_and_facts_stand_below_them(page: Page, service: App, stored: dict[str, bytes]) -> None:
    page.goto(service.url)
    card = page.locator(".picture").first
    expect(card.locator(".name")).to_have_text(NAMES[0])
    expect(card.locator(".facts")).to_contain_text(" × ")
    expect(card.locator("img")).to_have_js_property("complete", True)
    assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    expect(page.get_by_text("Thumbnails are requests too and count in Statistics.")).to_be_visible()


def test_next_and_back_walk_through_all_images_in_their_order(page: Page, service: App) -> None:
    page.goto(service.url)
    seen = [names(page)]
    for _ in range(2):
        page.get_by_role("link", name="Next 60").click()
        expect(page.get_by_role("link", name="Back")).to_be_visible()
        expect(page.locator(".picture").first).not_to_have_attribute("data-key", seen[-1][0])
        seen.append(names(page))
    assert [*seen[0], *seen[1], *seen[2]] == NAMES
    expect(page.get_by_role("link", name="Next 60")).to_have_count(0)
    for before in (seen[1], seen[0]):
        page.get_by_role("link", name="Back").click()
        expect(page.locator(".picture").first).to_have_attribute("data-key", before[0])
        assert names(page) == before
    expect(page.get_by_role("link", name="First page")).to_have_count(0)


def test_search_is_by_the_beginning_of_the_name(page: Page, service: App) -> None:
    page.goto(service.url)
    page.get_by_label("Names that start with").fill("many/01")
    page.keyboard.press("Enter")
    expect(page.locator(".picture")).to_have_count(10)
    assert names(page) == NAMES[10:20]
    page.get_by_label("Names that start with").fill("Many/01")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", name="No name starts with “Many/01”.")).to_be_visible()
    page.get_by_role("link", name="Show all images").click()
    expect(page.locator(".picture")).to_have_count(60)


def test_what_comes_after_the_last_image_is_said_in_words(page: Page, service: App) -> None:
    page.goto(f"{service.url}/?after=zzz")
    expect(page.get_by_role("heading", name="Nothing comes after “zzz”.")).to_be_visible()
    page.get_by_role("link", name="First page").click()
    expect(page.locator(".picture")).to_have_count(60)


def test_deleting_asks_first_and_moves_the_focus_on(page: Page, service: App) -> None:
    client = Client(service.url)
    keys = [f"delete/{letter}.png" for letter in "abc"]
    for key, data in zip(keys, small_images(3, seed=6).values(), strict=True):
        client.put(key, data)
    page.goto(f"{service.url}/?prefix=delete/")
    page.get_by_role("button", name=f"Delete {keys[1]}").click()
    expect(page.get_by_role("dialog")).to_have_accessible_name(f"Delete {keys[1]}?")
    expect(page.get_by_text("It and its smaller sizes go for good, everywhere within 2 s.")).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"Delete {keys[1]}")).to_be_focused()
    assert client.get(keys[1]).status == 200

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".picture")).to_have_count(2)
    expect(page.get_by_role("button", name=f"Delete {keys[2]}")).to_be_focused()
    expect(page.locator("#announcement")).to_have_text(f"{keys[1]} is deleted.")
    assert client.get(keys[1]).status == 404


def test_the_last_image_of_a_page_leaves_the_page_that_the_server_draws_then(page: Page, service: App) -> None:
    Client(service.url).put("lonely.png", small_images(1)["image-000.png"])
    page.goto(f"{service.url}/?prefix=lonely")
    page.get_by_role("button", name="Delete lonely.png").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No name starts with “lonely”.")).to_be_visible()


def test_a_link_is_copied_whole(page: Page, service: App) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(service.url)
    button = page.get_by_role("button", name=f"Copy link of {NAMES[0]}")
    button.click()
    expect(button).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{service.url}/images/{quote(NAMES[0])}"


@pytest.mark.expects_problem("503", "502")
def test_a_thumbnail_that_cannot_be_loaded_says_so(page: Page, start_service: Callable[..., App]) -> None:
    service = start_service()
    Client(service.url).put("gone.png", small_images(1)["image-000.png"])
    spoil_objects(service.data_dir)
    page.goto(service.url)
    expect(page.get_by_text("This thumbnail could not be loaded.")).to_be_visible()


@pytest.mark.expects_problem("503")
def test_a_list_that_cannot_be_read_says_so_and_can_be_tried_again(page: Page, start_service: Callable) -> None:
    service = start_service()
    take_table_away(service.data_dir)
    page.goto(service.url)
    expect(page.get_by_role("alert").get_by_role("heading")).to_have_text("The list of images cannot be read just now.")
    assert_accessible(page)
    take_table_away(service.data_dir, back=True)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="No images yet.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_list_and_its_question_are_accessible_and_fit(page: Page, service: App, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(service.url)
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".delete").first.click()
    assert_accessible(page)


def test_without_scripts_everything_but_deleting_and_copying_works(service: App, new_context: Callable) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(service.url)
    expect(page.locator(".picture")).to_have_count(60)
    expect(page.locator(".needs-js").first).to_be_hidden()
    page.get_by_role("link", name="Next 60").click()
    page.get_by_label("Names that start with").fill("many/12")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".picture")).to_have_count(10)
    page.get_by_role("link", name="Get many/120 é.png", exact=True).click()
    expect(page.locator("noscript img")).to_be_visible()
