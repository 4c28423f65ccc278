"""Removes what nobody needs any more: garbage soon, orphans of cut-off uploads later, records of changes in a day."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import islice

from image_service.changes import CHANGES_KEPT
from image_service.storage.blobs import Blobs
from image_service.storage.catalog import Catalog
from image_service.storage.errors import StoreUnavailable

log = logging.getLogger(__name__)

# A reader that found the row before it was replaced has this long to read the bytes.
GARBAGE_AGE = timedelta(seconds=60)
# An upload that is still under way has written its object and has no row yet.
ORPHAN_AGE = timedelta(hours=1)
AT_ONCE = 500


class Reconciler:
    def __init__(self, catalog: Catalog, blobs: Blobs) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._looked_for_orphans_at = float("-inf")
        self._waits = False

    def reconcile(self, now: float) -> None:
        """Remove what is old enough at ``now`` (seconds, UTC), or leave it to the next time where a store is away."""
        try:
            self._remove_all(now)
        except StoreUnavailable as error:
            if not self._waits:
                log.warning("What nobody needs any more is not removed just now: %s", error)
            self._waits = True
        else:
            self._waits = False

    def _remove_all(self, now: float) -> None:
        """Orphans are rare: to look for them costs a walk over the store."""
        moment = datetime.fromtimestamp(now, UTC)
        self._remove_garbage(moment - GARBAGE_AGE)
        self._remove_changes(moment - CHANGES_KEPT)
        if now - self._looked_for_orphans_at >= self._blobs.looks_for_orphans_each_seconds:
            self._looked_for_orphans_at = now
            self._remove_orphans(moment - ORPHAN_AGE)

    def _remove_garbage(self, before: datetime) -> None:
        while ids := self._catalog.garbage(before, AT_ONCE):
            self._blobs.delete(*ids)
            self._catalog.drop_garbage(ids)

    def _remove_changes(self, before: datetime) -> None:
        while self._catalog.drop_changes(before, AT_ONCE):
            pass

    def _remove_orphans(self, before: datetime) -> None:
        old = self._blobs.older_than(before)
        while ids := list(islice(old, AT_ONCE)):
            orphans = set(ids) - self._catalog.known_objects(ids)
            if orphans:
                log.info("Removing objects that no image names: %s", ", ".join(sorted(orphans)))
                self._blobs.delete(*orphans)
