"""The image service for a WSGI server: ``create()`` makes it from the settings of the environment."""

import logging

from image_service.app import Service, create_app
from image_service.settings import Settings


def create() -> Service:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # at INFO it lists its plugins at every start
    return create_app(Settings())
