"""Add images: many files at once, what became of each, and what can be done about it."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from tests.asking import Client, small_images
from tests.browser import assert_accessible
from tests.processes import App


def payload(name: str, data: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def pictures(*names: str, seed: int = 1) -> list[dict]:
    return [payload(name, data) for name, data in zip(names, small_images(len(names), seed).values(), strict=True)]


@pytest.fixture
def add(page: Page, service: App) -> Callable[[list], None]:
    """Chooses files on the page."""
    page.goto(f"{service.url}/add")
    return lambda files: page.set_input_files("#files", files)


def row(page: Page, name: str):
    return page.locator(".row").filter(has=page.get_by_title(name, exact=True))


def totals(page: Page):
    return page.locator("#totals")


def test_photographs_go_in_byte_for_byte(page: Page, service: App, add: Callable, photos: list[Path]) -> None:
    add(photos)
    expect(totals(page)).to_have_text(f"{len(photos)} of {len(photos)} added")
    shown = page.locator(".row .name bdi").all_inner_texts()
    client = Client(service.url)
    assert [client.get(key).body for key in shown] == [path.read_bytes() for path in photos]
    page.get_by_role("link", name="See all images").click()
    expect(page.locator(".picture")).to_have_count(len(photos))


def test_each_refused_file_says_why_in_the_services_words(page: Page, add: Callable) -> None:
    broken = small_images(1)["image-000.png"][:-40]
    add([*pictures("fine.png"), payload("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
         payload("broken.png", broken), payload("empty.jpg", b"")])  # fmt: skip
    expect(totals(page)).to_have_text("1 of 4 added, 3 refused")
    expect(row(page, "logo.svg")).to_contain_text("SVG is not accepted; use JPEG, PNG, GIF or WebP")
    for name in ("broken.png", "empty.jpg"):
        expect(row(page, name).locator(".status")).to_have_text(re.compile("Refused: ."))
        expect(row(page, name).get_by_role("button")).to_have_count(0)
    assert_accessible(page)


def test_a_file_that_is_too_long_is_refused_before_it_is_sent(page: Page, service: App, add: Callable) -> None:
    sent: list[str] = []
    page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    add([payload("long.jpg", bytes(10 * 1024**2 + 1)), *pictures("after it.png")])
    expect(totals(page)).to_have_text("1 of 2 added, 1 refused")
    expect(row(page, "long.jpg")).to_contain_text("Refused: It is longer than 10 MB, the most that is accepted.")
    assert sent == [f"{service.url}/images/{quote('after it.png')}"]


def test_nothing_is_replaced_unasked(page: Page, service: App, add: Callable) -> None:
    client = Client(service.url)
    before, after = pictures("a.png", "b.png", "c.png", seed=2), pictures("a.png", "b.png", "c.png", seed=3)
    for each in before:
        client.put(each["name"], each["buffer"])
    client.put("b (2).png", before[0]["buffer"])
    add(after)
    expect(totals(page)).to_have_text("0 of 3 added, 3 to decide")
    row(page, "a.png").get_by_role("button", name="Replace").click()
    expect(row(page, "a.png").locator(".status")).to_have_text("Replaced the one before")
    expect(row(page, "b.png").get_by_role("button", name="Replace")).to_be_focused()
    row(page, "b.png").get_by_role("button", name="Keep both").click()
    expect(row(page, "b.png").locator(".status")).to_have_text("Added as b (3).png")
    row(page, "c.png").get_by_role("button", name="Skip").click()
    expect(totals(page)).to_have_text("1 of 3 added, 1 replaced, 1 skipped")
    assert client.get("a.png").body == after[0]["buffer"]
    assert client.get("b.png").body == before[1]["buffer"]
    assert client.get("b (3).png").body == after[1]["buffer"]
    assert client.get("c.png").body == before[2]["buffer"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("Replace all", "0 of 3 added, 3 replaced"),
        ("Keep both of each", "3 of 3 added"),
        ("Skip all", "0 of 3 added, 3 skipped"),
    ],
)
def test_one_answer_can_settle_all_that_exist(page: Page, service: App, add: Callable, answer: str, outcome: str):
    names = [f"{answer} {number}.png" for number in range(3)]
    for each in pictures(*names, seed=4):
        Client(service.url).put(each["name"], each["buffer"])
    add(pictures(*names, seed=5))
    expect(page.get_by_text("3 of these names exist already.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=answer, exact=True).click()
    expect(totals(page)).to_have_text(outcome)


def test_two_of_one_name_among_the_chosen_are_a_question_too(page: Page, add: Callable) -> None:
    add([*pictures("twin.png", seed=6), *pictures("twin.png", seed=7)])
    expect(totals(page)).to_have_text("1 of 2 added, 1 to decide")
    page.get_by_role("button", name="Keep both twin.png").click()
    expect(totals(page)).to_have_text("2 of 2 added")


@pytest.mark.expects_problem("ERR_", "503")
def test_retry_is_offered_where_no_answer_came(page: Page, add: Callable) -> None:
    page.route("**/images/flaky.png", lambda route: route.abort("connectionreset"), times=1)
    add(pictures("flaky.png", seed=8))
    expect(row(page, "flaky.png").locator(".status")).to_have_text(
        "Not added: The connection broke before the answer came."
    )
    row(page, "flaky.png").get_by_role("button", name="Retry").click()
    expect(totals(page)).to_have_text("1 of 1 added")


@pytest.mark.expects_problem("503")
def test_a_busy_service_is_asked_again_by_itself(page: Page, add: Callable) -> None:
    def busy(route: Route) -> None:
        route.fulfill(status=503, headers={"Retry-After": "1"}, body="{}", content_type="application/problem+json")

    page.route("**/images/patient.png", busy, times=1)
    add(pictures("patient.png", seed=9))
    expect(row(page, "patient.png").locator(".status")).to_have_text("The service is busy; trying again in 1 s.")
    expect(totals(page)).to_have_text("1 of 1 added")


def test_two_are_sent_at_once_and_the_rest_waits_or_is_skipped(page: Page, add: Callable) -> None:
    held: list[Route] = []
    page.route("**/images/held*", lambda route: held.append(route))
    add(pictures(*(f"held {number}.png" for number in range(6)), seed=10))
    expect(totals(page)).to_have_text("0 of 6 added, 2 sending, 4 waiting")
    assert_accessible(page)
    page.get_by_role("button", name="Skip the rest").click()
    for route in held:
        route.continue_()
    expect(totals(page)).to_have_text("2 of 6 added, 4 skipped")
    assert len(held) == 2


def test_leaving_while_something_is_sent_asks_first(page: Page, add: Callable) -> None:
    held: list[Route] = []
    page.route("**/images/leaving.png", lambda route: held.append(route))
    add(pictures("leaving.png", seed=11))
    expect(totals(page)).to_have_text("0 of 1 added, 1 sending")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("h1").click()  # browsers ask only those who have touched the page
    page.evaluate("location.href = '/'")
    expect(page).to_have_url(re.compile("/add$"))
    held[0].continue_()
    expect(totals(page)).to_have_text("1 of 1 added")
    page.get_by_role("link", name="See all images").click()
    expect(page.locator("h1")).to_have_text("All images")
    assert asked == ["beforeunload"]


def test_files_dropped_anywhere_on_the_page_are_added(page: Page, add: Callable) -> None:
    dropped = page.evaluate_handle(
        """async (bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png"));
          return transfer;
        }""",
        list(pictures("dropped.png", seed=12)[0]["buffer"]),
    )
    page.dispatch_event("h1", "dragenter", {"dataTransfer": dropped})
    expect(page.get_by_text("Drop to add")).to_be_visible()
    page.dispatch_event("h1", "drop", {"dataTransfer": dropped})
    expect(totals(page)).to_have_text("1 of 1 added")
    expect(page.get_by_text("Drop to add")).to_be_hidden()


def test_two_hundred_files_keep_their_order(page: Page, service: App, add: Callable) -> None:
    names = [f"order {number:03}.png" for number in range(200)]
    add(pictures(*names, seed=13))
    expect(totals(page)).to_have_text("200 of 200 added")
    assert page.locator(".row .name bdi").all_inner_texts() == names


def test_a_row_opens_its_image(page: Page, add: Callable) -> None:
    add(pictures("öpen me #1.png", seed=14))
    page.get_by_role("link", name="Open öpen me #1.png").click()
    expect(page.get_by_role("img", name="öpen me #1.png")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_is_accessible_and_fits(page: Page, add: Callable, scheme: str, width: int) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    assert_accessible(page)
    add(pictures("fits.png", seed=15))
    add([payload("a very long name " * 8 + ".png", b"nothing of an image")])
    expect(totals(page)).not_to_contain_text("sending")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_works_by_keyboard_alone(page: Page, add: Callable) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose files")).to_be_focused()


def test_without_scripts_a_form_adds_files(service: App, new_context: Callable) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(f"{service.url}/add")
    page.set_input_files("#files", pictures("plain form.png", seed=16))
    page.get_by_role("button", name="Add").click()
    expect(page.locator("body")).to_contain_text('"key":"plain form.png"')
    assert Client(service.url).get("plain form.png").status == 200
