"""Adding and deleting in a browser that knows the upload token, and in one that does not."""

import pytest
from playwright.sync_api import Page, expect

from tests.asking import small_images
from tests.browser import assert_accessible

TOKEN = "a-long-and-random-token"
CREDENTIALS = {"username": "anybody", "password": TOKEN}
IMAGES = small_images(3)


@pytest.fixture
def service(start_service):
    return start_service(UPLOAD_TOKEN=TOKEN)


def add(page: Page, service) -> None:
    page.goto(f"{service.url}/add")
    files = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in IMAGES.items()]
    page.set_input_files("#files", files)
    expect(page.locator("#totals")).to_have_text(f"{len(IMAGES)} of {len(IMAGES)} added")


def delete(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Delete {name}").click()
    page.get_by_role("button", name="Delete", exact=True).click()


def test_with_the_token_images_are_added_and_deleted_as_ever(new_context, service):
    page = new_context(http_credentials=CREDENTIALS).new_page()
    add(page, service)
    with page.expect_navigation():  # to its end: before its script has run, a button does nothing
        page.get_by_role("link", name="See all images").click()
    delete(page, "image-001.png")
    expect(page.locator(".picture")).to_have_count(2)


def test_who_deletes_first_is_asked_once_and_comes_back_to_the_list(new_context, service):
    add(new_context(http_credentials=CREDENTIALS).new_page(), service)
    page = new_context(http_credentials=CREDENTIALS).new_page()
    page.goto(f"{service.url}/?prefix=image-")
    with page.expect_navigation(url=f"{service.url}/?prefix=image-"):
        page.get_by_role("button", name="Delete image-002.png").click()
    delete(page, "image-002.png")
    expect(page.locator(".picture")).to_have_count(2)


def test_without_the_token_images_are_shown_and_the_page_for_adding_says_what_it_needs(new_context, service):
    add(new_context(http_credentials=CREDENTIALS).new_page(), service)
    page = new_context(http_credentials={"username": "anybody", "password": "wrong"}).new_page()
    page.goto(service.url)
    expect(page.locator(".picture")).to_have_count(3)
    page.goto(f"{service.url}/add")
    expect(page.get_by_role("heading", name="Adding and deleting images needs the upload token.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("main").get_by_role("link", name="All images").click()
    expect(page.locator(".picture")).to_have_count(3)
