"""Signing in and out as people do, and a session that ends under somebody's hands."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import processes
from tests.browser import assert_accessible
from tests.processes import App
from web.tries import MOST

PASSWORD = "open sesame"
SIGNED_OUT = "You are signed out. Nothing you typed is lost."


@pytest.fixture
def manager(tmp_path) -> Iterator[App]:
    app = processes.manager(tmp_path / "data", MANAGER_PASSWORD=PASSWORD)
    app.start()
    yield app
    app.close()


def sign_in(page: Page, password: str = PASSWORD, name: str = "") -> None:
    page.get_by_label("Password").fill(password)
    if name:
        page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Sign in").click()


def is_shown(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading, exact=True, level=1)).to_be_visible()


def test_the_page_that_was_asked_for_comes_after_the_sign_in_address_and_all(page: Page, manager: App):
    asked = f"{manager.url}/configuration?reason=a%20try&policy=random#v1"
    page.goto(asked)
    expect(page).to_have_title("Sign in - Hitrate")
    expect(page.get_by_label("Password")).to_be_focused()
    sign_in(page, name="maria")
    is_shown(page, "Configuration")
    expect(page).to_have_url(asked)
    expect(page.get_by_label("Your name")).to_have_value("maria")
    expect(page.get_by_label("Reason")).to_have_value("a try")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{manager.url}/login")
    page.go_back()
    expect(page).to_have_title("Sign in - Hitrate")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_login_page_is_for_everybody(page: Page, manager: App, scheme, width, height, tmp_path):
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    page.goto(manager.url)
    sign_in(page, "wrong")
    told = page.get_by_role("alert")
    expect(told).to_have_text("That password is not right.")
    assert told.get_attribute("id") == page.get_by_label("Password").get_attribute("aria-describedby")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_password_can_be_shown_and_hidden_again(page: Page, manager: App):
    page.goto(manager.url)
    password = page.get_by_label("Password")
    password.fill("open")
    page.get_by_role("button", name="Show").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide").click()
    expect(password).to_have_attribute("type", "password")
    expect(password).to_have_value("open")


def test_without_scripts_one_signs_in_as_well(new_context, manager: App):
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{manager.url}/configuration?policy=lru")
    sign_in(page)
    expect(page).to_have_url(f"{manager.url}/configuration?policy=lru")


def test_a_guesser_sees_how_long_to_wait(page: Page, manager: App):
    page.clock.install()
    page.goto(manager.url)
    for _ in range(MOST + 1):
        with page.expect_navigation():
            sign_in(page, "wrong")
    expect(page.locator("#refusal")).to_have_text("Too many tries. Wait 60 s.")
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
    page.clock.run_for(15_000)
    expect(page.locator("#refusal")).to_have_text("Too many tries. Wait 45 s.")
    page.clock.run_for(46_000)
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    expect(page.locator("#refusal")).to_have_text("You can try again.")


def test_a_session_that_ends_under_ones_hands_loses_nothing(context: BrowserContext, page: Page, manager: App):
    page.goto(f"{manager.url}/configuration")
    sign_in(page)
    is_shown(page, "Configuration")
    expect(page.locator(".compared")).to_be_visible()
    page.get_by_label("Capacity an instance", exact=True).fill("200")
    page.get_by_label("Reason").fill("typed before it ended")
    context.clear_cookies()
    told = page.locator("#signed-out")
    expect(told).to_have_text(re.compile(re.escape(SIGNED_OUT)))
    assert_accessible(page)
    with context.expect_page() as opened:
        told.get_by_role("link", name="Sign in").click()
    beside = opened.value
    with beside.expect_event("close"):
        sign_in(beside)
    expect(told).to_have_count(0)
    expect(page.get_by_label("Capacity an instance", exact=True)).to_have_value("200")
    expect(page.get_by_label("Reason")).to_have_value("typed before it ended")
    page.get_by_role("button", name=re.compile("^Apply as")).click()
    expect(page.locator(".history-row").first).to_contain_text("“typed before it ended”")
