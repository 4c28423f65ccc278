"""``python -m dashboard``: the manager as a process of its own."""

from dashboard.settings import Settings
from web.serving import serve
from web.startup import read_settings


def main() -> None:
    settings = read_settings(Settings)
    serve(
        "dashboard.wsgi:create",
        title="Manager",
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
    )


if __name__ == "__main__":
    main()
