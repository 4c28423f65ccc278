"""What was asked of a service that charges for it: how often, for how many metrics, with how many bytes of logs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True)
class Tally:
    """All that was asked since ``since`` (seconds since 1970): calls by operation, metrics read, bytes logged."""

    since: float
    operations: Mapping[str, int] = field(default_factory=dict)
    metrics_read: int = 0
    log_bytes: int = 0


class Calls:
    """Counts the calls of one process. Thread safe."""

    def __init__(self, since: float) -> None:
        self._since = since
        self._lock = Lock()
        self._operations: Counter[str] = Counter()
        self._metrics_read = 0
        self._log_bytes = 0

    def count(self, operation: str, metrics_read: int = 0, log_bytes: int = 0) -> None:
        """One call; it costs whether it is answered well or not."""
        with self._lock:
            self._operations[operation] += 1
            self._metrics_read += metrics_read
            self._log_bytes += log_bytes

    def tally(self) -> Tally:
        with self._lock:
            return Tally(self._since, dict(self._operations), self._metrics_read, self._log_bytes)
