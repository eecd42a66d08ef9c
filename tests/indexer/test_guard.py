from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from indexer.guard import LocalOnly, Named
from indexer.serving import HEADER

STREAM = "ws://127.0.0.1:8501/stream"


async def page(_: object) -> PlainTextResponse:
    return PlainTextResponse("page")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("stream")
    await socket.close()


@pytest.fixture
def client() -> Iterator[TestClient]:
    routes = [Route("/", page), WebSocketRoute("/stream", stream)]
    app = Starlette(routes=routes, middleware=[Middleware(LocalOnly)])
    with TestClient(app, base_url="http://127.0.0.1:8501") as opened:
        yield opened


def test_this_machine_passes(client: TestClient) -> None:
    assert client.get("/", headers={"Origin": "http://localhost:8501"}).text == "page"
    with client.websocket_connect(STREAM, headers={"Origin": "http://127.0.0.1:8501"}) as socket:
        assert socket.receive_text() == "stream"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Origin": "null"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_strangers_get_neither_page_nor_stream(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(STREAM, headers=headers):
        pass


def test_a_request_for_another_server_is_refused() -> None:
    app = Starlette(routes=[Route("/", page)], middleware=[Middleware(Named, token="mine")])
    with TestClient(app, base_url="http://127.0.0.1:8501") as client:
        assert client.get("/").text == "page"
        assert client.get("/", headers={HEADER: "mine"}).text == "page"
        assert client.get("/", headers={HEADER: "other"}).status_code == 421
