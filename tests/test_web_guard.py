"""Hosts and origins: who may ask, and who may write."""

import pytest
from flask import Flask, request

from web.guard import guard, host_name
from web.problems import answer_problems

HOSTS = {"localhost", "127.0.0.1", "[::1]", "images.example.com"}


@pytest.fixture(scope="module")
def client():
    app = Flask(__name__)
    guard(app, HOSTS)
    answer_problems(app)
    app.add_url_rule("/", "any", lambda: request.method, methods=["GET", "PUT", "POST", "DELETE", "PATCH"])
    app.add_url_rule("/healthz", "health", lambda: "well")
    return app.test_client()


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8000", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:8000", "[::1]"),
        ("[::1]", "[::1]"),
        ("", ""),
        ("a,b", "a,b"),
        ("user@localhost", ""),
        ("localhost:port", ""),
        ("localhost:99999", ""),
        ("localhost/path", ""),
        ("localhost?x", ""),
        ("[::1", ""),
        ("localhost\\@evil", ""),
    ],
)
def test_a_host_name_is_read_without_its_port(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9", "127.0.0.1:8000", "[::1]:8000", "images.example.com"])
def test_allowed_hosts_are_answered(client, host):
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.2", "localhost,evil", "a@localhost"]
)
def test_other_hosts_are_refused_in_words(client, host):
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert "ALLOWED_HOSTS" in answer.get_json()["detail"]


def test_a_load_balancer_may_ask_for_health_by_address(client):
    assert client.get("/healthz", headers={"Host": "10.1.2.3:8000"}).status_code == 200


def test_any_host_will_do_where_none_is_named():
    app = Flask(__name__)
    guard(app, frozenset())
    app.add_url_rule("/", view_func=lambda: "")
    assert app.test_client().get("/", headers={"Host": "whatever"}).status_code == 200


OURS = [
    {},
    {"Origin": "http://localhost:8000"},
    {"Origin": "HTTP://LOCALHOST:8000"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
]
FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "https://localhost:8000"},
    {"Origin": "http://localhost:8000.evil.example"},
    {"Origin": "http://localhost:8000/"},
    {"Origin": "http://a@localhost:8000"},
    {"Origin": "http://localhost:8000,http://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://[::1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "Cross-Site"},
]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("headers", OURS)
def test_scripts_and_our_own_pages_may_write(client, method, headers):
    assert client.open("/", method=method, headers={"Host": "localhost:8000", **headers}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_others_may_not_write(client, method, headers):
    answer = client.open("/", method=method, headers={"Host": "localhost:8000", **headers})
    assert answer.status_code == 403
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_others_may_show_images(client, headers):
    assert client.get("/", headers={"Host": "localhost:8000", **headers}).status_code == 200


@pytest.mark.parametrize(
    ("told", "origin", "status"),
    [
        ("https", "https://images.example.com", 200),
        ("HTTPS, http", "https://images.example.com", 200),
        ("https", "http://images.example.com", 403),
        ("https", "https://evil.example", 403),
        ("gopher", "https://images.example.com", 403),
    ],
)
def test_behind_a_proxy_that_ends_tls_our_own_pages_may_write(client, told, origin, status):
    headers = {"Host": "images.example.com", "Origin": origin, "X-Forwarded-Proto": told}
    assert client.put("/", headers=headers).status_code == status


def test_no_page_may_be_shown_inside_of_another(client):
    headers = client.get("/", headers={"Host": "localhost"}).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_default_ports_need_not_be_written(client):
    headers = {"Host": "localhost", "Origin": "http://localhost:80"}
    assert client.put("/", headers=headers).status_code == 200
