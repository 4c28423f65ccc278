"""The upload token: where one is set, whoever writes must have it. A program sends it, a browser asks for it."""

import hmac

from flask import Flask, Response, render_template, request

from web.clients import client_of
from web.guard import READING
from web.problems import Problem
from web.tries import Tries

NEEDED = (
    "Adding and deleting images needs the upload token: as Authorization: Bearer <token>, "
    "or as the password of any user name."
)
WRONG = "That upload token is not right."
BASIC = 'Basic realm="Hitrate: any user name, and the upload token as the password", charset="UTF-8"'
BEARER = 'Bearer realm="Hitrate", error="invalid_token"'
PAGES_THAT_WRITE = frozenset({"/add", "/sign-in"})


class UploadToken:
    """Lets everybody pass where it is empty."""

    def __init__(self, token: str, tries: Tries) -> None:
        self._token = token.encode()
        self._tries = tries

    def guard(self, app: Flask) -> None:
        """Ask for the token before anything of a request is read but its head."""

        @app.before_request
        def ask() -> Response | None:
            if not self._token or (request.method in READING and request.path not in PAGES_THAT_WRITE):
                return None
            try:
                self.check()
            except Problem as problem:
                return _on_a_page(problem)
            return None

    def check(self) -> None:
        """Problem 401 or 429 where the request does not bring the token."""
        given = _given()
        if given is None:
            raise Problem(401, NEEDED, {"WWW-Authenticate": BASIC})
        client = client_of(request.environ)
        self._tries.refuse_guessers(client)
        if not hmac.compare_digest(given, self._token):
            self._tries.failed(client)
            scheme = request.headers.get("Authorization", "").partition(" ")[0].lower()
            raise Problem(401, WRONG, {"WWW-Authenticate": BEARER if scheme == "bearer" else BASIC})
        self._tries.succeeded(client)

    def is_missing(self) -> bool:
        """Whether this request could not have written; guesses nothing, so that nothing is counted."""
        return bool(self._token) and not hmac.compare_digest(_given() or b"", self._token)


def _given() -> bytes | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        # Read here: werkzeug takes a token with = inside of it for parameters.
        return token.strip().encode("utf-8", "surrogatepass")
    password = request.authorization.get("password") if request.authorization else None
    return None if password is None else password.encode()


def _on_a_page(problem: Problem) -> Response:
    """A page for people where they asked for one, and closed the browser's question; else the problem itself."""
    if request.path not in PAGES_THAT_WRITE or "text/html" not in request.headers.get("Accept", ""):
        raise problem
    drawn = render_template("locked.html", waits=problem.description if problem.code == 429 else None)
    return Response(drawn, problem.code, problem.headers)
