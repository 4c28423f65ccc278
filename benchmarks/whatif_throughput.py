"""Hits a second with and without what-if: two services side by side, asked in turn over several connections."""

import random
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import processes
from tests.asking import Client, small_images

IMAGES = 40
ROUNDS = 16
REQUESTS = 3000
CONNECTIONS = 2


def main() -> None:
    images = small_images(IMAGES)
    with tempfile.TemporaryDirectory() as folder:
        services = {
            name: processes.image_service(Path(folder) / name / "data", INSTANCE=name, WHATIF_BYTES=size)
            for name, size in (("without", 0), ("with", 128 << 20))
        }
        try:
            clients = {}
            for name, service in services.items():
                service.start()
                clients[name] = [Client(service.url) for _ in range(CONNECTIONS)]
                for key, data in images.items():
                    clients[name][0].put(key, data)
                    clients[name][0].get(key)
                rate(clients[name], list(images), 0)
            print(f"{ROUNDS} rounds of {REQUESTS} hits each, over {CONNECTIONS} connections; hits a second")
            print(f"{'without':>10} {'with':>10} {'ratio':>8}")
            ratios = []
            for turn in range(ROUNDS):
                order = ("with", "without") if turn % 2 else ("without", "with")
                seen = {name: rate(clients[name], list(images), turn) for name in order}
                ratios.append(seen["with"] / seen["without"])
                print(f"{seen['without']:10,.0f} {seen['with']:10,.0f} {ratios[-1]:8.3f}", flush=True)
            low, middle, high = statistics.quantiles(ratios, n=4)
            print(f"median of the ratios {middle:.3f}, quartiles {low:.3f} and {high:.3f}")
        finally:
            for service in services.values():
                service.close()


def rate(clients: list[Client], keys: list[str], seed: int) -> float:
    share = REQUESTS // len(clients)
    orders = [random.Random(f"{seed} {n}").choices(keys, k=share) for n in range(len(clients))]
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        assert all(pool.map(_ask, clients, orders))
    return share * len(clients) / (time.perf_counter() - begun)


def _ask(client: Client, keys: list[str]) -> bool:
    return all(client.get(key).hit for key in keys)


if __name__ == "__main__":
    main()
