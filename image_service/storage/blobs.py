"""The port to where image bytes are kept: objects, each written once and never changed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Blobs(Protocol):
    """Object ids are version 4 UUIDs in hex; another is a ValueError. Every method may raise StoreUnavailable."""

    looks_for_orphans_each_seconds: float
    """How often the whole store may be walked: in some that costs money."""

    def link(self, object_id: str) -> str:
        """Where the object lies, in the store's own words."""

    def write(self, object_id: str, data: bytes) -> None:
        """Store an object for good: once this returns, a crash or a power cut does not lose it. Raises StoreFull."""

    def read(self, object_id: str) -> bytes:
        """The object's bytes; BlobMissing where there is none. Whether they are what was written, the caller checks."""

    def delete(self, *object_ids: str) -> None:
        """Remove objects; one that is not there is no error."""

    def older_than(self, before: datetime) -> Iterator[str]:
        """The ids of all objects last written before a time, read as they are asked for."""

    def ping(self) -> None:
        """Return if the store can be asked now; leaves nothing behind."""
