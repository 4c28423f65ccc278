"""Statistics: is the cache doing its job, and since when not?"""

from dash import Dash, html

from dashboard.reader import Reader


def layout(**query: str) -> html.Div:
    return html.Div(html.H1("Statistics"))


def register(app: Dash, reader: Reader) -> None:
    pass
