"""An answer on a kept connection comes at once: its body must not wait for the client to acknowledge its head."""

import statistics
import time

from tests.asking import Client, small_images

DELAYED_ACKNOWLEDGEMENT_MS = 40


def test_answers_on_a_kept_connection_wait_for_nothing(service):
    client = Client(service.url)
    ((key, data),) = small_images(1).items()
    client.put(key, data)
    took = []
    for _ in range(60):
        begun = time.perf_counter()
        assert client.get(key).status == 200
        took.append(1000 * (time.perf_counter() - begun))
    assert statistics.median(took) < DELAYED_ACKNOWLEDGEMENT_MS / 2
