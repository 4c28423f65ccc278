"""The page Statistics in a real browser, over two days of four instances."""

import csv
import io
import json
import re
import urllib.request
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import words
from dashboard.charts import CHARTS
from dashboard.theme import palette
from tests.browser import Watch, assert_accessible, assert_fits
from tests.conftest import Seeded
from tests.processes import App, wait_until

GRAPH = '[id*=\'"chart":"{}"\'][id*=\'"part":"graph"\'] .js-plotly-plot'


# The charts come after the window, one by one: those of the last test may still stand.
OF_THE_LAST_HOUR = """() => {
    const asked = new URL(document.querySelector("#statistics-csv")?.href || location).searchParams;
    const [from, to] = ["from", "to"].map((name) => Date.parse(asked.get(name)));
    const graphs = [...document.querySelectorAll(".chart-graph .js-plotly-plot")];
    return to - from <= 3660000 && to - from >= 3600000
        && graphs.every((graph) => graph.layout?.meta?.start * 1000 === from);
}"""


@pytest.fixture(scope="module")
def opened(browser: Browser, browser_context_args: dict, seeded_manager: App) -> Iterator[Page]:
    """One page for all tests, watched: loading it anew for each would take most of their time."""
    context = browser.new_context(**browser_context_args)
    watch = Watch(context)
    yield context.new_page()
    context.close()
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def statistics(opened: Page, seeded_manager: App, browser_context_args: dict) -> Page:
    """The page as it is without an address; where the last test left it elsewhere, put back."""
    opened.set_viewport_size(browser_context_args["viewport"])
    opened.emulate_media(color_scheme="light")
    opened.mouse.move(0, 0)
    if urlsplit(opened.url).netloc and opened.locator("#statistics-preset").count():
        ask(opened, "/")
        expect(opened.locator("#statistics-chip")).to_be_hidden()
        wait_until_drawn(opened)
        opened.wait_for_function(OF_THE_LAST_HOUR)
    else:
        show(opened, seeded_manager, "")
    return opened


def show(page: Page, manager: App, address: str) -> None:
    page.goto(f"{manager.url}/{address}")
    wait_until_drawn(page)


def ask(page: Page, address: str) -> None:
    """Take up an address as going back through the history does, without loading the page anew."""
    page.evaluate("a => { history.pushState({}, '', a); dispatchEvent(new PopStateEvent('popstate')); }", address)


def wait_until_drawn(page: Page) -> None:
    """Every chart, not the first alone: on a busy machine they come one after the other."""
    page.wait_for_function(
        "(count) => [...document.querySelectorAll('.chart-graph .js-plotly-plot')]"
        ".filter((graph) => graph.layout && graph.querySelector('.main-svg .xtick')).length === count",
        arg=len(CHARTS),
    )


def has_address(page: Page, **query: str) -> None:
    """Waits until the query of the address is this."""
    page.wait_for_url(lambda url: of_query(url) == query)


def figure(page: Page, chart: str) -> dict:
    return json.loads(
        page.evaluate(
            "s => {const g = document.querySelector(s); return JSON.stringify([g.data, g.layout])}", GRAPH.format(chart)
        )
    )


def line(page: Page, chart: str, column: str) -> list:
    data, _ = figure(page, chart)
    return next(t for t in data if t["meta"]["column"] == column and t["meta"]["role"] in ("line", "bars"))["y"]


def asked(page: Page) -> dict[str, str]:
    return of_query(page.url)


def of_query(url: str) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}


def drag(page: Page, chart: str, start: float, end: float) -> None:
    page.locator(GRAPH.format(chart)).scroll_into_view_if_needed()
    box = page.locator(GRAPH.format(chart)).locator(".nsewdrag").bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, height, steps=4)
    page.mouse.up()


def point_at(page: Page, share: float) -> None:
    """Move the pointer over the first chart as a hand does, in more than one step, until the numbers are there."""
    box = page.locator(".hover-box")
    for step in range(100):
        plot = page.locator(GRAPH.format("rates")).locator(".nsewdrag").bounding_box()
        page.mouse.move(plot["x"] + plot["width"] * share, plot["y"] + 40 + step % 2)
        if box.is_visible():
            return
        page.wait_for_timeout(100)
    expect(box).to_be_visible()


def more(page: Page, title: str, act: str) -> None:
    page.locator(f'summary[aria-label="More for {title}"]').click()
    page.locator("details[open]").get_by_role("button", name=act).click()


