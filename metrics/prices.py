"""What AWS charges: one dated table, and what calls, instances, memory and reads come to by it."""

from dataclasses import dataclass

from metrics.calls import Tally
from metrics.cloudwatch_datums import OF_AN_INSTANCE, OF_THE_FLEET
from metrics.schema import OF_ENGINE

SEEN = "November 2026"
SOURCE = "https://aws.amazon.com/cloudwatch/pricing/, us-east-1, without the free tier"

DOLLARS_A_METRIC_A_MONTH = 0.30
DOLLARS_A_CALL = 0.01 / 1000
DOLLARS_A_METRIC_READ = 0.01 / 1000
DOLLARS_A_LOG_BYTE = 0.50 / 2**30
CHARGED_BY_CALL = frozenset({"put_metric_data", "list_metrics"})
"""GetMetricData is charged by the metrics asked for; what logs are asked costs nothing, only what they take in."""

DOLLARS_A_GB_OF_MEMORY_A_MONTH = 4.60
"""r6g.large, on demand: $0.1008 an hour for 16 GB."""
DOLLARS_A_THOUSAND_S3_GETS = 0.0004
DOLLARS_A_THOUSAND_SECONDS_OF_WAITING = 0.10
"""No price of AWS, but what is chosen to weigh slow pages by: some 36 cents for an hour of somebody's waiting."""

GB = 1 << 30
MONTH_SECONDS = 30 * 86_400
LEAST_SECONDS = 600
"""A pace is none before that."""
LOG_BYTES_A_MINUTE = 4000
"""Of one instance: the curve and the histogram of a busy minute, and its words."""


@dataclass(frozen=True)
class Prices:
    """What a cache is weighed by: its memory against the reads, and the waiting, that it spares.

    ``miss_milliseconds`` is how much longer a miss takes than a hit; 0 where that is to be measured.
    """

    memory_gb_month: float = DOLLARS_A_GB_OF_MEMORY_A_MONTH
    s3_thousand_gets: float = DOLLARS_A_THOUSAND_S3_GETS
    thousand_seconds: float = DOLLARS_A_THOUSAND_SECONDS_OF_WAITING
    miss_milliseconds: float = 0.0

    def of_a_miss(self, measured_milliseconds: float | None) -> float:
        """Dollars for one read of the store, and for the time that it takes."""
        milliseconds = self.miss_milliseconds or measured_milliseconds or 0.0
        return self.s3_thousand_gets / 1000 + milliseconds * self.thousand_seconds / 1_000_000


def spent(tally: Tally) -> float:
    """Dollars for all that was asked."""
    charged = sum(calls for operation, calls in tally.operations.items() if operation in CHARGED_BY_CALL)
    reads = tally.metrics_read * DOLLARS_A_METRIC_READ
    return charged * DOLLARS_A_CALL + reads + tally.log_bytes * DOLLARS_A_LOG_BYTE


def spent_a_month(tally: Tally, now: float) -> float | None:
    """Dollars a month if it goes on like this; None while it is too early to tell."""
    seconds = now - tally.since
    return spent(tally) / seconds * MONTH_SECONDS if seconds >= LEAST_SECONDS else None


def sent_a_month(instances: int, shared_cache: bool = False) -> float:
    """Dollars a month for what so many instances send all the time: metrics, one call a minute, and logs."""
    each = len(OF_AN_INSTANCE) - (0 if shared_cache else len(OF_ENGINE))
    metrics = instances * each + (len(OF_THE_FLEET) if instances else 0)
    minutes = instances * MONTH_SECONDS / 60
    calls_and_logs = minutes * (DOLLARS_A_CALL + LOG_BYTES_A_MINUTE * DOLLARS_A_LOG_BYTE)
    return metrics * DOLLARS_A_METRIC_A_MONTH + calls_and_logs
