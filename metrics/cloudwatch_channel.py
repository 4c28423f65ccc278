"""The channel on AWS: statistics as metrics of a namespace; configuration, words and histograms in its log group."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cache.config import Configuration
from metrics.calls import Calls
from metrics.channel import Announcement, ChannelUnavailable, Traits
from metrics.cloudwatch_client import READING, SENDING, Client, Patience, Silence
from metrics.cloudwatch_configuration import ConfigurationLog
from metrics.cloudwatch_curves import CurveLog
from metrics.cloudwatch_decisions import DecisionLog
from metrics.cloudwatch_instances import Instances
from metrics.cloudwatch_latency import LatencyLog
from metrics.cloudwatch_log import LogStream
from metrics.cloudwatch_reader import COARSE_AFTER_SECONDS, MetricReader
from metrics.cloudwatch_sender import Sender
from metrics.cloudwatch_url import Address
from metrics.curves import Curve, of_document
from metrics.decisions import Decision
from metrics.schema import Minute

GROUP = "/hitrate/{namespace}"
WORD_SECONDS = 10
"""Reading logs costs nothing, and who applies a change wants to see it taken up."""
SHOWN_AFTER_SECONDS = 60
"""How long a new point takes to be read back, as a rule."""
CONFIGURATION, INSTANCES, LATENCY = "configuration", "instances", "latency"
CURVES, CURVE_HOURS, DECISIONS = "curves", "curve-hours", "decisions"
"""The streams of the group."""


class CloudWatchChannel:
    """Namespace ``N`` of cloudwatch://N and log group /hitrate/N. Nothing is asked of AWS before the first call."""

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
        sending: Patience = SENDING,
        reading: Patience = READING,
    ) -> None:
        address = Address.read(url)
        namespace = address.namespace
        self.traits = Traits(
            source="CloudWatch",
            place=namespace,
            read_seconds=address.read_seconds,
            word_seconds=min(WORD_SECONDS, address.read_seconds),
            past_read_seconds=3600.0,
            coarse_after_seconds=COARSE_AFTER_SECONDS,
            lag_seconds=address.read_seconds + SHOWN_AFTER_SECONDS,
            follow_seconds=address.follow_seconds,
            follow_jitter=1.0,
        )
        self.calls = Calls(clock())
        group = GROUP.format(namespace=namespace)
        silence = Silence()
        metrics, logs = (Client(service, sending, self.calls, silence, clock) for service in ("cloudwatch", "logs"))
        points, pages = (Client(service, reading, self.calls, silence, clock) for service in ("cloudwatch", "logs"))
        self._clients = (metrics, logs, points, pages)
        self._instances = Instances(LogStream(logs, group, INSTANCES), points, namespace, clock)
        self._configuration = ConfigurationLog(LogStream(logs, group, CONFIGURATION), clock, pause)
        self._sender = Sender(metrics, LatencyLog(LogStream(logs, group, LATENCY)), namespace, clock)
        self._reader = MetricReader(
            points, self._instances, LatencyLog(LogStream(pages, group, LATENCY)), namespace, clock
        )
        streams = [
            (LogStream(client, group, CURVES), LogStream(client, group, CURVE_HOURS)) for client in (logs, pages)
        ]
        self._sent_curves, self._read_curves = (CurveLog(*both, clock) for both in streams)
        self._decisions = DecisionLog(*(LogStream(client, group, DECISIONS) for client in (logs, pages)), clock)

    @property
    def dropped(self) -> int:
        return self._sender.dropped

    def send(self, minutes: Sequence[Minute]) -> None:
        self._sender.send(minutes)

    def minutes(self, start: int, end: int) -> list[Minute]:
        if start >= end:
            self._say_what_is_wrong()
            return []
        return self._reader.minutes(start, end)

    def publish(self, document: Configuration) -> None:
        self._configuration.publish(document)

    def newest(self) -> Configuration:
        return self._configuration.newest()

    def history(self, after: int = -1) -> list[Configuration]:
        return self._configuration.history(after)

    def keep(self) -> None:
        self._configuration.keep()

    def announce(self, announcement: Announcement) -> None:
        self._instances.announce(announcement)

    def announcements(self) -> list[Announcement]:
        return self._instances.announcements()

    def send_curve(self, document: Mapping[str, Any]) -> None:
        self._sent_curves.append(of_document(document))

    def curves(self, start: int, end: int, by_hours: bool = False) -> list[Curve]:
        return self._read_curves.read(start, end, by_hours)

    def send_decision(self, decision: Decision) -> None:
        self._decisions.append(decision)

    def decisions(self, start: int, end: int) -> list[Decision]:
        return self._decisions.read(start, end)

    def _say_what_is_wrong(self) -> None:
        """An empty range costs no call: it tells how the last ones went, for those who ask every few seconds."""
        problem = next((client.problem for client in self._clients if client.problem), "")
        if problem:
            raise ChannelUnavailable(problem)