def test_cards_charts_and_tables_show_the_last_hour(statistics: Page):
    expect(statistics.locator(".number .value").first).to_contain_text("%")
    expect(statistics.locator(".cards .card")).to_have_count(5)
    for chart in CHARTS:
        data, layout = figure(statistics, chart.name)
        assert layout["meta"]["chart"] == chart.name
        assert any(value is not None for trace in data for value in trace["y"])
    expect(statistics.locator("#statistics-rows .ag-row").first).to_be_visible()
    expect(statistics.locator("#statistics-instances tbody tr")).to_have_count(4 + 1)  # and all of them


def test_the_charts_hold_the_numbers_of_the_csv(statistics: Page, seeded_manager: App):
    def exported() -> list[int]:
        address = statistics.locator("#statistics-csv").get_attribute("href")
        with urllib.request.urlopen(seeded_manager.url + address) as answer:
            return [int(row["hits"]) for row in csv.DictReader(io.StringIO(answer.read().decode()))]

    def drawn() -> list[int]:
        return [value for value in line(statistics, "requests", "hits") if value is not None]

    assert sum(drawn()) > 0
    wait_until(lambda: drawn() == exported(), what="the same in both")  # a minute may end between one and the other


def test_the_silent_quarter_of_an_hour_is_a_gap_everywhere(statistics: Page):
    for chart, column in (("rates", "hit_rate"), ("size", "size_bytes"), ("latency", "p95_ms")):
        values = line(statistics, chart, column)
        start = values.index(None)
        assert values[start : start + 15] == [None] * 15


def test_a_drag_is_a_new_range_for_everything_and_back_returns(statistics: Page):
    drag(statistics, "items", 0.1, 0.4)
    expect(statistics.locator("#statistics-chip")).to_be_visible()
    statistics.wait_for_url("**/?from=*&to=*")
    # Across midnight with its days: 25 Nov 23:59 to 26 Nov 00:18.
    times = re.compile(r"^(\d\d:\d\d-\d\d:\d\d|\d+ \w+ \d\d:\d\d to \d+ \w+ \d\d:\d\d) UTC, not live$")
    expect(statistics.locator("#statistics-chip-text")).to_have_text(times)
    statistics.wait_for_function("""() => {
        const graphs = [...document.querySelectorAll('.js-plotly-plot')];
        return new Set(graphs.map((graph) => String(graph.layout?.xaxis?.range))).size === 1;
    }""")
    ranges = {json.dumps(figure(statistics, chart.name)[1]["xaxis"]["range"]) for chart in CHARTS}
    assert len(ranges) == 1
    start = quote(asked(statistics)["from"], safe="")
    expect(statistics.locator("#statistics-csv")).to_have_attribute("href", re.compile(re.escape(f"from={start}")))
    statistics.go_back()
    expect(statistics.locator("#statistics-chip")).to_be_hidden()
    has_address(statistics)


def test_a_double_click_returns_from_a_zoom(statistics: Page):
    drag(statistics, "rates", 0.2, 0.5)
    expect(statistics.locator("#statistics-chip")).to_be_visible()
    statistics.locator(GRAPH.format("rates")).locator(".nsewdrag").dblclick()
    expect(statistics.locator("#statistics-chip")).to_be_hidden()
    has_address(statistics)


def test_a_refresh_keeps_the_zoom(statistics: Page):
    drag(statistics, "rates", 0.2, 0.5)
    expect(statistics.locator("#statistics-chip")).to_be_visible()
    statistics.wait_for_url("**/?from=*&to=*")
    statistics.wait_for_function(
        "([s, from]) => document.querySelector(s).layout?.meta?.start * 1000 === Date.parse(from)",
        arg=[GRAPH.format("rates"), asked(statistics)["from"]],
    )
    before = figure(statistics, "rates")[1]["xaxis"]["range"]
    statistics.locator("body").press("r")
    with statistics.expect_response(re.compile("_dash-update-component")):
        statistics.locator("body").press("r")
    assert figure(statistics, "rates")[1]["xaxis"]["range"] == before
    statistics.get_by_role("button", name="Back to live").click()
    expect(statistics.locator("#statistics-chip")).to_be_hidden()


def test_a_preset_stands_in_the_address_and_an_address_in_the_controls(statistics: Page, seeded_manager: App):
    statistics.locator("#statistics-preset").click()
    statistics.get_by_role("option", name="Last 24 hours").click()
    expect(statistics.locator("#statistics-preset")).to_have_value("Last 24 hours")
    statistics.wait_for_url("**/?from=now-24h")
    show(statistics, seeded_manager, "?from=now-3h&instance=ip-10-0-1-5&compare=day&refresh=off")
    expect(statistics.locator("#statistics-preset")).to_have_value("Last 3 hours")
    expect(statistics.locator("#statistics-instance")).to_have_value("ip-10-0-1-5")
    expect(statistics.locator("#statistics-compare")).to_have_value("vs day before")
    has_address(statistics, **{"from": "now-3h"}, instance="ip-10-0-1-5", compare="day", refresh="off")


