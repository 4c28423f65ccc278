"""The calls to CloudWatch and CloudWatch Logs: time-outs, retries and errors, once for all of the channel."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)

from metrics.calls import Calls
from metrics.channel import ChannelUnavailable

log = logging.getLogger(__name__)

CONNECT_SECONDS = 1
ATTEMPTS = 2
COMPRESSED_FROM_BYTES = 1024
QUIET_SECONDS = 3.0
"""After a call that nobody answered, the next ones fail at once for so long: else each waits in vain, one by one."""

THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
     "LimitExceededException", "LimitExceeded"}
)  # fmt: skip
NOT_THERE = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
EXISTS = "ResourceAlreadyExistsException"
REFUSED = frozenset(
    {"InvalidParameterValue", "InvalidParameterValueException", "InvalidParameterCombination",
     "InvalidParameterCombinationException", "MissingParameter", "MissingRequiredParameter",
     "MissingRequiredParameterException", "InvalidParameterException", "InvalidFormat", "ValidationError",
     "ValidationException", "RequestEntityTooLarge", "413"}
)  # fmt: skip
"""What is wrong with the data itself, and would be refused again. All else may pass: rights, clocks, credentials."""


_making = Lock()
"""Making a client is not thread safe; using it is."""


class Refused(Exception):
    """CloudWatch does not take this, now or ever."""


class NotThere(Exception):
    """No log group, or no log stream, of that name."""


@dataclass(frozen=True)
class Patience:
    """How long an answer may take, and how often it is asked for."""

    read_seconds: float
    attempts: int = ATTEMPTS


SENDING = Patience(2)
READING = Patience(10)
"""A month of points, or a page of a log, takes longer than a minute's datums; nobody's request waits for it."""


@dataclass
class Silence:
    """Since when nobody answers, and why; shared by the clients of one channel, as they go the same way."""

    since: float = float("-inf")
    problem: str = ""


class Client:
    """One service of AWS. It is made at the first call; its credentials, region and endpoint are boto3's business.

    ``ask`` raises ChannelUnavailable for what may pass, and Refused or NotThere for what won't.
    """

    def __init__(
        self,
        service: str,
        patience: Patience,
        calls: Calls,
        silence: Silence,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._service = service
        self._patience = patience
        self._calls = calls
        self._clock = clock
        self._client: Any = None
        self._silence = silence
        self.problem = ""

    def ask(self, operation: str, *, metrics_read: int = 0, log_bytes: int = 0, **parameters: Any) -> Mapping[str, Any]:
        """The answer to one operation, by boto3's name of it."""
        if abs(self._clock() - self._silence.since) < QUIET_SECONDS:
            raise ChannelUnavailable(self._silence.problem)
        try:
            client = self.made()
            self._calls.count(operation, metrics_read, log_bytes)
            answer = getattr(client, operation)(**parameters)
        except ClientError as error:
            raise self._told(error) from error
        except ParamValidationError as error:
            raise Refused(str(error)) from error
        except BotoCoreError as error:
            log.debug("%s failed", operation, exc_info=True)
            self.problem = _in_words(error)
            self._silence.since, self._silence.problem = self._clock(), self.problem
            raise ChannelUnavailable(self.problem) from error
        self.problem = ""
        return answer

    def made(self) -> Any:
        """boto3's own client."""
        with _making:
            if self._client is None:
                config = Config(
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=self._patience.read_seconds,
                    retries={"mode": "standard", "total_max_attempts": self._patience.attempts},
                    request_min_compression_size_bytes=COMPRESSED_FROM_BYTES,
                )
                session = _session()
                # boto3 alone of all SDKs does not know AWS_REGION.
                region = session.region_name or os.environ.get("AWS_REGION")
                self._client = session.client(self._service, region_name=region, config=config)
            return self._client

    def _told(self, error: ClientError) -> Exception:
        code, words = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        if code in NOT_THERE or code in REFUSED:
            self.problem = ""
            return NotThere(words) if code in NOT_THERE else Refused(f"{code}: {words}")
        throttled = code in THROTTLED or error.response["ResponseMetadata"].get("HTTPStatusCode") == 429
        self.problem = "throttled" if throttled else f"it answered {code or 'an error'}{': ' if words else ''}{words}"
        return ChannelUnavailable(self.problem, throttled=throttled)


@cache
def _session() -> boto3.Session:
    """One for the process: it keeps the credentials, and what it reads of each service takes half a second."""
    return boto3.Session()


def _in_words(error: BotoCoreError) -> str:
    if isinstance(error, NoCredentialsError):
        return "there are no AWS credentials"
    if isinstance(error, NoRegionError):
        return "no AWS region is set: AWS_REGION"
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionClosedError | EndpointConnectionError):
        return "no connection"
    return str(error).rstrip(".")
