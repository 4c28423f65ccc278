"""The manager put together: channel, reader, pages, shell, and the URLs for scripts."""

from pathlib import Path

from dash import Dash, html, register_page

from dashboard import shell
from dashboard.pages import statistics
from dashboard.reader import Reader
from dashboard.settings import Settings
from dashboard.theme import ASSETS
from metrics.channels import open_channel

SUITES = "/_dash-component-suites/"
YEAR_SECONDS = 31_536_000
NOT_OURS = [r"^images$", r"^early$"]
"""Folders of assets/ that Dash must not put on every page: the image pages' own, and what index.html names itself."""


def create_app(settings: Settings) -> Dash:
    """The Dash app, ready to be served; its channel is opened, and nothing else has begun."""
    channel = open_channel(settings.channel_url)
    reader = Reader(channel)
    app = Dash(
        "hitrate",
        use_pages=True,
        pages_folder="",
        title="Hitrate",
        update_title=None,
        assets_folder=str(ASSETS),
        assets_path_ignore=NOT_OURS,
        index_string=(Path(__file__).parent / "index.html").read_text(encoding="utf-8"),
        compress=True,
        include_pages_meta=False,
        add_log_handler=False,
    )
    _register_pages()
    app.layout = shell.layout("this machine", settings.image_service_url)
    shell.register(app, reader, "The channel")
    statistics.register(app, reader)
    _keep_suites(app)
    return app


def _register_pages() -> None:
    # The registry belongs to the process, not to the app: a layout must depend on nothing that create_app makes.
    register_page("statistics", path="/", name="Statistics", title="Statistics - Hitrate", order=0,
                  layout=statistics.layout, icon="statistics")  # fmt: skip
    register_page(
        "not_found_404", path="/404", name="Not found", title="Not found - Hitrate", order=9, layout=_not_found
    )


def _not_found(**_query: str) -> html.Div:
    return html.Div([html.H1("No page has this address."), html.A("Go to Statistics", href="/")], className="lone")


def _keep_suites(app: Dash) -> None:
    """Browsers keep Dash's scripts: their addresses carry the version."""

    @app.server.after_request
    def keep(response):
        from flask import request

        if request.path.startswith(SUITES) and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        return response
