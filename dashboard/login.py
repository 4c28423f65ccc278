"""Signing in: with a password set, nothing of the manager answers before it was given."""

import secrets
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, has_request_context, redirect, render_template, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from dashboard.forms import MAX_AUTHOR
from dashboard.session import Ended
from web.clients import client_of
from web.password import Password
from web.problems import Problem
from web.ways import address_of, way_back

OPEN = frozenset(
    {
        "/healthz",
        "/login",
        "/assets/tokens.css",
        "/assets/login/login.css",
        "/assets/login/login.js",
        "/assets/dashboard/early/scheme.js",
        "/assets/images/favicon.svg",
    }
)
FOR_SCRIPTS = ("/api/", "/export/")
BASIC = 'Basic realm="Hitrate manager", charset="UTF-8"'
SESSION = 'Session realm="Hitrate manager"'
"""No browser knows this one, so none asks on its own; the page does."""

WRONG = "That password is not right."
SIGNED_OUT = "You are signed out. Sign in at /login."
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}


class Person(UserMixin):
    """Whoever knows the password; ``id`` is the session's, for there are no users."""

    def __init__(self, session_id: str) -> None:
        self.id = session_id


def protect(server: Flask, password: Password) -> None:
    """Let nobody in without the password: by the page, or by Basic for what is meant for scripts."""
    ended = Ended()
    manager = LoginManager()
    manager.session_protection = None  # it would sign people out who move from one network to another
    manager.init_app(server)
    manager.user_loader(lambda session_id: None if session_id in ended else Person(session_id))

    @server.before_request
    def let_in() -> Response | None:
        if request.path in OPEN or current_user.is_authenticated or _brings_password(password):
            return None
        return _turn_away()

    @server.after_request
    def keep_nowhere(answer: Response) -> Response:
        if request.path not in OPEN:
            answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    server.register_blueprint(_pages(password, ended))


def name_given() -> str:
    """The name that whoever asks gave when signing in; empty where none was."""
    return session.get("name", "") if has_request_context() else ""


def _pages(password: Password, ended: Ended) -> Blueprint:
    pages = Blueprint("login", __name__, template_folder="templates")

    @pages.get("/login")
    def show() -> Response:
        if current_user.is_authenticated and "again" not in request.args:
            return redirect(_next(), 303)
        return _page(200)

    @pages.post("/login")
    def sign_in() -> Response:
        try:
            right = password.is_right(request.form.get("password", ""), client_of(request.environ))
        except Problem as problem:
            return _page(problem.code, problem.description, problem.headers)
        if not right:
            return _page(401, WRONG, {"WWW-Authenticate": SESSION})
        _begin_session()
        return redirect("/login?again" if "again" in request.args else _next(), 303)

    @pages.post("/logout")
    def sign_out() -> Response:
        ended.add(current_user.get_id())
        logout_user()
        session.clear()
        return redirect("/login", 303)

    @pages.after_request
    def guard(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        return answer

    return pages


def _begin_session() -> None:
    session.clear()
    session.permanent = True
    session["name"] = " ".join(request.form.get("name", "").split())[:MAX_AUTHOR]
    login_user(Person(secrets.token_hex(16)))


def _page(status: int, refusal: str | None = None, headers: dict[str, str] | None = None) -> Response:
    drawn = render_template(
        "login.html",
        refusal=refusal,
        wait_seconds=(headers or {}).get("Retry-After"),
        way=_next(),
        again="again" in request.args,
        signed_in=current_user.is_authenticated,
        name=request.form.get("name", ""),
        max_name=MAX_AUTHOR,
    )
    return Response(drawn, status, headers)


def _next() -> str:
    way = way_back(request.values.get("next"))
    return "/" if way.startswith(("/login", "/logout")) else way


def _brings_password(password: Password) -> bool:
    credentials = request.authorization
    if credentials is None or credentials.type != "basic" or not request.path.startswith(FOR_SCRIPTS):
        return False
    if not password.is_right(credentials.password or "", client_of(request.environ)):
        raise Problem(401, WRONG, {"WWW-Authenticate": _challenge()})
    return True


def _turn_away() -> Response:
    """To the login page whoever came for a page, and with a 401 what a page or a script asks for."""
    if "text/html" not in request.headers.get("Accept", ""):
        raise Problem(401, SIGNED_OUT, {"WWW-Authenticate": _challenge()})
    if request.method not in ("GET", "HEAD"):
        return redirect("/login", 303)
    way = address_of(request.environ)
    return redirect("/login" if way == "/" else f"/login?{urlencode({'next': way})}", 303)


def _challenge() -> str:
    # A browser would put up a window of its own for Basic, over the page that asked.
    from_a_page = "Sec-Fetch-Mode" in request.headers
    return BASIC if request.path.startswith(FOR_SCRIPTS) and not from_a_page else SESSION
