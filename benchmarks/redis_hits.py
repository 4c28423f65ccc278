"""Hits a second through Redis: the image service, and Flask with Flask-Caching, on one Redis and the same server.

Both run behind granian with the same threads in one process, on the same Redis, and are asked in turn.
"""

import io
import os
import statistics
import tempfile
from pathlib import Path

from PIL import Image

from benchmarks.load import rate
from tests import processes, redis_server
from tests.asking import Client
from tests.processes import App
from tools.prepare import REDIS, find

ROUNDS = 9
REQUESTS = 6000
CONNECTIONS = 4
KEY = "picture.png"
PATIENT = "timeout_milliseconds=1000"
"""Else a busy machine makes misses of hits, which both would answer, but in other words."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, redis_server.running(Path(folder) / "redis") as redis:
        for way, url in (("a unix socket", f"unix://{redis.socket}"), ("loopback", f"redis://127.0.0.1:{redis.port}")):
            service = processes.image_service(Path(folder) / way / "data", CACHE_URL=at(url, 0) + PATIENT)
            yardstick = App("benchmarks.flask_caching_app", "/healthz", Path(folder) / way / "data", REDIS=at(url, 1))
            compare(way, {"service": service, "yardstick": yardstick})


def at(url: str, database: int) -> str:
    return f"{url}?db={database}&" if url.startswith("unix:") else f"{url}/{database}?"


def compare(way: str, apps: dict[str, App]) -> None:
    data = picture()
    try:
        for app in apps.values():
            app.start()
            client = Client(app.url)
            client.put(KEY, data)
            client.get(KEY)
            rate(app.port, [KEY], REQUESTS, CONNECTIONS)
        print(f"over {way}: {ROUNDS} rounds of {REQUESTS} hits of {len(data)} bytes, {CONNECTIONS} connections")
        print(f"{'yardstick':>10} {'service':>10} {'ratio':>8}")
        ratios = []
        for turn in range(ROUNDS):
            order = ("service", "yardstick") if turn % 2 else ("yardstick", "service")
            seen = {name: rate(apps[name].port, [KEY], REQUESTS, CONNECTIONS) for name in order}
            ratios.append(seen["service"] / seen["yardstick"])
            print(f"{seen['yardstick']:10,.0f} {seen['service']:10,.0f} {ratios[-1]:8.2f}", flush=True)
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"median of the ratios {middle:.2f}, quartiles {low:.2f} and {high:.2f}")
    finally:
        for app in apps.values():
            app.close()


def picture() -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (81, 81), os.urandom(3 * 81 * 81)).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    assert find(REDIS), "make test brings Redis along"
    main()
