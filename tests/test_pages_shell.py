"""What surrounds the image pages: navigation, colours, targets, and what a page may load."""

import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.processes import App

PAGES = {"/": "All images", "/add": "Add images", "/get": "Get image"}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_and_ask_for_nothing_but_its_own(service: App, path: str) -> None:
    with urllib.request.urlopen(service.url + path) as answer:
        policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' blob:"


@pytest.mark.parametrize(("path", "title"), PAGES.items())
def test_the_navigation_says_where_one_is(page: Page, service: App, path: str, title: str) -> None:
    page.goto(service.url + path)
    expect(page.locator("[aria-current=page]")).to_have_text(title)
    expect(page.locator("h1")).to_have_text(title)
    expect(page).to_have_title(f"{title} · Hitrate")


def test_the_chosen_colours_stay_and_the_systems_hold_otherwise(page: Page, service: App) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(service.url)
    dark = ground(page)
    page.get_by_role("radio", name="Light").check(force=True)
    light = ground(page)
    assert light != dark
    page.goto(f"{service.url}/add")
    assert ground(page) == light
    expect(page.get_by_role("radio", name="Light")).to_be_checked()
    page.keyboard.press("Tab")
    page.get_by_role("radio", name="Light").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="System")).to_be_checked()
    assert ground(page) == dark


@pytest.mark.parametrize("path", PAGES)
def test_on_a_phone_everything_is_large_enough_for_a_finger(page: Page, service: App, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(service.url + path)
    boxes = page.locator("a, button, .theme label, input:not([type=radio])").evaluate_all(
        """elements => elements.filter(element => element.checkVisibility() && !element.matches(".skip-link, p a"))
          .map(element => [element.textContent.trim() || element.id, element.getBoundingClientRect().height])"""
    )
    assert {name: height for name, height in boxes if height < 44} == {}
    bar = page.get_by_role("navigation", name="Pages").bounding_box()
    assert bar["y"] + bar["height"] == 844


@pytest.mark.expects_problem("left this machine", "Failed to fetch", "ERR_FAILED", "Content Security Policy")
def test_the_browser_of_the_tests_reaches_nothing_beyond_this_machine(page: Page, service: App) -> None:
    page.goto(f"{service.url}/healthz")  # this one has no policy that would keep the request from being made
    asked = []
    page.on("requestfailed", lambda request: asked.append(request.failure))
    for elsewhere in ("http://example.com/", "https://127.0.0.1.example.com/"):
        assert page.evaluate("url => fetch(url).then(() => 'answered', () => 'failed')", elsewhere) == "failed"
    assert asked == ["net::ERR_FAILED"] * 2  # what the route makes of it, not what a machine without a network says


def ground(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")
