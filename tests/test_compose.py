"""The Qdrant service starts with a key of the user's own and is reachable only from this machine."""

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own

COMPOSE = Path(__file__).resolve().parent.parent / "compose.yaml"


@pytest.fixture
def service() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]["qdrant"]
    return loaded


def test_every_port_is_bound_to_loopback(service: dict[str, Any]) -> None:
    assert service["ports"]
    assert [port for port in service["ports"] if not port.startswith("127.0.0.1:")] == []


def test_it_does_not_start_without_a_key(service: dict[str, Any]) -> None:
    assert service["environment"]["QDRANT__SERVICE__API_KEY"].startswith("${QDRANT_API_KEY:?")


def test_the_version_is_pinned_and_near_the_clients(service: dict[str, Any]) -> None:
    pins = dict(
        line.split("==") for line in (COMPOSE.parent / "constraints.txt").read_text().splitlines() if "==" in line
    )
    client = [int(part) for part in pins["qdrant-client"].split(".")]
    server = [int(part) for part in service["image"].removeprefix("qdrant/qdrant:v").split(".")]
    assert server[0] == client[0]
    assert abs(server[1] - client[1]) <= 1  # what the client supports


def test_the_data_outlives_the_container_and_health_is_checked(service: dict[str, Any]) -> None:
    assert "qdrant:/qdrant/storage" in service["volumes"]
    assert "/readyz" in service["healthcheck"]["test"][-1]
