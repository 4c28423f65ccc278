"""The id of the EC2 instance that this runs on, asked of the machine's own metadata service (IMDSv2)."""

import http.client
import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

ENDPOINT = "http://169.254.169.254"
WITHIN_SECONDS = 0.2
TOKEN_SECONDS = "60"
_ID = re.compile(r"i-[0-9a-f]{8,32}")


def instance_id(environment: Mapping[str, str], within_seconds: float = WITHIN_SECONDS) -> str | None:
    """None where this is not EC2, or does not say so in time. The environment's names are those that boto3 knows."""
    if environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    endpoint = urlsplit(environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or ENDPOINT)
    service = _Service(endpoint.netloc, time.monotonic() + within_seconds)
    try:
        token = service.ask("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": TOKEN_SECONDS})
        found = service.ask("GET", "/latest/meta-data/instance-id", {"X-aws-ec2-metadata-token": token})
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return found if _ID.fullmatch(found) else None


class _Service:
    """Asked directly, never through a proxy of the environment: the address is the machine's own."""

    def __init__(self, address: str, until: float) -> None:
        self._address = address
        self._until = until

    def ask(self, method: str, path: str, headers: dict[str, str]) -> str:
        connection = http.client.HTTPConnection(self._address, timeout=self._left())
        try:
            connection.request(method, path, headers=headers)
            connection.sock.settimeout(self._left())
            answer = connection.getresponse()
            if answer.status != 200:
                raise ValueError(f"{method} {path} was answered {answer.status}")
            return answer.read(256).decode("ascii").strip()
        finally:
            connection.close()

    def _left(self) -> float:
        return max(0.001, self._until - time.monotonic())
