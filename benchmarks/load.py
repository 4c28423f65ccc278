"""Load over HTTP by processes that speak no more of it than they must, so that they are not what is measured."""

import socket
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice


def rate(port: int, keys: list[str], requests: int, connections: int) -> float:
    """Whole answers a second; the requests go round cached images whose keys and bytes are all of one length."""
    share = requests // connections
    with ProcessPoolExecutor(connections) as pool:
        list(pool.map(ask, *zip(*[(port, keys, 1)] * connections, strict=True)))  # every process is there
        begun = time.perf_counter()
        answers = pool.map(ask, *zip(*[(port, keys, share)] * connections, strict=True))
        assert sum(answers) == share * connections
        return share * connections / (time.perf_counter() - begun)


def ask(port: int, keys: list[str], count: int) -> int:
    """How many whole answers came, one after the other over one connection."""
    requests = [f"GET /images/{key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for key in keys]
    whole = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        length = 0
        for request in islice(cycle(requests), count):
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
