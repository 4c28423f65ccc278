"""What every browser test asks of a page, whatever it shows: no console error, nothing from elsewhere, accessible."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect
from playwright.sync_api import TimeoutError as WaitedTooLong

from tests.processes import PATIENCE_SECONDS
from tools.prepare import CHROMIUM, find, how_to_install

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
# A browser phones home, fetches updates and asks the user things unless it is told not to.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW_TO_INSTALL = how_to_install(CHROMIUM)
LOCAL_HOSTS = ("127.0.0.1", "localhost")
ELSEWHERE = re.compile(r"^(https?|wss?)://(?!(127\.0\.0\.1|localhost)[:/])")
"""What a browser would have to leave this machine for."""
_STICKING_OUT = """width => [document.documentElement.scrollWidth, innerWidth,
    ...[...document.querySelectorAll("body *")]
        .filter((element) => element.getBoundingClientRect().right > width + 0.5)
        .map((element) => `${element.tagName} ${element.className.baseVal ?? element.className} ${element.id}`)
        .slice(0, 30)]"""
_TRANSITIONS_OVER = """() => document.getAnimations()
    .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
    .forEach((animation) => animation.finish())"""
# What a script fetches and reads itself may be refused (a 412 is an answer); what the page is made of may not.
ASKED_BY_SCRIPTS = ("fetch", "xhr")


def find_chromium() -> str | None:
    return find(CHROMIUM)


PATIENCE_MS = 1000 * PATIENCE_SECONDS


class Watch:
    """Collects what goes wrong in a browser context; ``expected`` are patterns of console errors a test provokes.

    A watched context has patience and no way off this machine.
    """

    def __init__(self, context: BrowserContext, expected: tuple[str, ...] = ()) -> None:
        expect.set_options(timeout=PATIENCE_MS)
        context.set_default_timeout(PATIENCE_MS)
        # By pattern, not by a function: with that every request would wait until the test, which may wait for another
        # process just then, has looked at it.
        context.route(ELSEWHERE, lambda route: route.abort())
        self.problems: list[str] = []
        self._expected = expected
        context.on("console", self._said)
        context.on("weberror", lambda error: self._note(f"uncaught in the page: {error.error}"))
        context.on("response", self._answered)
        context.on("request", self._asked)

    def _note(self, problem: str) -> None:
        if not any(re.search(pattern, problem) for pattern in self._expected):
            self.problems.append(problem)

    def _said(self, message: ConsoleMessage) -> None:
        # A failed load is judged where its answer comes in, which knows what was asked for and by whom.
        if message.type == "error" and not message.text.startswith("Failed to load resource: the server responded"):
            self._note(f"console error: {message.text}")

    def _answered(self, response: Response) -> None:
        refused = response.status >= 500 or (
            response.status >= 400 and response.request.resource_type not in (*ASKED_BY_SCRIPTS, "document")
        )
        if refused:
            self._note(f"{response.status} for {response.request.method} {response.url}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and address.hostname not in LOCAL_HOSTS:
            self._note(f"left this machine: {request.method} {request.url}")


def assert_fits(page: Page, width: int) -> None:
    """Waits until nothing is wider than the window; what charts and tables measure, they measure a moment later."""
    try:
        page.wait_for_function("width => document.documentElement.scrollWidth === width", arg=width, polling=100)
    except WaitedTooLong as error:
        raise AssertionError(f"wider than {width}: {page.evaluate(_STICKING_OUT, width)}") from error


def assert_accessible(page: Page, but: tuple[str, ...] = ()) -> None:
    """Fails on each serious or critical finding of axe-core; ``but`` are rules that the test explains away."""
    page.evaluate(_TRANSITIONS_OVER)  # a colour on its way to another is not the page's
    page.evaluate(AXE.read_text(encoding="utf-8"))  # a script tag would be against the page's own policy
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    serious = [v for v in found if v["impact"] in ("serious", "critical") and v["id"] not in but]
    assert not serious, "\n".join(
        f"{v['id']} ({v['impact']}): {v['help']}\n  " + "\n  ".join(node["html"][:200] for node in v["nodes"][:5])
        for v in serious
    )
