"""What surrounds every page: header, navigation, status line."""

from urllib.parse import urlsplit

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update, page_container, page_registry

from dashboard import ids
from dashboard.reader import Reader
from dashboard.status import Status, status
from dashboard.theme import MANTINE
from dashboard.words import span
from metrics.schema import MINUTE

STATUS_MILLISECONDS = 10_000
SCHEMES = [
    {"value": "auto", "label": "System"},
    {"value": "light", "label": "Light"},
    {"value": "dark", "label": "Dark"},
]


def layout(place: str, image_service_url: str | None, signs_out: bool = False) -> dmc.MantineProvider:
    """The whole document; ``place`` says whose statistics these are: "this machine", or a namespace."""
    return dmc.MantineProvider(
        id=ids.PROVIDER,
        theme=MANTINE,
        defaultColorScheme="auto",
        children=[
            html.A("Skip to the page", href="#page", className="skip-link"),
            _header(place, image_service_url, signs_out),
            _navigation(),
            html.P(id=ids.UNREACHED, className="status unreached", role="alert"),
            _status_bar(),
            html.Div(id=ids.ANNOUNCEMENT, className="visually-hidden", role="status"),
            html.Main(page_container, id="page", className="page", tabIndex=-1),
            dcc.Interval(id=ids.STATUS_TICK, interval=STATUS_MILLISECONDS),
            dcc.Store(id=ids.SCHEME),
        ],
    )


def register(app: Dash, reader: Reader, source: str) -> None:
    @app.callback(
        Output(ids.STATUS_TEXT, "children"),
        Output(ids.STATUS, "data-kind"),
        Output(ids.ANNOUNCEMENT, "children"),
        Input(ids.STATUS_TICK, "n_intervals"),
        State(ids.STATUS, "data-kind"),
    )
    def show_status(_ticks: int | None, kind_before: str) -> tuple[list, str, object]:
        now = status(reader.fleet(), reader.failure, source)
        return _status_line(now), now.kind, _announced(now, kind_before)

    @app.callback(
        Output(ids.STATUS_TICK, "n_intervals"),
        Input(ids.RETRY, "n_clicks"),
        State(ids.STATUS_TICK, "n_intervals"),
        prevent_initial_call=True,
    )
    def try_now(_clicks: int | None, ticks: int | None) -> int:
        reader.retry()
        return (ticks or 0) + 1

    app.clientside_callback(
        ClientsideFunction("shell", "applyScheme"),
        Output(ids.PROVIDER, "forceColorScheme"),
        Output(ids.SCHEME, "data"),
        Input(ids.SCHEME_CHOICE, "value"),
    )
    app.clientside_callback(
        ClientsideFunction("shell", "markCurrentPage"),
        Output(ids.NAVIGATION, "className"),
        Input("_pages_location", "pathname"),
    )


def _header(place: str, image_service_url: str | None, signs_out: bool) -> html.Header:
    return html.Header(
        className="header",
        children=[
            dcc.Link([html.Span(className="mark"), "Hitrate"], href="/", className="brand"),
            html.Span(place, className="place"),
            html.Span(className="spring"),
            _service_link(image_service_url),
            dmc.Select(
                id=ids.SCHEME_CHOICE,
                data=SCHEMES,
                value="auto",
                allowDeselect=False,
                className="scheme-choice",
                persistence=True,
                persistence_type="local",
                comboboxProps={"withinPortal": True},
                attributes={"input": {"aria-label": "Colour scheme"}},
            ),
            _sign_out() if signs_out else None,
        ],
    )


def _sign_out() -> html.Form:
    button = html.Button("Sign out", type="submit", className="link-button sign-out")
    return html.Form(button, action="/logout", method="post")


def _service_link(url: str | None) -> html.A | None:
    if not url or urlsplit(url).scheme not in ("http", "https"):
        return None
    words = [html.Span("Open ", className="wide-only"), "image service"]
    return html.A(words, href=url, target="_blank", rel="noopener", className="service-link")


def _navigation() -> html.Nav:
    """One link for each registered page, in their order."""
    return html.Nav(
        id=ids.NAVIGATION,
        className="navigation",
        **{"aria-label": "Pages"},
        children=[
            dcc.Link(
                [html.Span(className=f"icon icon-{page['icon']}"), page["name"]],
                href=page["path"],
                className="nav-link",
            )
            for page in page_registry.values()
            if page.get("icon")
        ],
    )


def _announced(now: Status, kind_before: str) -> object:
    """Read out when the state changes, not at each refresh; a page that begins live says nothing."""
    if now.kind == kind_before or (now.kind, kind_before) == ("live", "loading"):
        return no_update
    return html.Span(now.head, role="alert") if now.kind == "failed" else now.head


def _status_bar() -> html.Section:
    return html.Section(
        id=ids.STATUS,
        className="status",
        **{"data-kind": "loading", "aria-label": "State of what is shown"},
        children=[
            html.Span(className="dot"),
            html.Div("Reading statistics …", id=ids.STATUS_TEXT, className="status-text"),
            html.Button("Try now", id=ids.RETRY, className="link-button retry"),
        ],
    )


def _status_line(now: Status) -> list:
    line = [html.Span(now.head, className="status-head")]
    if now.kind == "live":
        age = html.Span(className="age", **{"data-since": str(now.since)})
        line.append(html.Span([f"Last complete minute {span(now.since - MINUTE, now.since)}, ", age, "."]))
    line += [html.Span(sentence) for sentence in now.details]
    return line
