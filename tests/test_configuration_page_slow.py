"""The page Configuration on a slow network: what was pressed is done, whatever else the page is told meanwhile."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from cache.config import MIB
from tests.configuration_page import apply, capacity, edit, opened
from tests.processes import App, wait_until

CALLBACKS = "**/_dash-update-component*"


@pytest.fixture
def page(tab: Page, manager: App, service: App) -> Page:
    edit(manager, policy="lru", capacity_bytes=100 * MIB, author="reset")
    return opened(tab, manager)


def slowly(page: Page, act: Callable[[], object], changed: str) -> Route:
    """Act; the request that follows from it, as this changed, is kept from the manager until its ``continue_()``."""
    held: list[Route] = []

    def is_it(request: Request) -> bool:
        return any(prop.startswith(changed) for prop in (request.post_data_json or {}).get("changedPropIds", []))

    def hold(route: Route) -> None:
        if held or not is_it(route.request):
            route.fallback()
        else:
            held.append(route)

    page.route(CALLBACKS, hold)
    act()
    wait_until(lambda: held or page.wait_for_timeout(20), what=f"a request for {changed}")
    return held[0]


def test_a_choice_made_while_somebody_else_saves_is_not_lost(page, manager):
    capacity(page).fill("50")
    edit(manager, capacity_bytes=150 * MIB, author="jonas")
    expect(page.locator("#configuration-notices")).to_contain_text("jonas saved")
    apply(page).click()
    choice = slowly(page, page.get_by_role("button", name="Put my changes on").click, "configuration-to-fill")
    version = edit(manager, capacity_bytes=160 * MIB, author="maria")["version"]
    expect(page.locator(".history-row").first).to_contain_text("maria")
    choice.continue_()
    expect(apply(page)).to_have_text(f"Apply as v{version + 1}")
    expect(page.locator(".compared tr", has_text="Capacity")).to_have_text(re.compile("160 MB.*50 MB"))


def test_an_apply_is_answered_though_another_change_is_shown_meanwhile(page, manager):
    capacity(page).fill("50")
    news = slowly(page, lambda: edit(manager, capacity_bytes=150 * MIB, author="jonas"), "configuration-turn")
    saving = slowly(page, apply(page).click, "configuration-to-save")
    news.continue_()
    expect(page.locator(".history-row").first).to_contain_text("jonas")
    saving.continue_()
    expect(page.get_by_role("alert").filter(has_text="Not applied. jonas saved")).to_be_visible()


def test_where_an_answer_takes_longer_than_a_turn_nothing_is_asked_before_it_comes(page, manager):
    news = slowly(page, lambda: edit(manager, capacity_bytes=150 * MIB, author="jonas"), "configuration-turn")
    asked: list[Request] = []

    def note(request: Request) -> None:
        if "configuration-seen.data" in (request.post_data_json or {}).get("output", ""):
            asked.append(request)

    page.on("request", note)
    page.evaluate("""() => {
        const { configuration } = dash_clientside, { turn } = configuration;
        window.turns = 0;
        configuration.turn = (...given) => { window.turns += 1; return turn(...given); };
    }""")
    page.wait_for_function("turns >= 2")
    assert not asked
    news.continue_()
    expect(page.locator(".history-row").first).to_contain_text("jonas")
    page.wait_for_function("turns >= 4")
    assert asked
