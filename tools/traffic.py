"""Requests against the running image service, a few images far more popular than the rest (a Zipf distribution)."""

import argparse
import http.client
import json
import random
import sys
import threading
import time
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from urllib.parse import quote, urlsplit

from tools.drawing import pictures
from tools.run import read_settings

DRAWN = 36
ENDINGS = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
TIMEOUT_SECONDS = 30
PAGE = 500
RECENT = 200


def main() -> None:
    asked = read_arguments()
    service = Service(asked.url, read_settings().get("UPLOAD_TOKEN", "").strip())
    try:
        add_images(service, asked.photos)
        keys = list(service.keys())
        if not keys:
            sys.exit("There is no image to ask for.")
        say(f"{len(keys)} images, {asked.rate:g} requests a second for {asked.seconds:g} s, alpha {asked.alpha:g}.")
        Traffic(asked.url, keys, asked).run()
    except KeyboardInterrupt:
        print()
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"{asked.url} does not answer ({error}). Is the service running? make run starts it.")


def read_arguments() -> argparse.Namespace:
    settings = read_settings()
    host, port = settings.get("HOST") or "127.0.0.1", settings.get("PORT") or "8000"
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)
    arguments = argparse.ArgumentParser(prog="make traffic", description=__doc__)
    arguments.add_argument("--url", default=f"http://{host}:{port}", help="where the image service is (%(default)s)")
    arguments.add_argument("--photos", type=Path, help="a folder of images to add first")
    arguments.add_argument("--rate", type=float, default=20, help="requests a second (%(default)s)")
    arguments.add_argument("--seconds", type=float, default=180, help="for how long (%(default)s)")
    arguments.add_argument("--alpha", type=float, default=0.9, help="0: all alike; 1 and more: a few favourites")
    arguments.add_argument("--seed", type=int, default=1, help="which images are the favourites, and in what order")
    arguments.add_argument("--connections", type=int, default=4, help="requests at once, at most (%(default)s)")
    asked = arguments.parse_args()
    if asked.photos and not asked.photos.is_dir():
        arguments.error(f"{asked.photos} is not a folder")
    if asked.rate <= 0 or asked.seconds <= 0 or asked.connections < 1 or asked.alpha < 0:
        arguments.error("rate, seconds and connections must be above 0, alpha not below")
    return asked


