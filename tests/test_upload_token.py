"""The upload token over HTTP: who writes must bring it, before a byte of the body is looked at."""

import base64
import http.client
import re
import socket

import pytest

from image_service.app import create_app
from image_service.settings import Settings
from tests.asking import small_images
from tests.processes import PATIENCE_SECONDS
from web.tries import MOST

TOKEN = "a-long/and+random=token"
IMAGE = small_images(1)["image-000.png"]
WRITES = [("PUT", "/images/a.png"), ("POST", "/images"), ("DELETE", "/images/a.png")]
READS = ["/", "/get", "/images", "/images/kept.png", "/healthz", "/readyz", "/assets/tokens.css"]


def bearer(token=TOKEN):
    return {"Authorization": f"Bearer {token}"}


def basic(token=TOKEN, name="anybody"):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    service = create_app(Settings(data_dir=folder, instance="token", upload_token=TOKEN))
    yield service
    service.close()


@pytest.fixture
def client(app):
    client = app.flask.test_client()
    assert client.put("/images/kept.png", data=IMAGE, headers=bearer()).status_code in (200, 201)
    return client


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic %%%"}])
def test_a_write_without_the_token_is_refused_and_says_what_to_bring(client, method, path, headers):
    answer = client.open(path, method=method, data=IMAGE, headers=headers)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith(("Basic ", "Bearer "))
    assert "upload token" in answer.get_json()["detail"]
    assert client.get("/images/a.png").status_code == 404


@pytest.mark.parametrize("given", ["", "x", TOKEN + "x", TOKEN[:-1], TOKEN.upper()])
@pytest.mark.parametrize("scheme", [bearer, basic])
def test_a_wrong_token_is_refused(app, client, given, scheme):
    answer = client.put("/images/a.png", data=IMAGE, headers=scheme(given))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].split(" ")[0].lower() == scheme.__name__
    client.delete("/images/nothing", headers=bearer())  # a right one forgives


@pytest.mark.parametrize("headers", [bearer(), basic(), basic(name="")])
def test_with_the_token_all_writes_go_through(client, headers):
    assert client.put("/images/b.png", data=IMAGE, headers=headers).status_code == 201
    assert client.delete("/images/b.png", headers=headers).status_code == 204


@pytest.mark.parametrize("path", READS)
def test_reading_stays_open(client, path):
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200


def test_what_is_not_ascii_is_a_wrong_token_and_no_failure(client):
    for token in ("tökén", "\xff", "\udcff"):
        assert client.delete("/images/kept.png", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    client.delete("/images/nothing", headers=bearer())


def test_no_route_that_writes_is_forgotten(app):
    client = app.flask.test_client()
    asked = 0
    for rule in app.flask.url_map.iter_rules():
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
            asked += 1
            assert client.open(re.sub(r"<[^>]+>", "x", rule.rule), method=method).status_code == 401
    assert asked == len(WRITES)


@pytest.mark.parametrize("path", ["/add", "/sign-in", "/add?x=1"])
def test_the_page_for_adding_asks_a_browser_for_the_token(client, path):
    refused = client.get(path, headers={"Accept": "text/html"})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert "Adding and deleting images needs the upload token." in refused.text
    assert client.get(path, headers=basic()).status_code in (200, 303)


@pytest.mark.parametrize(("way", "leads"), [("/?prefix=a", "/?prefix=a"), ("//evil.example", "/"), ("", "/")])
def test_after_it_was_asked_for_the_browser_goes_back_and_never_elsewhere(client, way, leads):
    assert client.get("/sign-in", query_string={"next": way}, headers=basic()).headers["Location"] == leads


def test_without_a_token_nothing_asks_for_one(tmp_path):
    service = create_app(Settings(data_dir=tmp_path, instance="no-token"))
    try:
        client = service.flask.test_client()
        assert client.put("/images/a.png", data=IMAGE).status_code == 201
        assert client.get("/add").status_code == 200
        assert "data-sign-in" not in client.get("/").text
    finally:
        service.close()


def test_a_guesser_waits_even_with_the_right_one_and_nobody_else_does(client):
    guesser = {"REMOTE_ADDR": "192.0.2.9"}
    for number in range(MOST):
        wrong = client.delete("/images/kept.png", headers=bearer(f"guess {number}"), environ_base=guesser)
        assert wrong.status_code == 401
    answer = client.delete("/images/kept.png", headers=bearer(), environ_base=guesser)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert client.get("/images/kept.png", environ_base=guesser).status_code == 200
    assert client.delete("/images/kept.png", headers=bearer()).status_code == 204


def test_another_site_may_not_write_even_where_the_browser_brings_the_token(client):
    headers = {**basic(), "Origin": "http://evil.example"}
    assert client.delete("/images/kept.png", headers=headers).status_code == 403


@pytest.fixture
def service(start_service):
    return start_service(UPLOAD_TOKEN=TOKEN, LOG_LEVEL="DEBUG")


def test_it_is_refused_before_the_body_comes_and_the_token_is_nowhere_in_the_log(service):
    head = "PUT /images/a.png HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n"
    for line in ("", "Authorization: Bearer hunter2\r\n"):
        with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall((head + line + "\r\n").encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_SECONDS)
    connection.request("PUT", "/images/a.png", IMAGE, bearer())
    assert connection.getresponse().status == 201
    connection.close()
    assert not {secret for secret in (TOKEN, "hunter2") if secret in service.log.read_text()}
