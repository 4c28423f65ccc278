"""The story of an image: fetched through the cache, stored, forgotten, listed."""

import hashlib
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cache.cache import Cache, Put
from cache.flights import Flights
from image_service.body import Body
from image_service.changes import Trust
from image_service.formats import Damaged, Decoders, NotAnImage
from image_service.image import Image
from image_service.storage.blobs import Blobs
from image_service.storage.catalog import Catalog
from image_service.storage.errors import BlobMissing, StoreError, StoreSilent
from metrics.recorder import Recorder

log = logging.getLogger(__name__)

RENDITION_WIDTHS = (160, 320, 640, 1280)
AS_SENT = 0
"""The width under which the cache holds an image's own bytes."""


class NoSuchImage(Exception):
    """No image has this key."""


class CorruptObject(Exception):
    """The store's bytes are not those that were stored; the message says how it shows."""


@dataclass(frozen=True)
class Fetched:
    """An image, one body of it, and how the cache had to do with that."""

    image: Image
    body: Body
    hit: bool
    stale: bool = False
    stored: bool = False
    collapsed: bool = False
    too_large: bool = False


@dataclass(frozen=True)
class Upload:
    """A file to be stored; ``read`` gives its bytes, and is called once."""

    key: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Stored:
    image: Image
    created: bool


@dataclass(frozen=True)
class Page:
    """Some images by key; ``next`` is the key to go on after, None at the end."""

    images: Sequence[Image]
    next: str | None


