"""Signing in over HTTP: nothing of the manager answers before, at any address, and no session outlives its end."""

import base64
import re
import stat
import time

import pytest

from dashboard.app import create_app
from dashboard.login import OPEN
from dashboard.session import KEY_FILE
from dashboard.settings import Settings
from web.tries import MOST

PASSWORD = "open sesame"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
PATHS = {"<path:path>": "configuration", "<path:filename>": "dashboard/1-base.css", "<string:package_name>": "dash",
         "<path:fingerprinted_path>": "deps/react.js"}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def manager(folder, **settings):
    return create_app(Settings(**{"data_dir": folder, "manager_password": PASSWORD} | settings)).server


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return manager(tmp_path_factory.mktemp("data"))


@pytest.fixture
def client(server):
    return server.test_client()


def sign_in(client, password=PASSWORD, path="/login", peer="127.0.0.1", **fields):
    return client.post(path, data={"password": password, **fields}, environ_base={"REMOTE_ADDR": peer})


def basic(password, name="anybody"):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_nothing_answers_before_the_sign_in_but_what_that_needs(server, client):
    asked = 0
    for rule in server.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", lambda found: PATHS[found[0]], rule.rule)
        for method in rule.methods:
            asked += 1
            for headers in ({}, {**PAGE}, {"Authorization": "Bearer x"}, {"Cookie": "hitrate_manager=forged"}):
                answer = client.open(path, method=method, headers=headers)
                if path in OPEN:
                    assert answer.status_code in (200, 401), path  # 401: a sign-in without a password
                elif headers == PAGE:
                    assert answer.status_code == 303, (method, path)
                    assert answer.headers["Location"].startswith("/login")
                else:
                    assert answer.status_code == 401, (method, path)
                    assert answer.content_type == "application/problem+json"
    assert asked > 30


@pytest.mark.parametrize("path", ["/login/", "/Login", "/healthz/x", "/assets/../api/instances", "/login;x"])
def test_nor_does_an_address_that_looks_like_an_open_one(client, path):
    assert client.get(path).status_code == 401


@pytest.mark.parametrize("path", sorted(OPEN))
def test_what_the_login_page_needs_is_open(client, path):
    assert client.get(path).status_code == 200


def test_without_a_password_there_is_no_login_page(tmp_path):
    server = create_app(Settings(data_dir=tmp_path)).server
    assert "/login" not in {rule.rule for rule in server.url_map.iter_rules()}
    assert server.test_client().get("/api/instances").status_code == 200
    assert not (tmp_path / KEY_FILE).exists()


def test_after_the_sign_in_the_page_that_was_asked_for_comes(client):
    sent = client.get("/configuration?reason=a%20b&policy=lru", headers=PAGE)
    assert sent.headers["Location"] == "/login?next=%2Fconfiguration%3Freason%3Da%2520b%26policy%3Dlru"
    login = client.get(sent.headers["Location"]).text
    assert 'value="/configuration?reason=a%20b&amp;policy=lru"' in login
    answer = sign_in(client, next="/configuration?reason=a%20b&policy=lru#v7")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/configuration?reason=a%20b&policy=lru#v7")
    assert client.get("/_dash-layout").status_code == 200
    assert client.get("/configuration", headers=PAGE).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("way", ["https://evil.example", "//evil.example", "/\\evil.example", "/login", "/logout"])
def test_a_next_never_leads_away_or_in_a_circle(client, way):
    assert sign_in(client, next=way).headers["Location"] == "/"
    assert client.get("/login", query_string={"next": way}).headers["Location"] == "/"


