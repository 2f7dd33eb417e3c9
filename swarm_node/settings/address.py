"""Under which address others reach a service that listens on every address of this machine."""

import ipaddress
import socket
from typing import Final

ELSEWHERE: Final = {
    socket.AF_INET: ("192.0.2.1", 9),
    socket.AF_INET6: ("2001:db8::1", 9),
}
"""Addresses that belong to nobody (RFC 5737, RFC 3849): the route to them is the way out of this machine."""


def reachable(host: str) -> str:
    """`host`, or this machine's address on its way out where `host` stands for every address.

    Nothing is sent: connecting a datagram socket only asks for the route. Without one it is loopback.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    families = [socket.AF_INET] if address.version == 4 else [socket.AF_INET, socket.AF_INET6]
    for family in families:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(ELSEWHERE[family])
                found: str = probe.getsockname()[0]
                return found
            except OSError:
                continue
    return "127.0.0.1"


def base_url(host: str, port: int) -> str:
    """The URL of a service at this address; an IPv6 address gets its brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
