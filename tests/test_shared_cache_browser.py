"""A shared cache as people meet it: what can't be pressed, what is the server's, whom it doesn't answer."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from cache.config import DEFAULT, edited
from dashboard.ranges import utc
from metrics.channels import open_channel
from tests import processes, shared_cache
from tests.browser import assert_accessible
from tests.processes import App
from tests.shared_cache import AWAY, CAPACITY_BYTES, FIXED, NAMES


@pytest.fixture(scope="module")
def sharing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A manager that hears of four instances with one Redis of 400 MB."""
    app = processes.manager(tmp_path_factory.mktemp("sharing") / "data")
    document = edited(DEFAULT, {"capacity_bytes": CAPACITY_BYTES, "author": "maria"}, now=utc(time.time() - 900))
    channel_of(app).publish(document)
    try:
        app.start()
        yield app
    finally:
        app.close()


def channel_of(app: App):
    return open_channel(f"sqlite:///{app.data_dir / 'channel.db'}")


def told(app: App, **more) -> None:
    """What the four say of themselves just now."""
    channel = channel_of(app)
    shared_cache.fill(channel, time.time(), channel.newest(), **more)


def opened(page: Page, app: App, path: str) -> Page:
    page.goto(f"{app.url}{path}")
    return page


def test_a_policy_that_redis_has_not_is_there_to_be_read_and_can_not_be_pressed(tab, sharing):
    told(sharing)
    page = opened(tab, sharing, "/configuration?policy=gdsf")
    expect(page.get_by_role("radio", name=re.compile("^GDSF"))).to_be_disabled()
    expect(page.get_by_role("radio", name=re.compile("^LFU"))).to_be_enabled()
    expect(page.get_by_role("radio", name=re.compile("^LRU"))).to_be_checked()
    expect(page.locator(".notices")).to_contain_text(
        ["The link asks for GDSF. Redis evicts by LRU, Random or LFU; GDSF is for memory: only. It was left out.", ""]
    )
    expect(page.locator(".in-force")).to_contain_text("LRU, 400 MB, shared by 4 instances.")
    page.get_by_label("Shared capacity", exact=True).fill("800")
    expect(page.locator(".compared .changed")).to_contain_text(["Shared capacity400 MB800 MB"])
    assert_accessible(page)
    page.get_by_role("radio", name=re.compile("^LFU")).click()
    page.get_by_role("button", name=re.compile("^Apply")).click()
    expect(page.locator(".latest")).to_contain_text("LRU → LFU, 400 MB → 800 MB")
    newest = channel_of(sharing).newest()
    assert (newest.policy, newest.capacity_bytes) == ("lfu", 2 * CAPACITY_BYTES)


def test_what_is_the_servers_own_is_shown_and_can_not_be_changed(tab, sharing):
    told(sharing, fixed=FIXED, policy="lru", capacity_bytes=CAPACITY_BYTES)
    page = opened(tab, sharing, "/configuration")
    expect(page.get_by_label("Shared capacity", exact=True)).to_be_disabled()
    expect(page.get_by_label("Shared capacity", exact=True)).to_have_value("400")
    expect(page.locator(".policies").first.locator("[role=radio]:enabled")).to_have_count(0)
    expect(page.get_by_role("radio", name=re.compile("^Miss rate"))).to_be_disabled()
    expect(page.locator(".what-changes")).to_contain_text(
        f"Policy and capacity are the server's: LRU (allkeys-lru), 400 MB, shared by 4 instances. {FIXED}."
    )
    expect(page.get_by_role("button", name="Apply", exact=True)).to_be_disabled()
    assert_accessible(page)


def test_a_cache_that_gives_no_answer_stands_above_the_numbers_and_the_fleet_below(tab, sharing):
    told(sharing, each={name: {"cache_problem": AWAY} for name in NAMES[2:]})
    page = opened(tab, sharing, "/")
    words = f"The shared cache fails 2 of 4 instances: {AWAY}."
    banner = page.locator(".banner.warning")
    expect(banner).to_have_text(f"{words} What it does not give comes from the store.")
    expect(page.locator(".status-text")).to_contain_text(words)
    rows = page.locator("#instances tbody tr")
    expect(rows).to_have_count(len(NAMES) + 1)
    expect(rows.last).to_contain_text("All 4")
    expect(rows.last).to_contain_text("96.8 % of 400 MB")
    assert_accessible(page)
    told(sharing)
    page.keyboard.press("r")
    expect(banner).to_have_count(0)
