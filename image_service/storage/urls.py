"""Which store a URL names: one literal table a port."""

from collections.abc import Callable
from typing import TypeVar

from image_service.storage.catalog import Catalog
from image_service.storage.folder_blobs import FolderBlobs

Store = TypeVar("Store")


def _folder(url: str) -> FolderBlobs:
    path = url.removeprefix("file:")
    return FolderBlobs(path[2:] if path.startswith("///") else path)


BLOBS: dict[str, Callable[[str], FolderBlobs]] = {"file": _folder}
CATALOGS: dict[str, Callable[[str], Catalog]] = {"sqlite": Catalog}


def open_blobs(url: str) -> FolderBlobs:
    """The store of image bytes that IMAGES_URL names; ValueError in words where it names none."""
    return _choose(BLOBS, url, "IMAGES_URL")(url)


def open_catalog(url: str) -> Catalog:
    """The database of images that DATABASE_URL names, brought up to date; ValueError in words where it names none."""
    return _choose(CATALOGS, url, "DATABASE_URL")(url)


def _choose(table: dict[str, Callable[[str], Store]], url: str, setting: str) -> Callable[[str], Store]:
    scheme = url.partition(":")[0]
    if scheme not in table:
        known = ", ".join(f"{name}:" for name in table)
        raise ValueError(
            f"{setting} must begin with {known} and not with {scheme!r}"
        )  # never the URL: it may hold a password
    return table[scheme]