class Images:
    """Every method may raise StoreUnavailable."""

    def __init__(
        self,
        cache: Cache,
        flights: Flights,
        catalog: Catalog,
        blobs: Blobs,
        decoders: Decoders,
        recorder: Recorder,
        trust: Callable[[], Trust] = lambda: Trust.CURRENT,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cache = cache
        self._flights = flights
        self._catalog = catalog
        self._blobs = blobs
        self._decoders = decoders
        self._recorder = recorder
        self._trust = trust
        self._now = now

    def fetch(self, key: str, width: int = AS_SENT, looked: bool = False) -> Fetched:
        """The image as it was sent, or a rendition of one of RENDITION_WIDTHS.

        ``looked`` says that ``held`` was asked just now, in vain. Failures are counted here; an answer is counted by
        who gives it. Raises NoSuchImage, CorruptObject, DecodersBusy, FlightTimeout.
        """
        try:
            held = None if looked else self.held(key, width)
            return held or self._fly(key, width, self._cache.generation(key))
        except NoSuchImage:
            self._recorder.not_found()
            raise
        except Exception:
            self._recorder.failed()
            raise

    def held(self, key: str, width: int = AS_SENT) -> Fetched | None:
        """The same, where the cache has it."""
        image, trust = self._held_row(key)
        if image is None:
            return None
        body = self._cache.get(image.object_id, _entry_width(image, width))
        return None if body is None else Fetched(image, body, hit=True, stale=trust is Trust.STALE)

    def store(self, uploads: Sequence[Upload], only_new: bool = False) -> list[Stored]:
        """Store all or none. Raises NotAnImage, Damaged, TooManyPixels, DecodersBusy, StoreFull, KeyExists."""
        images: list[Image] = []
        try:
            for upload in uploads:
                images.append(self._keep_object(upload))
            created = self._catalog.put(images, only_new)
        except StoreSilent:
            raise  # the commit may be under way still: what no row names in an hour, the reconciler removes
        except BaseException:
            self._discard([image.object_id for image in images])
            raise
        # The commit was the promise: nothing after it may turn the answer into an error.
        for image in images:
            self._cache.invalidate(image.key)
        self._recorder.uploaded(len(images))
        return [Stored(self._as_listed(image, new), new) for image, new in zip(images, created, strict=True)]

    def forget(self, key: str) -> None:
        """Delete the image of this key. Raises NoSuchImage."""
        existed = self._catalog.delete(key)
        self._cache.invalidate(key)
        if not existed:
            raise NoSuchImage(key)

    def find(self, key: str) -> Image | None:
        """The row of this key, as the catalog has it now."""
        return self._catalog.get(key)

    def page(self, prefix: str, after: str | None, limit: int) -> Page:
        """The first images whose keys begin with ``prefix`` and come behind ``after``."""
        images = self._catalog.page(prefix, after, limit + 1)
        more = len(images) > limit
        return Page(images[:limit], images[limit - 1].key if more else None)

    # --- fetching --------------------------------------------------------------------------------------------------

    def _held_row(self, key: str) -> tuple[Image | None, Trust]:
        trust = self._trust()
        return None if trust is Trust.LOST else self._cache.row(key), trust

    def _fly(self, key: str, width: int, generation: int, image: Image | None = None) -> Fetched:
        fetched, waited = self._flights.fly(
            (key, width, generation), lambda: self._fetch_cold(key, width, generation, image)
        )
        return replace(fetched, hit=False, stale=False, collapsed=True) if waited else fetched

    def _fetch_cold(self, key: str, width: int, generation: int, image: Image | None) -> Fetched:
        # Another flight may have landed between our look into the cache and this one's start.
        held = self.held(key, width)
        if held is not None:
            return held
        if image is None and (image := self._held_row(key)[0]) is None:
            image = self._row(key)
            # A cache that instances share may hold the body of a row that this process never saw.
            if self._cache.learn(key, generation, image) and (held := self.held(key, width)) is not None:
                return held
        if width != _entry_width(image, width):
            return self._fly(key, AS_SENT, generation, image)
        try:
            body = self._read(image, width)
        except BlobMissing as missing:
            image = self._row_after_replacement(image, missing)
            body = self._read_again(image, width)
        put = self._cache.put(key, generation, image, _entry_width(image, width), body, len(body.data))
        return Fetched(image, body, hit=False, stored=put is Put.STORED, too_large=put is Put.TOO_LARGE)

    def _row(self, key: str) -> Image:
        image = self._catalog.get(key)
        if image is None:
            raise NoSuchImage(key)
        return image

    def _row_after_replacement(self, old: Image, missing: BlobMissing) -> Image:
        image = self._row(old.key)
        if image.object_id == old.object_id:
            raise CorruptObject(f"its bytes are gone from the store ({missing})") from missing
        return image

    def _read_again(self, image: Image, width: int) -> Body:
        try:
            return self._read(image, width)
        except BlobMissing as missing:
            raise CorruptObject(f"its bytes are gone from the store ({missing})") from missing

    def _read(self, image: Image, width: int) -> Body:
        if _entry_width(image, width) == AS_SENT:
            return self._read_original(image)
        # A rendition is made from the original without counting as a use of it.
        original = self._cache.peek(image.object_id, AS_SENT) or self._read_original(image)
        try:
            data, rendered_width, rendered_height = self._decoders.render(original.data, width)
        except (NotAnImage, Damaged) as error:
            raise CorruptObject(f"it can't be decoded any more ({error})") from error
        return Body(data, _sha256(data), image.content_type, rendered_width, rendered_height)

    def _read_original(self, image: Image) -> Body:
        # A flight of its own: an image and its renditions that are cold together ask the store once.
        data, _ = self._flights.fly(image.object_id, lambda: self._read_object(image.object_id))
        if len(data) != image.bytes or _sha256(data) != image.etag:
            raise CorruptObject("its bytes in the store are not those that were sent")
        return Body(data, image.etag, image.content_type, image.width, image.height)

    def _read_object(self, object_id: str) -> bytes:
        data = self._blobs.read(object_id)
        self._recorder.origin_read(len(data))
        return data

    # --- storing ---------------------------------------------------------------------------------------------------

    def _keep_object(self, upload: Upload) -> Image:
        data = upload.read()
        facts = self._decoders.inspect(data)
        object_id = uuid.uuid4().hex
        now = self._now().replace(microsecond=0)
        self._blobs.write(object_id, data)
        return Image(
            key=upload.key,
            object_id=object_id,
            content_type=facts.content_type,
            bytes=len(data),
            width=facts.width,
            height=facts.height,
            etag=_sha256(data),
            created_at=now,
            updated_at=now,
            link=self._blobs.link(object_id),
        )

    def _discard(self, object_ids: Sequence[str]) -> None:
        # An error is no proof that nothing was committed, so the catalog is asked. What can't be removed now is an
        # orphan that the reconciler finds.
        with suppress(StoreError):
            self._blobs.delete(*set(object_ids) - self._catalog.known_objects(object_ids))

    def _as_listed(self, image: Image, created: bool) -> Image:
        if created:
            return image
        with suppress(StoreError):
            listed = self._catalog.get(image.key)  # a replaced image keeps the time it was first stored
            if listed is not None and listed.object_id == image.object_id:
                return listed
        return image


def _entry_width(image: Image, width: int) -> int:
    return width if width < image.width else AS_SENT


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
