"""What counts as this machine. Nothing here listens elsewhere: there is no authentication yet."""

import ipaddress

from indexer.errors import InputError


def contains(host: str) -> bool:
    """Tell whether a host name or address, without port and brackets, is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require(host: str) -> None:
    """Raise InputError for an address that others can reach."""
    if not contains(host):
        raise InputError(
            f"{host} is not a loopback address", hint="listen on 127.0.0.1; there is no authentication yet"
        )
