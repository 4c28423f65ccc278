"""Every error is a document that says what was wrong, and nothing of how the program is made."""

import logging

import pytest
from flask import Flask, abort, redirect

from web.problems import Problem, answer_problems


@pytest.fixture(scope="module")
def client():
    app = Flask(__name__)
    answer_problems(app)

    @app.get("/problem")
    def problem():
        raise Problem(503, "Too busy.", {"Retry-After": "2"})

    @app.get("/abort")
    def aborts():
        abort(418, "I am a teapot.")

    @app.get("/bug")
    def bug():
        raise RuntimeError("the password is hunter2")

    @app.get("/moved")
    def moved():
        return redirect("/problem")

    return app.test_client()


def test_a_problem_carries_its_status_words_and_headers(client):
    answer = client.get("/problem")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert answer.content_type == "application/problem+json"
    assert answer.get_json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Too busy.",
    }


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/abort", 418), ("GET", "/nothing", 404), ("PUT", "/abort", 405)]
)
def test_errors_of_the_framework_are_documents_too(client, method, path, status):
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.get_json()["status"]) == (status, status)
    assert answer.content_type == "application/problem+json"


def test_a_method_that_is_not_allowed_says_which_are(client):
    assert set(client.put("/abort").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_what_nobody_expected_is_logged_and_not_told(client, caplog):
    with caplog.at_level(logging.ERROR):
        answer = client.get("/bug")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "hunter2" in caplog.text


def test_a_redirect_is_no_error(client):
    assert client.get("/moved").status_code == 302
