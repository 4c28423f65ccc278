"""The yardstick of the benchmark of hits through Redis is one: it answers what it was given, from Redis."""

from tests.asking import Client
from tests.processes import App


def test_the_yardstick_answers_from_redis_what_it_was_given(redis, tmp_path):
    yardstick = App(
        "benchmarks.flask_caching_app", "/healthz", tmp_path / "data", REDIS=f"redis://127.0.0.1:{redis.port}/1"
    )
    try:
        yardstick.start()
        client = Client(yardstick.url)
        client.put("picture.png", b"bytes")
        assert client.get("picture.png").body == b"bytes"
        assert redis.info()["keyspace_hits"] == 1
    finally:
        yardstick.close()
