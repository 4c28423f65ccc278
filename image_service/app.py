"""The image service, put together: which parts there are and who knows whom."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from cache.cache import Cache
from cache.caches import is_shared, open_cache
from cache.flights import Flights
from cache.whatif.hashes import everywhere
from cache.whatif.tap import Tap
from cache.whatif.trace import Trace
from image_service.api import make_api
from image_service.changes import POLL_SECONDS, Changes
from image_service.formats import Decoders
from image_service.health import LOOK_SECONDS, Health, make_health
from image_service.hits import Hits
from image_service.images import AS_SENT, RENDITION_WIDTHS, Images
from image_service.packing import Packing
from image_service.pages import make_pages
from image_service.reconciler import Reconciler
from image_service.refusals import answer_refusals
from image_service.settings import Settings
from image_service.storage.urls import open_blobs, open_catalog
from image_service.token import UploadToken
from image_service.trace import make_trace
from image_service.uploads import Limits
from metrics.channel import Channel
from metrics.channels import open_channel
from metrics.station import Station
from metrics.whatif import WhatIf
from web.bodies import Bodies
from web.guard import guard
from web.problems import answer_problems
from web.serving import THREADS
from web.tries import Tries

ASSETS = Path(__file__).resolve().parent.parent / "assets"
FLIGHT_SECONDS = 8.0
RECONCILE_SECONDS = 30.0
WATCH_SECONDS = 1.0
POLL_JITTER = 0.2  # so that many instances don't ask in the same instant, and a change is still seen within two seconds


class Anything(BaseConverter):
    """Any path at all: what may be a key is for one function to say, not for the router."""

    regex = r"(?s:.*)"
    part_isolating = False


@dataclass(frozen=True)
class Service:
    """The running image service: a WSGI callable with a beginning and an end."""

    wsgi: Callable[..., Any]
    flask: Flask
    station: Station
    health: Health
    closers: tuple[Callable[[], None], ...]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.wsgi(environ, start_response)

    def drain(self) -> None:
        self.health.drain()
        self.station.flush()

    def close(self) -> None:
        for close in self.closers:
            close()


def create_app(settings: Settings, worker: int = 0) -> Service:
    """Make all parts, and start what runs by itself; ``worker`` is this process's number among WORKERS, from 0."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    catalog = open_catalog(settings.database_url)
    blobs = open_blobs(settings.images_url)
    channel = open_channel(settings.channel_url)
    shared = is_shared(settings.cache_url)
    tap = Tap(hashed=everywhere if shared else hash) if settings.whatif_bytes else None
    cache = open_cache(settings.cache_url, Packing((AS_SENT, *RENDITION_WIDTHS)), catalog.get, tap)
    trace = Trace(settings.trace_requests) if tap is not None and settings.trace_requests else None
    whatif = make_whatif(settings, tap, channel, trace, cache) if tap is not None else None
    station = Station(settings.instance, cache, channel, settings.data_dir, whatif=whatif, tap=tap, worker=worker)
    decoders = Decoders(settings.max_image_pixels)
    changes = Changes(catalog, cache, settings.stale_seconds)
    images = Images(cache, Flights(FLIGHT_SECONDS), catalog, blobs, decoders, station.recorder, changes.trust)
    pings = {"database": catalog.ping, "images": blobs.ping, "channel": partial(channel.minutes, 0, 0)}
    health = Health(pings | ({"cache": cache.ping} if shared else {}))

    app = make_flask(settings)
    token = UploadToken(settings.upload_token.get_secret_value(), Tries())
    token.guard(app)
    app.register_blueprint(make_api(images, station.recorder, Limits(settings.max_upload_bytes)))
    app.register_blueprint(make_pages(images, settings.max_upload_bytes, token))
    app.register_blueprint(make_health(health))
    app.register_blueprint(make_trace(trace))

    reconciler = Reconciler(catalog, blobs)
    changes.poll()
    station.start()
    # In every worker, though one could tell the others: the rows that it makes forgotten are held by this process, and
    # that they are, within two seconds, must hang on no other process.
    station.ticker.every(POLL_SECONDS, changes.poll, jitter=POLL_JITTER)
    station.ticker.every(RECONCILE_SECONDS, station.leading(reconciler.reconcile), jitter=0.5)
    if shared:
        station.ticker.every(WATCH_SECONDS, cache.watch)
    decoders.start()
    health.look()
    station.ticker.every(LOOK_SECONDS, health.look)  # in every worker too: whichever is asked has to know
    health.ready()
    closers = (station.close, cache.close, decoders.close, catalog.close)
    hits = Hits(Bodies(app.wsgi_app, THREADS // 4), images, station.recorder, settings.hosts)
    return Service(hits, app, station, health, closers)


def make_whatif(settings: Settings, tap: Tap, channel: Channel, trace: Trace | None, cache: Cache) -> WhatIf:
    """On the requests of this process, or of all who share its cache."""
    union = cache.records() if cache.engine else None
    return WhatIf(settings.instance, tap, channel, settings.whatif_bytes, trace, union=union, engine=cache.engine)


def make_flask(settings: Settings) -> Flask:
    """An app that guards itself and answers every error with a document."""
    app = Flask("image_service", static_folder=str(ASSETS), static_url_path="/assets")
    app.json.sort_keys = False
    app.json.ensure_ascii = False
    app.url_map.converters["anything"] = Anything
    app.url_map.merge_slashes = False
    guard(app, settings.hosts)
    answer_problems(app)
    answer_refusals(app)
    return app
