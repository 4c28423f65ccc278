"""What surrounds the pages: served from this machine alone, guarded, and usable before there is any data."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.app import create_app
from dashboard.figures import figure
from dashboard.pages import statistics_callbacks
from dashboard.settings import Settings
from tests.browser import assert_accessible
from tests.dash_calls import Calls
from tests.processes import App
from tests.processes import manager as manager_of


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return create_app(Settings(data_dir=tmp_path))


def test_two_apps_of_one_process_do_not_share_callbacks(tmp_path):
    one, other = (create_app(Settings(data_dir=tmp_path / name)) for name in "ab")
    one.server.test_client().get("/")
    other.server.test_client().get("/")
    assert one.callback_map.keys() == other.callback_map.keys()
    assert "..statistics-window.data...statistics-notice.children.." in other.callback_map


TWICE = (
    "?from=now-3h&from=x&period=60&period=x&show=miss&show=x&target=80&target=x&policy=gdsf&policy=x&reason=a&reason=b"
)


@pytest.mark.parametrize(
    ("path", "store", "first"),
    [
        ("/", "statistics-view", {"from": "now-3h", "period": "60"}),
        ("/what-if", "what-if-view", {"from": "now-3h", "show": "miss", "target": "80"}),
        ("/configuration", "configuration-address", {"policy": "gdsf", "reason": "a"}),
    ],
)
def test_of_what_an_address_says_twice_the_first_counts(app, path, store, first):
    where = {"_pages_location.pathname": path, "_pages_location.search": TWICE}
    shown = Calls(app).call("_pages_content.children", ["_pages_location.pathname", "_pages_location.search"], where)
    (found,) = (each for each in every(shown["_pages_content.children"]) if each.get("id") == store)
    assert found["data"] == first


def every(component: object) -> Iterator[dict]:
    """The properties of all components in it."""
    if isinstance(component, list):
        for each in component:
            yield from every(each)
    elif isinstance(component, dict) and "props" in component:
        yield component["props"]
        yield from every(component["props"].get("children"))


def test_the_first_page_has_its_language_its_icon_and_nothing_from_elsewhere(app):
    html = app.server.test_client().get("/").text
    assert '<html lang="en">' in html
    assert "/assets/images/favicon.svg" in html
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert sources
    assert all(source.startswith("/") for source in sources)


def test_the_image_pages_own_files_are_not_on_the_managers_pages(app):
    html = app.server.test_client().get("/").text
    assert not re.findall(r'"/assets/images/[^"]+\.(?:js|css)', html)


def test_the_scripts_of_dash_are_kept_and_compressed(app):
    client = app.server.test_client()
    html = client.get("/").text
    script = re.search(r'src="(/_dash-component-suites/[^"]+dcc/dash_core_components\.[^"]+)"', html)[1]
    answer = client.get(script, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"


def test_foreign_hosts_and_foreign_writes_are_refused(app):
    client = app.server.test_client()
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    posted = client.post("/_dash-update-component", json={}, headers={"Origin": "http://evil.example"})
    assert posted.status_code == 403


def test_a_callback_answers_without_a_browser(app):
    client = app.server.test_client()
    client.get("/")
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": "..statistics-window.data...statistics-notice.children..",
            "outputs": [
                {"id": "statistics-window", "property": "data"},
                {"id": "statistics-notice", "property": "children"},
            ],
            "inputs": [
                {"id": "statistics-view", "property": "data", "value": {"from": "now-3h"}},
                {"id": "statistics-tick", "property": "n_intervals", "value": 0},
            ],
            "changedPropIds": ["statistics-view.data"],
        },
    )
    window = json.loads(answer.text)["response"]["statistics-window"]["data"]
    assert window["end"] - window["start"] == 3 * 3600 + 60
    assert window["live"] is True


@pytest.fixture(scope="module")
def lonely(tmp_path_factory) -> Iterator[App]:
    """A manager whose channel nobody ever wrote to."""
    app = manager_of(tmp_path_factory.mktemp("lonely") / "data")
    app.start()
    yield app
    app.close()


def test_a_chart_that_fails_says_so_and_leaves_the_others_alone(app, monkeypatch):
    client = app.server.test_client()
    window = {"start": 0, "end": 3600, "period": 60, "live": False, "instance": "all", "compare": "off", "hidden": []}
    parts = ("graph.figure", "frame.aria-label", "sentence.children", "period.children", "twin.children")
    outputs = [(*part.split("."),) for part in (*parts, "failure.children")]

    def draw(chart: str) -> dict:
        of = [{"id": {"part": part, "chart": chart}, "property": prop} for part, prop in outputs]
        names = [f'{{"chart":["MATCH"],"part":"{part}"}}.{prop}' for part, prop in outputs]
        request = {
            "output": f"..{'...'.join(names)}..",
            "outputs": of,
            "inputs": [
                {"id": "statistics-window", "property": "data", "value": window},
                {"id": "scheme", "property": "data", "value": "light"},
                {"id": {"act": "twin", "chart": chart}, "property": "n_clicks"},
            ],
            "state": [{"id": of[0]["id"], "property": "id", "value": of[0]["id"]}],
            "changedPropIds": ["statistics-window.data"],
        }
        answer = client.post("/_dash-update-component", json=request)
        assert answer.status_code == 200
        return answer.json["response"]

    def fails(chart, *args, **kwargs):
        if chart.name == "items":
            raise ValueError("on purpose")
        return figure(chart, *args, **kwargs)

    monkeypatch.setattr(statistics_callbacks, "figure", fails)
    said = r"This chart could not be drawn\. The others are right\..*Code [0-9a-f]{4}"
    assert re.search(said, json.dumps(draw("items")))
    assert not re.search(said, json.dumps(draw("rates")))


def test_a_manager_without_a_service_says_what_to_do(page: Page, lonely: App):
    page.goto(lonely.url)
    expect(page.locator(".status-text")).to_contain_text("No statistics yet.")
    expect(page.locator(".banner.first-time")).to_have_text(
        "No statistics yet. Is the image service running? Try make traffic; "
        "the first minute shows here within two minutes."
    )
    assert_accessible(page)


@pytest.mark.expects_problem("ERR_CONNECTION|ERR_EMPTY_RESPONSE|the server did not respond")
def test_a_manager_that_is_gone_is_told_of_until_it_is_back(page: Page, tmp_path):
    app = manager_of(tmp_path / "data")
    try:
        app.start()
        page.goto(f"{app.url}/configuration")
        expect(page.locator(".in-force")).to_contain_text("v0")
        gone = page.get_by_role("alert").filter(has_text="The manager is not answering since")
        expect(gone).to_have_count(0)
        app.terminate()
        expect(gone).to_be_visible()
        expect(page.locator(".status-text")).to_be_hidden()
        assert_accessible(page)
        app.start()
        expect(gone).to_have_count(0)
        expect(page.locator(".status-text")).to_be_visible()
    finally:
        app.close()


def test_the_header_leads_to_the_image_service(page: Page, manager: App, service: App):
    page.goto(manager.url)
    link = page.get_by_role("link", name="Open image service")
    assert link.get_attribute("href") == service.url


def test_without_an_address_of_the_service_there_is_no_link(app):
    assert "Open " not in str(app.layout)


def test_the_current_page_is_marked_and_tab_leads_to_the_content_first(page: Page, manager: App):
    page.goto(manager.url)
    expect(page.locator(".navigation [aria-current=page]")).to_have_text("Statistics")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the page")


def test_an_unknown_address_says_so(page: Page, manager: App):
    page.goto(f"{manager.url}/nothing")
    expect(page.get_by_role("heading", name="No page has this address.")).to_be_visible()


def test_an_error_of_the_manager_is_a_problem_document(manager: App):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{manager.url}/export/statistics.csv?from=yesterday")
    assert refused.value.headers["Content-Type"] == "application/problem+json"
