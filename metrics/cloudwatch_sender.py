"""Sends minutes to CloudWatch: as few calls as the limits allow, and without what would be refused."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from metrics.channel import ChannelUnavailable
from metrics.cloudwatch_client import Client, NotThere, Refused
from metrics.cloudwatch_datums import datums
from metrics.cloudwatch_latency import LatencyLog
from metrics.cloudwatch_limits import bad_buckets, bad_values, batches, untimely
from metrics.schema import Minute

log = logging.getLogger(__name__)


class Sender:
    """Minutes become datums and events. ``dropped`` counts the minutes and the single numbers that were given up."""

    def __init__(self, metrics: Client, latency: LatencyLog, namespace: str, clock: Callable[[], float]) -> None:
        self._metrics = metrics
        self._latency = latency
        self._namespace = namespace
        self._clock = clock
        self.dropped = 0

    def send(self, minutes: Sequence[Minute]) -> None:
        """Send all; ChannelUnavailable tells which had been delivered, or given up, by then."""
        delivered = set(range(len(minutes)))
        wanted = list(self._acceptable(minutes))
        delivered -= {number for number, _ in wanted}
        for batch in batches((each, datums(each[1])) for each in wanted):
            try:
                # The log first: an event may come twice, but a rate that is sent again counts twice.
                self.dropped += self._latency.append([minute for (_, minute), _ in batch], self._clock())
                self._put([datum for _, group in batch for datum in group])
            except ChannelUnavailable as error:
                done = [minutes[number] for number in sorted(delivered)]
                raise ChannelUnavailable(str(error), throttled=error.throttled, delivered=done) from error
            delivered |= {number for (number, _), _ in batch}

    def _acceptable(self, minutes: Sequence[Minute]) -> Iterator[tuple[int, Minute]]:
        for number, minute in enumerate(minutes):
            if why := untimely(minute.time, self._clock()):
                self._drop(f"the minute {minute.time} of {minute.instance}", why)
                continue
            values, buckets = bad_values(minute), bad_buckets(minute)
            for name in values:
                self._drop(f"{name} of {minute.instance} at {minute.time}", f"{minute.values[name]!r} is no number")
            if buckets:
                self._drop(f"{len(buckets)} latencies of {minute.instance} at {minute.time}", "they are no numbers")
            yield number, _without(minute, values, buckets) if values or buckets else minute

    def _put(self, data: Sequence[Mapping[str, Any]]) -> None:
        """One call; if it is refused for one datum, halves of it, until that one alone is given up."""
        try:
            self._metrics.ask("put_metric_data", Namespace=self._namespace, MetricData=data)
        except (Refused, NotThere) as error:
            if len(data) == 1:
                self._drop(f"{data[0]['MetricName']} at {data[0]['Timestamp']:%d %b %H:%M}", str(error))
                return
            half = len(data) // 2
            self._put(data[:half])
            self._put(data[half:])

    def _drop(self, what: str, why: str) -> None:
        self.dropped += 1
        log.error("CloudWatch would not take %s, it is lost: %s", what, why)


def _without(minute: Minute, values: Sequence[str], buckets: Sequence[int]) -> Minute:
    return replace(
        minute,
        values={name: value for name, value in minute.values.items() if name not in values},
        latency={bucket: answers for bucket, answers in minute.latency.items() if bucket not in buckets},
    )
