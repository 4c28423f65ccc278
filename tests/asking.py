"""A client of the image service for tests: one kept connection, and small real images of any number and size."""

import http.client
import io
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from PIL import Image

from tests.processes import PATIENCE_SECONDS

NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def hit(self) -> bool:
        return self.headers["Cache-Status"] == "hitrate; hit"

    def json(self) -> object:
        return json.loads(self.body)


class Client:
    def __init__(self, url: str, timeout: float = PATIENCE_SECONDS) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            self._connection.request(method, path, body, dict(headers or {}))
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        except BaseException:
            self._connection.close()
            raise

    def get(self, key: str, **query: int) -> Answer:
        return self.ask("GET", path_of(key) + "".join(f"?{name}={value}" for name, value in query.items()))

    def put(self, key: str, data: bytes) -> Answer:
        return self.ask("PUT", path_of(key), data)

    def listed(self) -> list[dict]:
        images, after = [], ""
        while after is not None:
            page = self.ask("GET", "/images?limit=500" + (f"&after={quote(after, safe='')}" if after else "")).json()
            images += page["images"]
            after = page["next"]
        return images


def path_of(key: str) -> str:
    return f"/images/{quote(key, safe='')}"


def small_images(count: int, seed: int = 5) -> dict[str, bytes]:
    """Real images by key, no two of the same bytes, from about half a kilobyte to some twenty."""
    draw = random.Random(seed)
    images = {}
    for number in range(count):
        side = draw.randrange(12, 80)
        out = io.BytesIO()
        Image.frombytes("RGB", (side, side), draw.randbytes(3 * side * side)).save(out, "PNG")
        images[f"image-{number:03}.png"] = out.getvalue()
    return images


def zipf(keys: list[str], count: int, alpha: float = 0.8, seed: int = 11) -> list[str]:
    """A sequence of requests, the n-th key in proportion to 1 / n ** alpha."""
    return random.Random(seed).choices(keys, [1 / (rank + 1) ** alpha for rank in range(len(keys))], k=count)
