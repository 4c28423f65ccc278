"""The page Configuration as browser tests handle it."""

import json
import re
import urllib.request

from playwright.sync_api import Locator, Page, expect

from tests.processes import App


def opened(page: Page, manager: App, query: str = "") -> Page:
    page.goto(f"{manager.url}/configuration{query}")
    expect(page.locator(".compared")).to_be_visible()
    return page


def edit(manager: App, **members: object) -> dict:
    """An edit by a script; returns the new document."""
    request = urllib.request.Request(
        f"{manager.url}/api/configuration",
        json.dumps(members).encode(),
        {"Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def capacity(page: Page) -> Locator:
    return page.get_by_label("Capacity an instance", exact=True)


def apply(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile(r"^Apply"))
