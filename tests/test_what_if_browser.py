"""What-if as people use it: the answer, the table by keyboard, a point, Apply, and the verdict on Activity."""

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from cache.config import DEFAULT, MIB, Prediction, edited
from metrics.channels import open_channel
from tests import processes, whatif_days
from tests.browser import assert_accessible, assert_fits
from tests.processes import App

POLICIES = ("lru", "random", "lfu", "sieve", "gdsf")
NAME = f"what-if-{os.getpid()}"
"""Of the instance; a machine takes each name once."""
BEFORE, AFTER = 40, 30


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A manager over seventy minutes: LRU, and from the fortieth on GDSF, as it was predicted."""
    app = processes.manager(tmp_path_factory.mktemp("what-if") / "data", VERDICT_SECONDS=300)
    channel = open_channel(f"sqlite:///{app.data_dir / 'channel.db'}")
    start = int(time.time()) // 60 * 60 - 60 * (BEFORE + AFTER)
    told = [*whatif_days.story(start, BEFORE, AFTER, policies=POLICIES, name=NAME)]
    whatif_days.fill(channel, told[:BEFORE])
    promised = Prediction(start=start, end=start + 2400, requests=24_000, before=0.7, after=0.77, error=0.005)
    at = datetime.fromtimestamp(told[BEFORE]["start"] - 2, UTC)
    change = edited(DEFAULT, {"policy": "gdsf", "author": "maria", "reason": "What-if"}, now=at)
    channel.publish(change.model_copy(update={"prediction": promised}))
    whatif_days.fill(channel, told[BEFORE:], version=1)
    try:
        app.start()
        yield app
    finally:
        app.close()


def opened(tab: Page, app: App, address: str = "/what-if") -> Page:
    tab.goto(app.url + address)
    if address.startswith("/what-if"):
        expect(tab.locator(".rate-cell").first).to_be_visible()
        tab.wait_for_function("document.querySelector('.curve-graph .main-svg') !== null")
    return tab


def cell(page: Page, policy: str, size: int):
    return page.locator(f'[data-point="{policy} {size * MIB}"]')


def test_the_answer_is_a_sentence_and_three_cards(tab, seeded):
    page = opened(tab, seeded)
    expect(page.locator(".answer")).to_contain_text("Yes: more memory pays. GDSF at about 200 MB would have hit")
    expect(page.locator(".suggestion h2")).to_have_text(["Twice the memory", "Less memory", "Reach 90 %"])
    expect(page.locator(".confidence")).to_contain_text("Exact: all")


@pytest.mark.parametrize("address", ["/what-if", "/", "/activity"])
def test_until_the_first_numbers_come_there_are_shapes_of_their_size_and_no_empty_axes(tab, seeded, address):
    held: list[Route] = []
    holding = True

    def hold(route: Route) -> None:
        if holding and ".figure" in route.request.post_data_json["output"]:
            held.append(route)
        else:
            route.continue_()

    tab.route(re.compile("_dash-update-component"), hold)
    tab.goto(seeded.url + address)
    frame = tab.locator(".chart-frame").first
    expect(frame.locator(".main-svg").first).to_be_attached()
    expect(frame.locator(".main-svg").first).to_be_hidden()
    height = frame.bounding_box()["height"]
    holding = False
    for route in held:
        route.continue_()
    expect(frame.locator(".main-svg").first).to_be_visible()
    expect(frame).not_to_have_attribute("aria-label", re.compile("Loading"))
    assert frame.bounding_box()["height"] == height


def test_a_cell_tells_a_point_in_full_and_arrows_move_between_cells(tab, seeded):
    page = opened(tab, seeded)
    cell(page, "lru", 64).click()
    expect(page.locator(".point h2")).to_have_text("LRU at 64 MB")
    expect(cell(page, "lru", 64)).to_have_attribute("aria-pressed", "true")
    cell(page, "lru", 64).focus()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "lru", 100)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".point h2")).to_have_text("LRU at 100 MB")
    expect(cell(page, "lru", 100)).to_have_attribute("aria-pressed", "true")
    expect(cell(page, "lru", 100)).to_be_focused()


def test_where_lines_meet_the_pointer_finds_the_one_that_stands_out(tab, seeded):
    page = opened(tab, seeded)
    for place in page.evaluate(PLACES_OF, "GDSF"):
        page.mouse.move(0, 0)
        page.mouse.move(*place)
        expect(page.locator(".hoverlayer .hovertext").first).to_contain_text(re.compile("GDSF|We are here"))


PLACES_OF = """(policy) => {
  const graph = document.querySelector('.curve-graph .js-plotly-plot');
  const { left, top } = graph.getBoundingClientRect();
  const { xaxis, yaxis } = graph._fullLayout;
  const { x, y } = graph.data.find((each) => each.name === policy);
  return x.map((size, at) => [left + xaxis._offset + xaxis.d2p(size), top + yaxis._offset + yaxis.d2p(y[at])]);
}"""
"""Where the points of a policy are on the screen."""


def test_tab_stops_at_one_cell_and_the_focus_outlives_a_new_table(tab, seeded):
    page = opened(tab, seeded)
    stop = page.locator('.rate-cell[tabindex="0"]')
    expect(stop).to_have_count(1)
    expect(stop).to_have_class(re.compile(r"\bnow\b"))
    stop.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    reached = page.locator(".rate-cell:focus").get_attribute("data-point")
    expect(stop).to_have_attribute("data-point", reached)
    tick(page)
    expect(page.locator(f'[data-point="{reached}"]')).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".rate-cell:focus")).to_have_count(0)
    tick(page)
    expect(page.locator(".rate-cell:focus")).to_have_count(0)


def tick(page: Page) -> None:
    """The next minute's numbers, put up."""
    page.evaluate("window.before = document.querySelector('.rates')")
    page.evaluate("window.dash_clientside.set_props('what-if-tick', {n_intervals: 1e6 + Math.random()})")
    page.wait_for_function("!window.before.isConnected")


