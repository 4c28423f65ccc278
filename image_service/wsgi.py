"""The image service for a WSGI server: ``create()`` makes it from the settings of the environment."""

from image_service.app import Service, create_app
from image_service.settings import Settings


def create() -> Service:
    return create_app(Settings())