class Service:
    """The image service over one kept connection."""

    def __init__(self, url: str, upload_token: str = "") -> None:
        self._writes = {"Authorization": f"Bearer {upload_token}"} if upload_token else {}
        address = urlsplit(url)
        connection = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = connection(address.netloc, timeout=TIMEOUT_SECONDS)

    def get(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        return self._ask("GET", path)

    def put(self, key: str, data: bytes) -> tuple[int, str]:
        """Add an image unless its key is taken; the status, and the problem in the service's words."""
        answer, body = self._ask("PUT", image_path(key), data, {"If-None-Match": "*", **self._writes})
        return answer.status, "" if answer.status < 400 else json.loads(body or b"{}").get("detail", "")

    def keys(self) -> Iterator[str]:
        after = None
        while True:
            path = f"/images?limit={PAGE}" + (f"&after={quote(after, safe='')}" if after is not None else "")
            page = json.loads(self.get(path)[1])
            yield from (image["key"] for image in page["images"])
            after = page["next"]
            if after is None:
                return

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        kept = self._connection.sock is not None
        try:
            self._connection.request(method, path, body, headers or {})
            answer = self._connection.getresponse()
            return answer, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            if not kept:
                raise
        return self._ask(method, path, body, headers)  # the kept connection had been closed: once more over a new one


def image_path(key: str) -> str:
    return f"/images/{quote(key, safe='')}"


def add_images(service: Service, photos: Path | None) -> None:
    """Add the folder's images; draw some where there is neither a folder nor any image."""
    if photos:
        files = sorted(path for path in photos.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
        upload(service, ((key_of(path, photos), path.read_bytes()) for path in files), len(files))
    elif next(service.keys(), None) is None:
        say(f"There is no image yet: {DRAWN} are drawn and added.")
        upload(service, pictures(DRAWN), DRAWN)


def key_of(path: Path, folder: Path) -> str:
    """Its way below the folder, composed (NFC) as the page for adding images does it."""
    return unicodedata.normalize("NFC", path.relative_to(folder).as_posix())


def upload(service: Service, images: Iterable[tuple[str, bytes]], count: int) -> None:
    outcomes: Counter[str] = Counter()
    refused = []
    for number, (key, data) in enumerate(images, 1):
        try:
            status, problem = service.put(key, data)
        except (OSError, http.client.HTTPException) as error:  # it may hang up on a file that is far too long
            status, problem = 0, f"no answer ({error})"
        outcomes["added" if status == 201 else "there already" if status == 412 else "refused"] += 1
        if status not in (200, 201, 412):
            refused.append(f"  {key}: {status or ''} {problem}")
        filled = 30 * number // count
        live(f"[{'#' * filled}{' ' * (30 - filled)}] {number} of {count}", last=number == count)
    say(", ".join(f"{many} {outcome}" for outcome, many in outcomes.items()) or "The folder holds no image.")
    print("\n".join(refused), end="\n" if refused else "")


class Traffic:
    """Sends requests on time from several connections, and says once a second what comes back."""

    def __init__(self, url: str, keys: Sequence[str], asked: argparse.Namespace) -> None:
        self._url = url
        self._asked = asked
        self._choose = popularity(keys, asked.alpha, asked.seed)
        self._lock = threading.Lock()
        self._number = 0
        self._counts: Counter[str] = Counter()
        self._recent: deque[tuple[bool, float]] = deque(maxlen=RECENT)
        self._began = time.monotonic()
        self._stop = threading.Event()

    def run(self) -> None:
        senders = [threading.Thread(target=self._send, daemon=True) for _ in range(self._asked.connections)]
        for sender in senders:
            sender.start()
        try:
            while any(sender.is_alive() for sender in senders):
                for sender in senders:  # all are done about the same time
                    sender.join((1 if sys.stdout.isatty() else 10) / len(senders))
                live(self._said())
        except KeyboardInterrupt:
            self._stop.set()
        for sender in senders:
            sender.join(TIMEOUT_SECONDS)
        live(self._said(), last=True)

    def _send(self) -> None:
        service = Service(self._url)
        while (turn := self._next()) is not None:
            key, due = turn
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            began = time.monotonic()
            try:
                answer, _ = service.get(image_path(key))
            except (OSError, http.client.HTTPException):
                self._count("unanswered", None, 0)
                self._stop.wait(0.5)
                continue
            hit = "hit" in [part.strip() for part in (answer.getheader("Cache-Status") or "").split(";")]
            self._count(f"{answer.status}", hit if answer.status == 200 else None, 1000 * (time.monotonic() - began))

    def _next(self) -> tuple[str, float] | None:
        """The next key to ask for and when; None when the time is over."""
        with self._lock:
            due = self._began + self._number / self._asked.rate
            if self._stop.is_set() or max(due, time.monotonic()) > self._began + self._asked.seconds:
                return None
            self._number += 1
            return next(self._choose), due

    def _count(self, outcome: str, hit: bool | None, milliseconds: float) -> None:
        with self._lock:
            self._counts[outcome] += 1
            if hit is not None:
                self._counts["hit"] += hit
                self._recent.append((hit, milliseconds))

    def _said(self) -> str:
        with self._lock:
            counts, recent = self._counts.copy(), list(self._recent)
        served = counts["200"]
        others = [f"{many} x {outcome}" for outcome, many in sorted(counts.items()) if outcome not in ("200", "hit")]
        if not recent:
            return ", ".join(["no answer yet", *others])
        times = sorted(milliseconds for _, milliseconds in recent)
        lately = 100 * sum(hit for hit, _ in recent) / len(recent)
        return ", ".join(
            [
                f"{served:,} requests",
                f"hit rate {100 * counts['hit'] / served:.1f} % (last {len(recent)}: {lately:.1f} %)",
                f"p50 {times[len(times) // 2]:.1f} ms",
                f"p95 {times[len(times) * 95 // 100]:.1f} ms",
                *others,
            ]
        )


def popularity(keys: Sequence[str], alpha: float, seed: int) -> Iterator[str]:
    """Keys without end: the n-th most popular of them is drawn in proportion to 1 / n ** alpha."""
    draw = random.Random(seed)
    ranked = draw.sample(keys, len(keys))
    weights = list(accumulate(1 / rank**alpha for rank in range(1, len(ranked) + 1)))
    while True:
        yield from draw.choices(ranked, cum_weights=weights, k=256)


def say(words: str) -> None:
    print(words, flush=True)


def live(words: str, last: bool = False) -> None:
    """One line that is written over, in a terminal; elsewhere a line each time."""
    if sys.stdout.isatty():
        print(f"\r\033[K{words}", end="\n" if last else "", flush=True)
    elif last or not words.startswith("["):
        print(words, flush=True)


if __name__ == "__main__":
    main()