@pytest.mark.parametrize("width", [1400, 1000, 390])
def test_what_a_question_mark_opens_is_all_on_the_screen(tab, seeded, width):
    tab.set_viewport_size({"width": width, "height": 900})
    page = opened(tab, seeded)
    for button in page.locator(".help-button").all():
        button.evaluate("(button, far) => button.parentElement.style.marginLeft = far", f"{width // 4}px")
        button.click()
        popup = page.locator("details[open] .popup")
        page.wait_for_function(
            """() => { const at = document.querySelector("details[open] .popup").getBoundingClientRect();
                return at.left >= 0 && at.right <= document.documentElement.clientWidth; }"""
        )
        page.keyboard.press("Escape")
        expect(popup).to_have_count(0)
        button.evaluate("button => button.parentElement.style.marginLeft = ''")


def test_on_a_phone_the_table_needs_no_scrolling_and_its_cells_are_for_thumbs(tab, seeded):
    tab.set_viewport_size({"width": 390, "height": 844})
    page = opened(tab, seeded)
    width, room = page.locator(".rates-frame").evaluate("frame => [frame.scrollWidth, frame.clientWidth]")
    assert width <= room
    assert all(box["width"] >= 44 and box["height"] >= 44 for box in map(_box, page.locator(".rate-cell").all()))


def _box(found: Locator) -> dict:
    return found.bounding_box()


def test_what_is_shown_stands_in_the_address_and_comes_back_from_it(tab, seeded):
    page = opened(tab, seeded)
    page.get_by_text("Miss rate", exact=True).click()
    expect(page.locator("#what-if-title")).to_have_text("Miss rate by capacity, % of requests")
    expect(page).to_have_url(re.compile(r"/what-if\?show=miss$"))
    page.get_by_role("textbox", name="Target").fill("80")
    expect(page).to_have_url(re.compile(r"target=80"))
    page.reload()
    expect(page.locator("#what-if-title")).to_have_text("Miss rate by capacity, % of requests")
    expect(page.locator(".suggestion h2").last).to_have_text("At most 20 % missed")


def test_without_a_target_the_field_says_which_is_used(tab, seeded):
    page = opened(tab, seeded, "/what-if?target=80")
    target = page.get_by_role("textbox", name="Target")
    target.fill("")
    expect(page.locator(".suggestion h2").last).to_have_text("Reach 90 %")
    expect(target).to_have_value("")
    expect(target).to_have_attribute("placeholder", "90 %")


def test_a_pause_after_the_point_of_a_target_is_no_error(tab, seeded):
    page = opened(tab, seeded)
    target = page.get_by_role("textbox", name="Target")
    target.fill("85.")
    expect(page.locator(".suggestion h2").last).to_have_text("Reach 85 %")
    target.press_sequentially("5")
    expect(page.locator(".suggestion h2").last).to_have_text("Reach 85.5 %")


def test_a_chosen_point_is_read_aloud(tab, seeded):
    page = opened(tab, seeded)
    cell(page, "lru", 64).click()
    expect(page.locator("#what-if-said")).to_contain_text("LRU at 64 MB is told in full below the table.")


