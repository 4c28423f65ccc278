"""The page Configuration as people use it, on a real service that follows."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from cache.config import MIB
from metrics.channels import open_channel
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import SqliteChannel
from tests import processes
from tests.browser import assert_accessible, assert_fits
from tests.configuration_page import apply, capacity, edit, opened
from tests.processes import App, wait_until


@pytest.fixture
def channel(service: App) -> SqliteChannel:
    return open_channel(f"sqlite:///{service.data_dir / 'channel.db'}")


@pytest.fixture
def reset(channel: SqliteChannel, manager: App) -> None:
    """Each test starts with LRU and 100 MB, whatever the one before left."""
    wait_until(lambda: channel.announcements(), what="the service to say that it is there")
    edit(manager, policy="lru", capacity_bytes=100 * MIB, author="reset")


@pytest.fixture
def configuration(tab: Page, manager: App, reset: None) -> Page:
    return opened(tab, manager)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A manager of a channel to which no service writes."""
    app = processes.manager(tmp_path_factory.mktemp("full") / "data")
    try:
        app.start()
        yield app
    finally:
        app.close()


@pytest.fixture
def full(alone: App) -> App:
    """A manager that hears of one instance, whose cache of 100 MB was all but full in the last minute."""
    zeros = dict.fromkeys((metric.name for metric in METRICS), 0)
    values = zeros | {"items": 2434, "size_bytes": 97 * MIB, "capacity_bytes": 100 * MIB}
    channel_of(alone).send([Minute("ip-10-0-1-7", int(time.time()) // 60 * 60 - 60, values)])
    return alone


def channel_of(app: App) -> SqliteChannel:
    return open_channel(f"sqlite:///{app.data_dir / 'channel.db'}")


def test_an_edit_is_applied_by_the_service_within_seconds_and_shown_on_its_way(configuration, channel, service):
    page, version = configuration, channel.newest().version
    page.get_by_role("radio", name="Random").click()
    capacity(page).fill("200")
    page.get_by_label("Your name").fill("maria")
    page.get_by_label("Reason").fill("to see whether it helps")
    expect(page.locator(".compared .changed")).to_have_count(2)
    apply(page).click()
    expect(page.locator(".steps")).to_contain_text(f"Saved as v{version + 1}")
    expect(page.locator(".steps .done")).to_have_count(3)
    assert any(said.version == version + 1 for said in channel.announcements())
    expect(page.locator(".in-force")).to_have_text(
        re.compile(rf"In force: v{version + 1}, Random, 200 MB an instance\.\s+Applied by 1 of 1\.")
    )
    newest = page.locator(".history-row").first
    expect(newest).to_contain_text("maria")
    expect(newest).to_contain_text("LRU → Random, 100 MB → 200 MB")
    expect(newest).to_contain_text("“to see whether it helps”")
    expect(apply(page)).to_be_disabled()
    expect(page.get_by_label("Reason")).to_have_value("")


def test_undo_brings_the_setting_back_as_a_new_version(configuration, channel, manager):
    edit(manager, capacity_bytes=300 * MIB)
    page, version = configuration, channel.newest().version
    page.get_by_role("button", name=f"Undo v{version}").click()
    expect(page.locator(".history-row").first).to_contain_text(f"“Undo v{version}”")
    assert channel.newest().capacity_bytes == 100 * MIB
    expect(capacity(page)).to_have_value("100")


def test_a_bad_capacity_is_told_at_its_field_and_cannot_be_applied(configuration, channel):
    page, version = configuration, channel.newest().version
    capacity(page).fill("abc")
    expect(apply(page)).to_be_disabled()
    expect(page.locator(".why-not")).to_have_text("The capacity is not right yet.")
    capacity(page).blur()
    told = page.get_by_text("abc is not a number.")
    expect(told).to_be_visible()
    assert told.get_attribute("id") in capacity(page).get_attribute("aria-describedby")
    capacity(page).fill("0")
    expect(page.get_by_text("Capacity must be a number from 64 KB to 1 TB.", exact=True)).to_be_visible()
    capacity(page).fill("101")
    expect(page.locator(".mantine-InputWrapper-error")).to_have_count(0)
    expect(apply(page)).to_be_enabled()
    page.get_by_role("button", name="Discard").click()
    expect(capacity(page)).to_have_value("100")
    assert channel.newest().version == version


def test_nothing_can_be_chosen_until_it_is_known_what_is_in_force(tab, manager, reset):
    held: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        if holding and "configuration-seen" in route.request.post_data_json["output"]:
            held.append(route)
        else:
            route.continue_()

    tab.route(re.compile("_dash-update-component"), hold)
    tab.goto(manager.url + "/configuration")
    expect(capacity(tab)).to_be_visible()
    expect(capacity(tab)).to_be_disabled()
    expect(tab.get_by_role("radio", name="SIEVE")).to_be_disabled()
    holding = False
    for route in held:
        route.continue_()
    expect(capacity(tab)).to_have_value("100")
    expect(capacity(tab)).to_be_enabled()
    expect(tab.get_by_role("radio", name="SIEVE")).to_be_enabled()


def test_the_slider_and_the_number_move_each_other(configuration):
    page = configuration
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    expect(capacity(page)).to_have_value("150")
    slider.press("ArrowLeft")
    expect(capacity(page)).to_have_value("100")
    capacity(page).fill("120")
    expect(page.locator(".compared .changed")).to_contain_text("120 MB")
    expect(capacity(page)).to_have_value("120")
    capacity(page).fill("8192")
    expect(slider).to_have_attribute("aria-valuenow", "25")
    expect(capacity(page)).to_have_value("8192")


def test_the_second_of_two_tabs_is_shown_what_the_first_saved(configuration, tabs, manager, channel):
    first, second = configuration, opened(tabs.new_page(), manager)
    capacity(second).fill("50")
    page_says = second.locator("#configuration-notices")
    capacity(first).fill("150")
    first.get_by_label("Your name").fill("jonas")
    apply(first).click()
    expect(first.locator(".history-row").first).to_contain_text("jonas")
    expect(page_says).to_contain_text("jonas saved")
    apply(second).click()
    expect(second.get_by_role("alert").filter(has_text="Not applied. jonas saved")).to_be_visible()
    row = second.locator(".compared tr", has_text="Capacity")
    expect(row.locator("td")).to_have_text(["100 MB", "150 MB", re.compile("50 MB")])
    assert channel.newest().capacity_bytes == 150 * MIB
    second.get_by_role("button", name="Put my changes on").click()
    expect(capacity(second)).to_have_value("50")
    assert channel.newest().capacity_bytes == 150 * MIB
    apply(second).click()
    expect(second.locator(".history-row").first).to_contain_text("150 MB → 50 MB")
    assert channel.newest().capacity_bytes == 50 * MIB
    second.close()


def test_shrinking_what_is_full_asks_first(tab, full):
    page, channel = opened(tab, full), channel_of(full)
    expect(page.get_by_text("2,434 images, 97 MB, by the last minute.")).to_be_visible()
    capacity(page).fill("50")
    apply(page).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Shrinking to 50 MB drops about 47 MB (1,179 images) from the cache.")
    expect(dialog.get_by_role("button", name="Keep 100 MB")).to_be_focused()
    dialog.get_by_role("button", name="Keep 100 MB").click()
    expect(dialog).to_be_hidden()
    assert channel.newest().capacity_bytes == 100 * MIB
    apply(page).click()
    dialog.get_by_role("button", name="Shrink to 50 MB").click()
    expect(page.locator(".history-row").first).to_contain_text("100 MB → 50 MB")
    assert channel.newest().capacity_bytes == 50 * MIB
    edit(full, capacity_bytes=100 * MIB)


def test_clearing_asks_first_and_leaves_a_draft_alone(tab, full):
    page, before = opened(tab, full), channel_of(full).newest()
    capacity(page).fill("150")
    page.get_by_role("button", name="Clear cache").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Clearing drops 97 MB (2,434 images) from the cache.")
    expect(dialog.get_by_role("button", name="Keep the cache")).to_be_focused()
    dialog.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Clear cache").click()
    dialog.get_by_role("button", name="Clear the cache").click()
    expect(page.locator(".history-row").first).to_contain_text("cache cleared")
    assert channel_of(full).newest().purge.generation == before.purge.generation + 1
    expect(capacity(page)).to_have_value("150")
    expect(apply(page)).to_have_text(f"Apply as v{before.version + 2}")


@pytest.mark.parametrize("button", ["apply", "discard"])
def test_what_a_link_asked_for_is_over_once_it_is_applied_or_discarded(tab, manager, reset, button):
    page = opened(tab, manager, f"?policy=sieve&capacity_bytes={200 * MIB}&reason=a+link")
    expect(page.get_by_label("Reason")).to_have_value("a link")
    (apply(page) if button == "apply" else page.get_by_role("button", name="Discard")).click()
    expect(page).to_have_url(f"{manager.url}/configuration")
    expect(page.get_by_label("Reason")).to_have_value("")
    page.reload()
    expect(page.get_by_text("Nothing changed yet.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("")


def test_a_link_is_over_once_what_it_asked_for_is_dropped_for_anothers(tab, manager, reset):
    page = opened(tab, manager, f"?policy=sieve&capacity_bytes={200 * MIB}&reason=a+link")
    expect(page.get_by_label("Reason")).to_have_value("a link")
    edit(manager, policy="random", capacity_bytes=60 * MIB)
    expect(page.locator("#configuration-notices")).to_contain_text("saved")
    apply(page).click()
    page.get_by_role("button", name="Drop mine").click()
    expect(page).to_have_url(f"{manager.url}/configuration")
    page.reload()
    expect(page.get_by_text("Nothing changed yet.")).to_be_visible()
    expect(capacity(page)).to_have_value("60")


def test_going_back_fills_the_form_and_needs_apply(configuration, channel, manager):
    version = edit(manager, policy="random", capacity_bytes=60 * MIB)["version"]
    edit(manager, policy="lru", capacity_bytes=100 * MIB)
    page = configuration
    page.get_by_role("button", name=f"Go back to this, v{version}", exact=True).click()
    expect(capacity(page)).to_have_value("60")
    expect(page.get_by_role("radio", name="Random")).to_be_checked()
    expect(page.get_by_label("Reason")).to_have_value(f"Back to v{version}")
    assert channel.newest().version == version + 1


def test_a_link_fills_the_form_in_and_points_at_a_version(tab, manager, reset, channel):
    version = channel.newest().version
    page = opened(tab, manager, f"?policy=random&capacity_bytes={200 * MIB}&reason=a+link#v{version}")
    expect(capacity(page)).to_have_value("200")
    expect(page.get_by_label("Reason")).to_have_value("a link")
    expect(page.locator(".pointed-at")).to_have_attribute("id", f"v{version}")
    assert channel.newest().version == version


def test_the_row_that_a_link_points_at_stays_marked_and_is_found_again(tab, manager, reset, channel):
    version = channel.newest().version
    page = opened(tab, manager, f"#v{version}")
    pointed_at = page.locator(".pointed-at")
    expect(pointed_at).to_have_attribute("id", f"v{version}")
    edit(manager, capacity_bytes=110 * MIB)
    expect(page.locator(".history-row").first).to_have_attribute("id", f"v{version + 1}")
    expect(page.locator(f"#v{version}.in-force-row")).to_have_count(0)
    expect(pointed_at).to_have_attribute("id", f"v{version}")
    page.get_by_role("link", name="Activity").click()
    page.locator("a", has_text=re.compile(f"^v{version}$")).first.click()
    expect(pointed_at).to_have_attribute("id", f"v{version}")
    expect(pointed_at).to_be_in_viewport()


def test_a_link_to_an_old_version_brings_its_row_up(tab, manager, reset, channel):
    first = channel.newest().version
    while channel.newest().version < first + 25:
        edit(manager, author="many")
    page = opened(tab, manager, f"#v{first}")
    expect(page.locator(".pointed-at")).to_have_attribute("id", f"v{first}")
    expect(page.locator(".pointed-at")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_and_is_accessible(configuration, width, scheme):
    page = configuration
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    capacity(page).fill("abc")
    capacity(page).blur()
    expect(page.locator(".mantine-InputWrapper-error")).to_be_visible()
    assert_fits(page, width)
    box = apply(page).bounding_box()
    assert box["y"] + box["height"] <= 844, "Apply is out of sight"
    assert_accessible(page)
