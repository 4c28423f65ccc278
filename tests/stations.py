"""Stations of several workers of one instance, in one process, with a clock that the test moves."""

from datetime import UTC, datetime

from cache.memory import MemoryCache
from metrics.channel import ChannelUnavailable
from metrics.sqlite_channel import SqliteChannel
from metrics.station import Station

NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())


def kill(station):
    """As a kill does: nothing more comes of it, and the kernel lets go of what it held."""
    station._spool.release()
    station._lead.release()


class Watched:
    """A real channel that can be cut off, and notes what is asked of it."""

    def __init__(self, channel):
        self._channel = channel
        self.cut = False
        self.calls = []
        self.sent = []

    def __getattr__(self, name):
        method = getattr(self._channel, name)
        if not callable(method):
            return method

        def call(*arguments, **named):
            self.calls.append(name)
            if self.cut:
                raise ChannelUnavailable("cut off")
            if name == "send":
                self.sent.extend(arguments[0])
            return method(*arguments, **named)

        return call


class Workers:
    """The workers of the instance "me", by number; None in place of one that was killed."""

    def __init__(self, folder, count):
        self.now = float(NOON)
        self.folder = folder
        self.channel = Watched(SqliteChannel(str(folder / "channel.db"), clock=lambda: self.now))
        self.stations = []
        self.start(count)

    def start(self, count):
        self.stations = [None] * count
        for worker in range(count):
            self.respawn(worker)

    def respawn(self, worker):
        cache = MemoryCache("lru", 1 << 20)
        station = Station("me", cache, self.channel, self.folder, clock=lambda: self.now, worker=worker)
        station.cache = cache
        station.open()
        self.stations[worker] = station

    @property
    def living(self):
        return [station for station in self.stations if station is not None]

    @property
    def leader(self):
        (leader,) = [worker for worker, station in enumerate(self.stations) if station is not None and station.leads]
        return leader

    def serve(self, worker, requests=1):
        for _ in range(requests):
            self.stations[worker].recorder.served(True, 10, 1)

    def kill(self, worker):
        kill(self.stations[worker])
        self.stations[worker] = None

    def close(self, order=None):
        for worker in order or range(len(self.stations)):
            if self.stations[worker] is not None:
                self.stations[worker].close()
                self.stations[worker] = None

    def pass_seconds(self, seconds, without=(), step=1):
        """Live on, with every job running each ``step``; but in those workers that stand still."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + step)
            moving = [s for worker, s in enumerate(self.stations) if s is not None and worker not in without]
            for station in moving:
                station.roll(self.now)
            for station in moving:
                station.send(self.now)

    def requests(self):
        return {report.time - NOON: report.values["requests"] for report in self.channel.minutes(0, 2**40)}