def test_a_bad_address_falls_back_with_a_notice(statistics: Page):
    ask(statistics, "/?from=yesterday&instance=nobody")
    expect(statistics.locator(".banner.warning").first).to_contain_text("'yesterday' is not a time")
    expect(statistics.locator(".banner.warning").last).to_contain_text("nobody did not report")


def test_custom_takes_times_as_text(statistics: Page, seeded_channel: Seeded):
    statistics.locator("#statistics-preset").click()
    statistics.get_by_role("option", name="Custom").click()
    statistics.locator("#statistics-from").fill("now-3h")
    statistics.locator("#statistics-to").fill("now-2h")
    statistics.locator("#statistics-to").press("Enter")
    statistics.wait_for_url("**/?from=now-3h&to=now-2h")
    expect(statistics.locator("#statistics-chip")).to_be_visible()
    statistics.locator("#statistics-from").fill("last week")
    statistics.get_by_role("button", name="Show").click()
    expect(statistics.locator(".banner.warning")).to_contain_text("'last week' is not a time")


def test_arrows_shift_by_half_the_range_and_minus_doubles_it(statistics: Page):
    statistics.get_by_role("button", name="Earlier by half the range").click()
    statistics.wait_for_url("**/?from=*&to=*")
    first = asked(statistics)["from"]
    statistics.locator("body").press("[")
    expect(statistics.locator("#statistics-from")).not_to_have_value(first.replace("T", " ")[:16])
    statistics.get_by_role("button", name="Later by half the range").click()
    expect(statistics.locator("#statistics-from")).to_have_value(first.replace("T", " ")[:16])
    statistics.get_by_role("button", name="Back to live").click()
    expect(statistics.locator("#statistics-chip")).to_be_hidden()
    statistics.get_by_role("button", name="Twice the range").click()
    statistics.wait_for_url("**/?from=now-120m")


def test_one_line_through_all_charts_and_one_box_with_the_numbers(statistics: Page):
    point_at(statistics, 0.9)
    expect(statistics.locator(".hover-line")).to_have_count(len(CHARTS))
    told = statistics.locator(".hover-box").inner_text()
    assert re.search(
        r"^\d\d:\d\d-\d\d:\d\d UTC\nHit rate [\d.]+ % \([\d,]+ of [\d,]+\)\nMiss rate [\d.]+ % \([\d,]+\)\n", told
    )
    assert re.search(r"Hour before [\d.]+ %\nv3, 4 of 4 reported$", told)


def test_the_box_says_where_nobody_reported(statistics: Page):
    silent = line(statistics, "rates", "hit_rate").index(None) + 7
    point_at(statistics, (silent + 0.5) / 61)
    expect(statistics.locator(".hover-box")).to_contain_text("No data: nobody reported this minute")


def test_a_legend_button_hides_its_line_and_two_clicks_leave_it_alone(statistics: Page):
    button = statistics.locator("[data-line=miss_rate]")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    statistics.wait_for_url("**/?hide=miss_rate")
    statistics.wait_for_function(
        "s => !document.querySelector(s).data.some(t => t.meta.column === 'miss_rate')", arg=GRAPH.format("rates")
    )
    button.click()
    statistics.locator("[data-line=p95_ms]").dblclick()
    statistics.wait_for_url("**/?hide=p50_ms%2Cp99_ms")


def test_no_cell_of_the_table_is_cut_off_at_any_width(statistics: Page):
    cut = """() => [...document.querySelectorAll('#statistics-rows .ag-cell, #statistics-rows .ag-header-cell-text')]
        .filter((each) => each.scrollWidth > each.clientWidth)"""
    for width, columns in {1600: 15, 1440: 15, 1366: 14, 1280: 13, 1000: 9, 768: 5, 390: 4}.items():
        statistics.set_viewport_size({"width": width, "height": 900})
        expect(statistics.locator("#statistics-rows .ag-header-cell")).to_have_count(columns)
        statistics.wait_for_function(f"() => !({cut})().length")


