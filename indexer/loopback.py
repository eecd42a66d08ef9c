"""What counts as this machine."""

import ipaddress
import socket

from indexer.errors import InputError


def contains(host: str) -> bool:
    """Tell whether a host name or address, without port and brackets, is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_free(host: str, port: int) -> None:
    """Raise InputError where nothing can listen: the port is taken, or the address is of another machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise InputError(
            f"port {port} of {host} cannot be used: {error.strerror or error}",
            hint="stop the program that has it, or use --port",
        ) from error
