"""The image service for a WSGI server: ``create()`` makes it from the settings of the environment."""

from image_service.app import Service, create_app
from image_service.settings import Settings


def create(worker: int = 0) -> Service:
    """``worker`` is the number of this process among those that serve together, from 0."""
    return create_app(Settings(), worker)