def test_the_same_numbers_stand_beside_each_chart_as_a_table(statistics: Page):
    more(statistics, "Items", "Show as table")
    twin = statistics.locator('[id*=\'"chart":"items"\'][id*=\'"part":"twin"\']')
    expect(twin.locator(".ag-header-cell-text")).to_have_text(["Time (UTC)", "Items"])
    newest = words.count([value for value in line(statistics, "items", "items") if value is not None][-1])
    expect(twin.locator(".ag-row").first).to_contain_text(newest)


def test_a_chart_can_be_saved_as_a_picture(statistics: Page):
    for kind in ("PNG", "SVG"):
        with statistics.expect_download() as download:
            more(statistics, "Items", f"Save as {kind}")
        assert download.value.suggested_filename.startswith("hitrate-items-")
        assert download.value.suggested_filename.endswith(kind.lower())


def test_charts_follow_the_colour_scheme(statistics: Page):
    def ink() -> str:
        return figure(statistics, "rates")[1]["annotations"][-1]["font"]["color"]

    light = ink()
    statistics.locator("#scheme-choice").click()
    statistics.get_by_role("option", name="Dark").click()
    statistics.wait_for_function(
        "([s, c]) => document.querySelector(s).layout?.annotations?.at(-1).font.color !== c",
        arg=[GRAPH.format("rates"), light],
    )
    assert statistics.evaluate(
        "getComputedStyle(document.body).colorScheme || document.documentElement.dataset.mantineColorScheme"
    )
    statistics.reload()
    wait_until_drawn(statistics)
    expect(statistics.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(statistics.locator("#scheme-choice")).to_have_value("Dark")
    statistics.locator("#scheme-choice").click()
    statistics.get_by_role("option", name="System").click()


def test_keys_open_the_help_and_can_be_switched_off(statistics: Page):
    statistics.locator("body").press("?")
    switch = statistics.get_by_role("switch", name="Single-key shortcuts")
    expect(switch).to_be_visible()
    switch.press("Space")
    statistics.keyboard.press("Escape")
    expect(switch).to_be_hidden()
    statistics.locator("body").press("[")
    assert asked(statistics) == {}
    statistics.get_by_role("button", name="Keyboard shortcuts").click()
    switch.press("Space")
    statistics.keyboard.press("Escape")


def test_a_change_of_the_configuration_is_a_link_under_the_chart(statistics: Page):
    ask(statistics, "/?from=now-3h")
    expect(statistics.locator(".changes a")).to_have_text("v3")
    # The charts follow the link a moment later, and until then this one has no shapes at all.
    statistics.wait_for_function("s => document.querySelector(s).layout?.shapes?.length", arg=GRAPH.format("evictions"))
    assert "v3" in [annotation["text"] for annotation in figure(statistics, "evictions")[1]["annotations"]]


def test_a_range_without_data_says_where_the_last_is(statistics: Page):
    ask(statistics, "/?from=2026-01-01T11:00:00Z&to=2026-01-01T12:00:00Z")
    expect(statistics.locator(".banner.info")).to_contain_text(
        "Nobody reported between 11:00 and 12:00 UTC. The last data is from"
    )
    statistics.get_by_role("link", name="Show it").click()
    expect(statistics.locator(".number .value").first).to_contain_text("%")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_serious_for_axe_and_nothing_wider_than_the_screen(statistics: Page, scheme: str, width: int):
    statistics.set_viewport_size({"width": width, "height": 844})
    statistics.emulate_media(color_scheme=scheme)
    statistics.wait_for_function(
        "([s, c]) => document.querySelector(s).layout?.annotations?.at(-1).font.color === c",
        arg=[GRAPH.format("rates"), palette(scheme)["muted"]],
    )
    assert_fits(statistics, width)
    assert_accessible(statistics)


def test_words_are_the_same_in_the_browser_and_in_python(statistics: Page):
    numbers = {
        "count": [0, 1, 999, 1000, 18_240, 1_234_567.5, None],
        "size": [0, 512, 1023, 1024, 41_779, 101_502_976, 419_430_400, 1_342_177_280, None],
        "rate": [0, 0.0004, 0.5, 0.8123, 0.98999, 0.99123, 0.99999, 1, None],
        "milliseconds": [0.04, 0.84, 9.94, 9.96, 12.4, 340, 999.6, 1234, 12_345, None],
    }
    for name, values in numbers.items():
        told = statistics.evaluate("([name, values]) => values.map(hitrate.words[name])", [name, values])
        assert told == [getattr(words, name)(value) for value in values]
    for start, end in ((1_795_521_780, 1_795_521_840), (1_795_434_000, 1_795_521_840)):
        assert statistics.evaluate("([start, end]) => hitrate.words.span(start, end)", [start, end]) == words.span(
            start, end
        )
