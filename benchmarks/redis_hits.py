"""Hits a second through Redis: the image service, and Flask with Flask-Caching, on one Redis and the same server.

Both run behind granian with the same threads in one process, on the same Redis, and are asked in turn. Who asks speaks
no more HTTP than it must, so that it is not what is measured.
"""

import io
import os
import socket
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

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
            rate(app)
        print(f"over {way}: {ROUNDS} rounds of {REQUESTS} hits of {len(data)} bytes, {CONNECTIONS} connections")
        print(f"{'yardstick':>10} {'service':>10} {'ratio':>8}")
        ratios = []
        for turn in range(ROUNDS):
            order = ("service", "yardstick") if turn % 2 else ("yardstick", "service")
            seen = {name: rate(apps[name]) for name in order}
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


def rate(app: App) -> float:
    share = REQUESTS // CONNECTIONS
    begun = time.perf_counter()
    with ProcessPoolExecutor(CONNECTIONS) as pool:
        assert sum(pool.map(ask, [app.port] * CONNECTIONS, [share] * CONNECTIONS)) == share * CONNECTIONS
    return share * CONNECTIONS / (time.perf_counter() - begun)


def ask(port: int, count: int) -> int:
    """How many whole answers came."""
    request = f"GET /images/{KEY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    whole = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        length = 0
        for _ in range(count):
            connection.sendall(request)
            answer = connection.recv(1 << 16)
            if not length:  # all answers are as long as the first
                head, _, _ = answer.partition(b"\r\n\r\n")
                body = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                length = len(head) + 4 + int(body.partition(b":")[2])
                assert head.startswith(b"HTTP/1.1 200")
            seen = len(answer)
            while seen < length and (more := connection.recv(1 << 16)):
                seen += len(more)
            whole += seen == length
    return whole


if __name__ == "__main__":
    assert find(REDIS), "make test brings Redis along"
    main()
