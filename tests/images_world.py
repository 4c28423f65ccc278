"""Images with all their parts, real ones, each of which can be watched and told to fail."""

from collections import Counter

import pytest

from cache.flights import Flights
from cache.memory import MemoryCache
from image_service.formats import Decoders
from image_service.images import Images, Upload
from image_service.storage.errors import StoreUnavailable
from image_service.storage.urls import open_blobs, open_catalog
from metrics.recorder import Recorder
from tests.processes import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def decoders():
    decoders = Decoders(24_000_000)
    yield decoders
    decoders.close()


class Asked:
    """Stands before a store, counts what it is asked, and can be told to fail or to wait."""

    def __init__(self, store):
        self._store = store
        self.counts = Counter()
        self.failing = False
        self.gate = None

    def __getattr__(self, name):
        method = getattr(self._store, name)
        if not callable(method):
            return method

        def ask(*args):
            self.counts[name] += 1
            if self.gate is not None:
                assert self.gate.wait(PATIENCE_SECONDS)
            if self.failing:
                raise StoreUnavailable("it does not answer")
            return method(*args)

        return ask


class World:
    def __init__(self, folder, decoders, capacity_bytes=1 << 20):
        self.catalog = Asked(open_catalog(f"sqlite:///{folder / 'images.db'}"))
        self.blobs = Asked(open_blobs(f"file:{folder / 'images'}"))
        self.cache = MemoryCache("lru", capacity_bytes)
        self.recorder = Recorder()
        self.flights = Flights(5)
        self.images = Images(self.cache, self.flights, self.catalog, self.blobs, decoders, self.recorder)

    def put(self, key, data):
        return self.images.store([Upload(key, lambda: data)])[0].image

    def asked(self):
        counts = self.catalog.counts["get"], self.blobs.counts["read"]
        self.catalog.counts.clear()
        self.blobs.counts.clear()
        return counts

    @property
    def counts(self):
        return {name: count for name, count in self.recorder.read()[0].items() if count}
