"""Whether a hit takes longer while CloudWatch does not answer: rounds in turn with and without, in one run."""

import statistics
import tempfile
import time
from pathlib import Path

from tests import moto_server, processes
from tests.asking import Client, small_images
from tests.processes import wait_until

ROUNDS = 8
HITS = 2000


def main() -> None:
    ((key, data),) = small_images(1).items()
    with moto_server.running() as aws, tempfile.TemporaryDirectory() as folder:
        url = "cloudwatch://Outage?follow_seconds=1"
        service = processes.image_service(Path(folder) / "data", CHANNEL_URL=url, **aws.environment)
        service.start()
        try:
            client = Client(service.url)
            client.put(key, data)
            client.get(key)
            measure(client, key)
            print(f"{ROUNDS} rounds of {HITS} hits each, in turn; microseconds a hit, as the client sees it")
            print(f"{'CloudWatch':>12} {'p50':>8} {'p99':>8} {'longest':>8}")
            ratios = []
            for _ in range(ROUNDS):
                answering = measure(client, key)
                tell("answers", answering)
                aws.faults.inject("hangs")
                asked = len(aws.faults.asked)
                wait_until(lambda asked=asked: len(aws.faults.asked) > asked, 30, "a call in vain")
                hanging = measure(client, key)
                tell("hangs", hanging)
                aws.faults.clear()
                ratios.append([b / a for a, b in zip(answering, hanging, strict=True)])
            middle = [statistics.median(each) for each in zip(*ratios, strict=True)]
            print(f"{'ratio':>12} {middle[0]:8.2f} {middle[1]:8.2f} {middle[2]:8.2f}   (medians of the rounds' own)")
        finally:
            aws.faults.clear()
            service.close()


def measure(client: Client, key: str) -> tuple[float, float, float]:
    """p50, p99 and the longest of one round, in microseconds."""
    took = []
    for _ in range(HITS):
        begun = time.perf_counter()
        assert client.get(key).hit
        took.append(1e6 * (time.perf_counter() - begun))
    cuts = statistics.quantiles(took, n=100)
    return cuts[49], cuts[98], max(took)


def tell(name: str, figures: tuple[float, float, float]) -> None:
    print(f"{name:>12} " + " ".join(f"{figure:8.0f}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()
