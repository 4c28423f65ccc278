"""``python -m image_service``: the image service as a process of its own."""

import logging
import os

from image_service.settings import Settings
from web.serving import serve
from web.startup import read_settings


def main() -> None:
    settings = read_settings(Settings)
    os.environ["INSTANCE"] = settings.instance  # the workers must not find another name than the one locked here
    logging.getLogger("alembic").setLevel(logging.WARNING)  # at INFO it lists its plugins at every start
    serve(
        "image_service.wsgi:create",
        title="Image service",
        host=settings.host,
        port=settings.port,
        instance=settings.instance,
        workers=settings.workers,
        log_level=settings.log_level,
    )


if __name__ == "__main__":
    main()
