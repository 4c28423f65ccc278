"""Which store a URL names: one literal table a port."""

from collections.abc import Callable
from typing import TypeVar

from image_service.storage.blobs import Blobs
from image_service.storage.catalog import DATABASES, Catalog

Store = TypeVar("Store")


# An adapter is imported only when its URL asks for it: its SDK is large.


def _folder(url: str) -> Blobs:
    from image_service.storage.folder_blobs import FolderBlobs

    path = url.removeprefix("file:")
    return FolderBlobs(path[2:] if path.startswith("///") else path)


def _s3(url: str) -> Blobs:
    from image_service.storage.s3_blobs import S3Blobs

    return S3Blobs(url)


BLOBS: dict[str, Callable[[str], Blobs]] = {"file": _folder, "s3": _s3}
CATALOGS: dict[str, Callable[[str], Catalog]] = dict.fromkeys(DATABASES, Catalog)


def open_blobs(url: str) -> Blobs:
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