def test_the_cookie_is_for_this_site_alone_and_over_tls_for_nothing_else(client):
    cookie = sign_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    answer = client.post("/login", data={"password": PASSWORD}, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


def test_a_wrong_password_is_told_and_opens_nothing(client):
    answer = sign_in(client, "wrong", name="maria <b>")
    assert answer.status_code == 401
    assert "That password is not right." in answer.text
    assert 'value="maria &lt;b&gt;"' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert client.get("/api/instances").status_code == 401
    sign_in(client)


def test_a_guesser_waits_on_the_page_and_with_basic_alike(client):
    for _ in range(MOST):
        assert sign_in(client, "wrong", peer="192.0.2.7").status_code == 401
    answer = sign_in(client, peer="192.0.2.7")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Too many tries. Wait 60 s." in answer.text
    by_basic = client.get("/api/instances", headers=basic(PASSWORD), environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert by_basic.status_code == 429
    assert sign_in(client, peer="192.0.2.8").status_code == 303


@pytest.mark.parametrize("path", ["/api/instances", "/api/configuration", "/export/statistics.csv"])
def test_scripts_bring_the_password_with_any_name(client, path):
    assert client.get(path, headers=basic(PASSWORD)).status_code == 200
    assert client.get(path, headers=basic(PASSWORD, "")).status_code == 200
    refused = client.get(path, headers=basic("wrong"))
    assert (refused.status_code, refused.get_json()["detail"]) == (401, "That password is not right.")
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    client.get(path, headers=basic(PASSWORD))


def test_basic_opens_no_page(client):
    assert client.get("/", headers={**PAGE, **basic(PASSWORD)}).status_code == 303
    assert client.get("/_dash-layout", headers=basic(PASSWORD)).status_code == 401


def test_no_browser_puts_its_own_window_over_a_page(client):
    by_page = client.get("/api/instances", headers={"Sec-Fetch-Mode": "cors"})
    callback = client.post("/_dash-update-component", json={})
    for answer in (by_page, callback):
        assert answer.status_code == 401
        assert not answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_sign_out_ends_the_session_and_every_copy_of_its_cookie(server, client):
    sign_in(client)
    cookie = client.get_cookie("hitrate_manager").value
    client.get("/logout")  # a link that somebody sends, say
    assert client.get("/_dash-layout").status_code == 200
    assert client.post("/logout").headers["Location"] == "/login"
    assert client.get("/_dash-layout").status_code == 401
    thief = server.test_client()
    thief.set_cookie("hitrate_manager", cookie)
    assert thief.get("/_dash-layout").status_code == 401


def test_a_page_that_asks_does_not_bring_the_cookie_back(client):
    sign_in(client)
    assert "Set-Cookie" not in client.get("/_dash-layout").headers


def test_a_cookie_from_before_the_sign_in_is_not_the_one_afterwards(server, client):
    sign_in(client)
    before = client.get_cookie("hitrate_manager").value
    sign_in(client)
    assert client.get_cookie("hitrate_manager").value != before


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_no_other_site_signs_anybody_in_or_out(client, path, headers):
    sign_in(client)
    assert client.post(path, data={"password": PASSWORD}, headers=headers).status_code == 403
    assert client.get("/_dash-layout").status_code == 200


def test_no_other_site_shows_it_inside_of_a_page(client):
    sign_in(client)
    for path in ("/login?again", "/"):
        answer = client.get(path, headers=PAGE)
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def signed_in(server):
    client = server.test_client()
    sign_in(client)
    return client.get_cookie("hitrate_manager").value


def opens(server, cookie):
    client = server.test_client()
    client.set_cookie("hitrate_manager", cookie)
    return client.get("/_dash-layout").status_code == 200


def test_a_restart_keeps_the_sessions_and_a_new_password_ends_them(tmp_path):
    cookie = signed_in(manager(tmp_path))
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert opens(manager(tmp_path), cookie)
    assert not opens(manager(tmp_path, manager_password="another"), cookie)
    assert not opens(manager(tmp_path, secret_key="a key of ones own"), cookie)
    (tmp_path / KEY_FILE).unlink()
    assert not opens(manager(tmp_path), cookie)


def test_managers_of_one_secret_key_share_their_sessions(tmp_path):
    one, other = (manager(tmp_path / name, secret_key="a key that both have") for name in "ab")
    assert opens(other, signed_in(one))
    assert not (tmp_path / "a" / KEY_FILE).exists()


def test_a_session_ends_after_twelve_hours(server, client, monkeypatch):
    cookie = signed_in(server)
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 12 * 3600 - 60)
    assert opens(server, cookie)
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 12 * 3600 + 60)
    assert not opens(server, cookie)


def test_a_key_file_that_holds_no_key_is_refused_in_words(tmp_path):
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(ValueError, match="does not hold a key; delete it"):
        manager(tmp_path)
