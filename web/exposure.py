"""Who can reach an address that an app listens on: this machine alone, or others as well."""

import ipaddress


def is_loopback(host: str) -> bool:
    """True for localhost and what is written as a loopback address; any other name may lead outside."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def refuse_exposed(host: str, secret: object, name: str, everybody_could: str) -> None:
    """ValueError, in words, where others can reach ``host`` and the secret called ``name`` is not set."""
    if not secret and not is_loopback(host):
        raise ValueError(
            f"HOST {host} can be reached from other machines, where everybody could {everybody_could}: "
            f"set {name} to a secret, or HOST to 127.0.0.1"
        )
