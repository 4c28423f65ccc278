"""Which channel a CHANNEL_URL names."""

from collections.abc import Callable

from metrics.channel import Channel


def _sqlite(url: str) -> Channel:
    from metrics.sqlite_channel import SqliteChannel

    return SqliteChannel(url.removeprefix("sqlite:///"))


def _cloudwatch(url: str) -> Channel:
    from metrics.cloudwatch_channel import CloudWatchChannel

    return CloudWatchChannel(url)


# An adapter is imported only when its URL asks for it: its SDK may be large, or not installed.
CHANNELS: dict[str, Callable[[str], Channel]] = {"sqlite": _sqlite, "cloudwatch": _cloudwatch}


def open_channel(url: str) -> Channel:
    """The channel at a URL; ValueError, in words, for a scheme that no adapter has."""
    scheme = url.partition(":")[0]
    if scheme not in CHANNELS:
        raise ValueError(f"CHANNEL_URL {url!r}: unknown scheme; known are {', '.join(CHANNELS)}")
    return CHANNELS[scheme](url)
