import socket

import pytest

from indexer import loopback
from indexer.errors import InputError


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_addresses_of_this_machine(host: str) -> None:
    assert loopback.contains(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "localhost.evil.example", "", "127.0.0.1.evil.example"]
)
def test_addresses_that_others_can_reach(host: str) -> None:
    assert not loopback.contains(host)


def test_a_taken_port_is_told_before_a_server_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} of 127.0.0.1"):
            loopback.require_free("127.0.0.1", port)
    loopback.require_free("127.0.0.1", port)
