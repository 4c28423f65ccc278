"""What is known of the client behind a request, and of how it got here, when a proxy may stand between."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IPV6_NETWORK_BITS = 64
"""One customer has at least this network: its single addresses say nothing."""


@dataclass(frozen=True)
class Client:
    """``peer`` is who is connected. ``name`` is whom it speaks for, if it is a proxy of ours, else the same."""

    name: str
    peer: str


def client_of(environ: Mapping[str, Any]) -> Client:
    """Only a peer in a private network is taken for a proxy, and only its own entry in X-Forwarded-For is believed."""
    peer = _network(environ.get("REMOTE_ADDR", ""))
    said = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return Client(_network(said) if said and _is_private(peer) else peer, peer)


def scheme_of(environ: Mapping[str, Any]) -> str:
    """http or https as the browser sees it: a proxy that ends TLS says so in X-Forwarded-Proto.

    Believed of anybody: a page can't send this header to another site, and whom a client deceives is itself.
    """
    said = environ.get("HTTP_X_FORWARDED_PROTO", "").partition(",")[0].strip().lower()
    return said if said in ("http", "https") else environ["wsgi.url_scheme"]


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))


def _is_private(network: str) -> bool:
    return network != "unknown" and ipaddress.ip_network(network).is_private
