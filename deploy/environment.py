"""Settings with the secrets put in: environment.py /etc/hitrate/web.env /run/hitrate-web/settings.env

In the first file, lines of NAME=value, ``<arn:aws:secretsmanager:...>`` stands for that secret. The second is for
systemd to read, and lies in memory; so no secret is on a disk or in user data, and a changed one is in force after a
restart.
"""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

SECRET = re.compile(r"<(arn:[^<>]+)>")
SECONDS, ATTEMPTS = 5, 5


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    settings = read(source.read_text(), secret_of_aws)
    temporary = target.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={quoted(value)}\n" for name, value in settings.items())
    temporary.replace(target)


def read(text: str, secret: Callable[[str], str]) -> dict[str, str]:
    """The settings by name; ``secret`` tells what an ARN stands for."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: filled(value, secret) for name, _, value in pairs}


def filled(value: str, secret: Callable[[str], str]) -> str:
    inside_a_url = "://" in value
    return SECRET.sub(lambda found: quote(secret(found[1]), safe="") if inside_a_url else secret(found[1]), value)


def quoted(value: str) -> str:
    """As systemd reads it: in double quotes, with a backslash before what means something there."""
    if "\n" in value or "\0" in value:
        raise ValueError("a setting is one line")
    return '"' + re.sub(r'([\\"$`])', r"\\\1", value) + '"'


def secret_of_aws(arn: str) -> str:
    import boto3
    from botocore.config import Config

    patience = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": ATTEMPTS})
    client = boto3.client("secretsmanager", region_name=arn.split(":")[3], config=patience)
    return client.get_secret_value(SecretId=arn)["SecretString"]


if __name__ == "__main__":
    main()
