"""Load over HTTP by processes that speak no more of it than they must, so that they are not what is measured."""

import socket
import time
from concurrent.futures import ProcessPoolExecutor


def rate(port: int, key: str, requests: int, connections: int) -> float:
    """Whole answers a second; all requests are for one cached image."""
    share = requests // connections
    with ProcessPoolExecutor(connections) as pool:
        list(pool.map(ask, *zip(*[(port, key, 1)] * connections, strict=True)))  # every process is there
        begun = time.perf_counter()
        answers = pool.map(ask, *zip(*[(port, key, share)] * connections, strict=True))
        assert sum(answers) == share * connections
        return share * connections / (time.perf_counter() - begun)


def ask(port: int, key: str, count: int) -> int:
    """How many whole answers came, one after the other over one connection."""
    request = f"GET /images/{key} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
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