def test_a_policy_of_the_legend_is_coloured_on_a_click(tab, seeded):
    page = opened(tab, seeded)
    sieve = "document.querySelector('.curve-graph .js-plotly-plot').data.find(t => t.meta.policy === 'sieve')"
    before = page.evaluate(f"{sieve}.line.color")
    page.locator('[data-policy="sieve"]').click()
    expect(page.locator('[data-policy="sieve"]')).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"{sieve}.line.color !== '{before}'")


def test_apply_opens_configuration_filled_in_with_what_to_expect_and_applies_nothing(tab, seeded):
    page = opened(tab, seeded)
    page.locator(".suggestion .button").first.click()
    expect(page).to_have_url(re.compile(r"/configuration\?policy=gdsf&capacity_bytes=209715200"))
    expect(page.get_by_role("textbox", name="Capacity an instance")).to_have_value("200")
    expect(page.get_by_label("Reason")).to_have_value(re.compile("What-if: GDSF at 200 MB would have hit"))
    expect(page.locator(".compared")).to_contain_text("Expected hit rate")
    channel = open_channel(f"sqlite:///{seeded.data_dir / 'channel.db'}")
    assert channel.newest().version == 1


def test_a_verdict_stands_on_activity_and_under_the_charts(tab, seeded):
    page = opened(tab, seeded, "/activity")
    row = page.locator(".activity-table tbody tr").first
    expect(row).to_contain_text("LRU → GDSF")
    expect(row).to_contain_text("70.0 %")
    expect(row.locator(".verdict")).to_have_text(re.compile("Came true|than predicted by|Traffic changed"))
    expect(page.locator(".in-force")).to_contain_text(" of 1, mean error")
    page.goto(f"{seeded.url}/?from=now-3h")
    told = re.compile("Came true|than predicted by|Traffic changed")
    expect(page.locator(".changes")).to_contain_text(told)


def test_why_requests_missed_is_a_chart_of_statistics(tab, seeded):
    page = opened(tab, seeded, "/?from=now-3h")
    section = page.locator("section", has=page.get_by_role("heading", name="Why requests missed"))
    expect(section.locator(".sentence")).to_contain_text(re.compile(r"Of [\d,]+ misses"))


def test_a_service_takes_up_what_was_applied_from_a_suggestion(tab, seeded, start_service):
    service = start_service(seeded.data_dir, INSTANCE=NAME)
    assert service.url
    page = opened(tab, seeded)
    page.locator(".suggestion .button").first.click()
    page.get_by_role("button", name=re.compile("Apply as v2")).click()
    expect(page.locator(".steps")).to_contain_text("In force everywhere")
    expect(page.locator(".history-row").first).to_contain_text("100 MB → 200 MB")
    expect(page.get_by_text("What came of it will stand in Activity")).to_be_visible()
    kept = open_channel(f"sqlite:///{seeded.data_dir / 'channel.db'}").newest().prediction
    assert kept.after > kept.before
    page.goto(f"{seeded.url}/activity")
    expect(page.locator(".activity-table tbody tr").first.locator(".verdict")).to_have_text(
        re.compile("Waiting|Warming")
    )


@pytest.mark.parametrize("address", ["/what-if", "/activity"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_and_is_accessible(tab, seeded, address, width, scheme):
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 844})
    page = opened(tab, seeded, address)
    expect(page.locator(".answer, .activity-table").first).to_be_visible()
    assert_fits(page, width)
    assert_accessible(page)


@pytest.mark.parametrize(
    ("address", "last"),
    [
        ("/", ".instances-table td"),
        ("/what-if", ".point td"),
        ("/configuration", ".history-row"),
        ("/activity", ".verdict"),
    ],
)
def test_nothing_is_wider_than_a_tablet(tab, seeded, address, last):
    page = opened(tab, seeded, address)
    expect(page.locator(last).first).to_be_visible()
    for width in (1100, 1024, 800):
        page.set_viewport_size({"width": width, "height": 844})
        assert_fits(page, width)


def test_a_tablet_has_room_for_the_times_of_the_table(tab, seeded):
    tab.set_viewport_size({"width": 1024, "height": 844})
    page = opened(tab, seeded, "/")
    time = page.locator(".grid .ag-row [col-id=time] .ag-cell-value").first
    expect(time).to_have_text(re.compile(r"^\d+ \w+ \d\d:\d\d$"))
    assert time.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
