"""The manager keeps the newest configuration from growing old, whether somebody looks or not."""

from dashboard import wsgi
from metrics.sqlite_channel import SqliteChannel
from tests.processes import wait_until


def test_the_channel_is_asked_to_keep_what_is_newest_until_the_end(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(wsgi, "KEEP_SECONDS", 0.02)
    monkeypatch.setattr(SqliteChannel, "keep", lambda channel: kept.append(channel))
    manager = wsgi.create()
    wait_until(lambda: len(kept) > 2, what="the channel to be asked")
    manager.close()
    by_then = len(kept)
    manager.ticker.close()
    assert len(kept) == by_then
