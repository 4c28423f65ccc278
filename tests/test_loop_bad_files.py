"""Broken, lying and oversized files: each is refused in words, leaves nothing, and keeps nobody waiting."""

import threading
import time

import pytest

from image_service.formats import INSPECT_SECONDS
from tests.asking import Client, small_images
from tests.processes import PATIENCE_SECONDS

ANSWER_SECONDS = 3
LONG_SECONDS = 1
"""Whatever takes so long leaves a neighbour time for many answers."""


class Neighbour(threading.Thread):
    """Asks for a good image all the while, and notes when it was answered."""

    def __init__(self, url, key):
        super().__init__(daemon=True)
        self._client, self._key = Client(url), key
        self._over = threading.Event()
        self.statuses, self.answers = set(), 0

    def run(self):
        while not self._over.wait(0.02):
            self.statuses.add(self._client.get(self._key).status)
            self.answers += 1

    def stop(self):
        self._over.set()
        self.join(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def good(service):
    ((key, data),) = small_images(1).items()
    Client(service.url).put(key, data)
    return key


def send(service, path):
    """The answer; None where the service hung up on a body that is far too long, as it may after it has answered."""
    client = Client(service.url)
    try:
        return client.put(path.name, path.read_bytes())
    except (ConnectionError, BrokenPipeError):
        return None


def test_an_image_is_looked_at_for_seconds_at_most():
    assert INSPECT_SECONDS < ANSWER_SECONDS  # of the decoder's own time: what else the machine does is not in it


def test_each_is_refused_keeps_nobody_waiting_and_leaves_nothing(service, good, bad_files):
    before = sorted(path for path in (service.data_dir / "images").rglob("*") if path.is_file())
    neighbour = Neighbour(service.url, good)
    neighbour.start()
    wrong = {}
    for path, status in bad_files.items():
        began, before_it = time.monotonic(), neighbour.answers
        answer = send(service, path)
        waited = time.monotonic() - began > LONG_SECONDS and neighbour.answers == before_it
        if answer is None:
            continue  # the list below shows that it was not stored
        plain = answer.status == status and answer.headers["Content-Type"] == "application/problem+json"
        if not plain or waited or not answer.json().get("detail"):
            wrong[path.name] = (answer.status, status, waited, answer.body[:200])
    neighbour.stop()
    assert not wrong
    assert neighbour.statuses == {200}
    assert [image["key"] for image in Client(service.url).listed()] == [good]
    assert sorted(path for path in (service.data_dir / "images").rglob("*") if path.is_file()) == before


def test_one_bad_file_among_good_ones_stores_none(service, good, bad_files):
    head = '--cut\r\nContent-Disposition: form-data; name="file"; filename="{}"\r\n\r\n'
    bad = next(path for path, status in bad_files.items() if status == 422)
    files = [*small_images(3, seed=9).items(), (bad.name, bad.read_bytes())]
    body = b"".join(head.format(name).encode() + data + b"\r\n" for name, data in files) + b"--cut--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    answer = Client(service.url).ask("POST", "/images", body, headers)
    assert answer.status == 422
    assert [image["key"] for image in Client(service.url).listed()] == [good]
