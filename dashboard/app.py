"""The manager put together: channel, reader, shell, pages, and the URLs for scripts."""

from pathlib import Path

from dash import Dash, html, register_page
from flask import Flask, Response, request

from dashboard import api, cost, login, session, shell
from dashboard.pages import (
    activity,
    configuration,
    configuration_callbacks,
    statistics,
    statistics_callbacks,
    toolbar,
    what_if,
    what_if_callbacks,
)
from dashboard.reader import Reader
from dashboard.scaling.decisions import Decisions
from dashboard.scaling.words import trial
from dashboard.settings import Settings
from dashboard.theme import ASSETS
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import Outlooks
from dashboard.whatif.verdicts import Verdicts
from metrics.channel import Channel
from metrics.channels import open_channel
from web.guard import guard
from web.password import Password
from web.tries import Tries

SUITES = "/_dash-component-suites/"
YEAR_SECONDS = 31_536_000
NOT_FOR_EVERY_PAGE = [r"^images$", r"^login$", r"^early$"]
"""Folders of assets/ that Dash must not load by itself: what other pages need, and what index.html names."""


def create_app(settings: Settings, channel: Channel | None = None) -> Dash:
    """The Dash app, ready to be served: nothing has been asked of the channel yet."""
    channel = channel or open_channel(settings.channel_url)
    reader, curves = Reader(channel), Curves(channel)
    outlooks = Outlooks(reader, curves, settings.prices)
    verdicts = Verdicts(reader, curves, settings.verdict_seconds)
    app = Dash(
        "hitrate",
        use_pages=True,
        pages_folder="",
        title="Hitrate",
        update_title=None,
        assets_folder=str(ASSETS),
        assets_path_ignore=NOT_FOR_EVERY_PAGE,
        index_string=(Path(__file__).parent / "index.html").read_text(encoding="utf-8"),
        compress=True,
        include_pages_meta=False,
        add_log_handler=False,
    )
    _keep_suites(app.server)
    _register_pages()
    app.layout = shell.layout(channel.traits.place, settings.image_service_url, bool(settings.manager_password))
    shell.register(app, reader, channel.traits.source)
    statistics_callbacks.register(app, reader, curves, verdicts)
    what_if_callbacks.register(app, reader, curves, outlooks)
    decisions = Decisions(channel)
    configuration_callbacks.register(app, reader, channel, outlooks, trial(reader, curves, settings))
    activity.register(app, reader, verdicts, decisions)
    cost.register(app, reader, channel, statistics.WINDOW, toolbar.REFRESH)
    _finish(app)
    guard(app.server, settings.hosts)
    if settings.manager_password:
        _ask_for_password(app.server, settings)
    api.register(app.server, reader, curves, outlooks, verdicts, channel, decisions=decisions)
    return app


def _ask_for_password(server: Flask, settings: Settings) -> None:
    password = settings.manager_password.get_secret_value()
    key = session.read_key(settings.secret_key.get_secret_value(), settings.data_dir)
    session.keep_sessions(server, key, password)
    login.protect(server, Password(password, Tries()))


def _finish(app: Dash) -> None:
    """Dash completes itself at its first request, and two at once would race for that: so the first is this one."""
    with app.server.test_request_context("/"):
        app.server.preprocess_request()


def _register_pages() -> None:
    # The registry belongs to the process, not to the app: a layout must depend on nothing that create_app makes.
    register_page(
        "statistics", path="/", name="Statistics", title="Statistics - Hitrate", order=0, icon="statistics",
        layout=statistics.layout,
    )  # fmt: skip
    register_page(
        "what_if", path="/what-if", name="What-if", title="What-if - Hitrate", order=1, icon="what-if",
        layout=what_if.layout,
    )  # fmt: skip
    register_page(
        "configuration", path="/configuration", name="Configuration", title="Configuration - Hitrate", order=2,
        icon="configuration", layout=configuration.layout,
    )  # fmt: skip
    register_page(
        "activity", path="/activity", name="Activity", title="Activity - Hitrate", order=3, icon="activity",
        layout=activity.layout,
    )  # fmt: skip
    register_page("not_found_404", path="/404", name="Not found", title="Not found - Hitrate", layout=_not_found)


def _not_found(**_address: str) -> html.Div:
    return html.Div([html.H1("No page has this address."), html.A("Go to Statistics", href="/")], className="lone")


def _keep_suites(server: Flask) -> None:
    """Browsers keep Dash's scripts for good: their addresses carry the version."""

    @server.after_request
    def keep(response: Response) -> Response:
        if request.path.startswith(SUITES) and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        return response
