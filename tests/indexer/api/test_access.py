"""Who may ask: tokens, hosts, origins, rates, and where a server listens."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from indexer import Index, access
from indexer.access import COOKIE, Access, Authorised, Limited, check_token, require, ticket
from indexer.api import create_app
from indexer.errors import InputError
from indexer.serving import HEADER
from indexer.settings import Settings, load_settings

TOKEN = "a-token-of-this-test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client(filled: Index) -> Iterator[TestClient]:
    """A server beyond this machine, whose announced token is `mine`."""
    beyond = Access(token=TOKEN, beyond=True, hosts=("search.example",))
    app = create_app(lambda: filled, token="mine", access=beyond)
    with TestClient(app, base_url="http://192.0.2.7:8501") as opened:
        yield opened


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "a token is needed"),
        ({"Authorization": "Bearer wrong"}, "the token is wrong"),
        ({"Authorization": f"Basic {TOKEN}"}, "the token is wrong"),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, "the token is wrong"),
        ({"Cookie": f"{COOKIE}={TOKEN}"}, "a token is needed"),
    ],
)
def test_without_the_right_token_nothing_is_answered(client: TestClient, headers: dict[str, str], said: str) -> None:
    for method, path in (("GET", "/v1/repos"), ("POST", "/v1/search"), ("GET", "/ready"), ("DELETE", "/v1/x/health")):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["detail"] == said
        assert answer.headers["www-authenticate"] == "Bearer"


def test_the_right_token_is_answered(client: TestClient) -> None:
    assert client.get("/v1/repos", headers=BEARER).status_code == 200
    assert client.get("/v1/repos", headers={"Authorization": f"bearer  {TOKEN}"}).status_code == 200
    assert client.get("/v1/repos", headers={"Cookie": f"{COOKIE}={ticket(TOKEN)}"}).status_code == 200


def test_a_command_of_this_machine_shows_what_the_server_announced(client: TestClient) -> None:
    assert client.get("/v1/repos", headers={HEADER: "mine"}).status_code == 200
    assert client.get("/v1/repos", headers={HEADER: "other"}).status_code == 421


def test_health_and_how_to_ask_need_no_token(client: TestClient) -> None:
    for path in ("/health", "/docs", "/openapi.json"):
        assert client.get(path).status_code == 200
    page = client.get("/docs").text
    for asset in [part.split('"')[0] for part in page.split('src="')[1:]]:
        assert client.get(asset).status_code == 200


def test_a_server_of_this_machine_needs_no_token_unless_it_has_one(filled: Index) -> None:
    with TestClient(create_app(lambda: filled), base_url="http://127.0.0.1") as client:
        assert client.get("/v1/repos").status_code == 200
    app = create_app(lambda: filled, access=Access(token=TOKEN))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/v1/repos").status_code == 401
        assert client.get("/v1/repos", headers=BEARER).status_code == 200


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("192.0.2.7:8501", None, 200),
        ("192.0.2.7:8501", "http://192.0.2.7:8501", 200),
        ("search.example", "https://search.example", 200),
        ("SEARCH.example", None, 200),
        ("[2001:db8::7]:8501", None, 200),
        ("127.0.0.1", "http://localhost:3000", 200),
        ("evil.example", None, 403),
        ("192.0.2.7:8501", "http://evil.example", 403),
        ("192.0.2.7:8501", "http://localhost:3000", 403),
        ("192.0.2.7:8501", "null", 403),
        ("[evil", None, 403),
        ("", None, 403),
    ],
)
def test_hosts_and_origins_of_strangers_are_refused_beyond_this_machine_too(
    client: TestClient, host: str, origin: str | None, status: int
) -> None:
    headers = {**BEARER, "Host": host, **({"Origin": origin} if origin else {})}
    assert client.get("/v1/repos", headers=headers).status_code == status


def test_a_client_that_asks_too_much_waits_and_others_do_not() -> None:
    now = 0.0
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("ok"))],
        middleware=[Middleware(Limited, per_second=2, burst=3, clock=lambda: now)],
    )
    one = TestClient(app, client=("192.0.2.1", 1))
    assert [one.get("/").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = one.get("/")
    assert refused.json()["title"] == "Too Many Requests"
    assert refused.headers["retry-after"] == "1"
    assert TestClient(app, client=("192.0.2.2", 1)).get("/").status_code == 200
    here = TestClient(app, client=("127.0.0.1", 1))
    assert {here.get("/").status_code for _ in range(9)} == {200}
    now += 1
    assert [one.get("/").status_code for _ in range(3)] == [200, 200, 429]


def test_only_a_server_beyond_this_machine_counts_requests(filled: Index) -> None:
    def guards(access: Access) -> list[object]:
        return [one.cls for one in create_app(lambda: filled, access=access).user_middleware]

    assert Limited in guards(Access(token=TOKEN, beyond=True))
    assert Limited not in guards(Access(token=TOKEN))


async def page(_: object) -> PlainTextResponse:
    return PlainTextResponse("the page")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("stream")
    await socket.close()


def test_people_show_the_token_once_in_a_form_and_the_page_and_its_stream_open() -> None:
    app = Starlette(
        routes=[Route("/{path:path}", page), WebSocketRoute("/stream", stream)],
        middleware=[Middleware(Authorised, token=TOKEN, page=True)],
    )
    with TestClient(app, base_url="http://192.0.2.7") as client:
        asked = client.get("/?q=x")
        assert asked.status_code == 401
        assert '<input name="token" type="password"' in asked.text
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://192.0.2.7/stream"):
            pass
        assert client.get("/health").status_code == 401  # of the page; the API's own is open
        assert "not the token" in client.post("/", data={"token": "guess"}).text
        opened = client.post("/", data={"token": TOKEN})
        assert opened.text == "the page"
        cookie = opened.history[0].headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert TOKEN not in cookie
        with client.websocket_connect("ws://192.0.2.7/stream") as socket:
            assert socket.receive_text() == "stream"


def test_the_api_beside_the_page_answers_a_missing_token_with_a_problem_not_with_a_form() -> None:
    app = Starlette(routes=[Route("/{path:path}", page)], middleware=[Middleware(Authorised, token=TOKEN, page=True)])
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/api/v1/repos").json()["status"] == 401
        assert client.get("/api/health").status_code == 200


@pytest.mark.parametrize("token", ["short", "f" * 15, "with a space in it all", "ä" * 20, "x" * 20 + "\n"])
def test_a_token_that_is_guessed_or_does_not_fit_is_refused(token: str) -> None:
    with pytest.raises(InputError) as caught:
        check_token(token)
    assert token not in str(caught.value)
    assert "token_urlsafe" in caught.value.hint


def test_beyond_this_machine_a_server_needs_a_token() -> None:
    with pytest.raises(InputError, match="no token") as caught:
        require("0.0.0.0", 0, "")
    assert "GTE_SEARCH_TOKEN" in caught.value.hint
    require("0.0.0.0", 0, TOKEN)
    require("127.0.0.1", 0, "")


def test_the_token_is_a_setting_that_is_never_shown() -> None:
    settings = load_settings(environ={"GTE_SEARCH_TOKEN": TOKEN, "GTE_SEARCH_HOSTS": "one.example"})
    assert (settings.token, settings.hosts) == (TOKEN, ("one.example",))
    assert TOKEN not in repr(settings)
    assert access.of(settings, "0.0.0.0") == Access(token=TOKEN, beyond=True, hosts=("one.example",))
    assert access.of(Settings(), "127.0.0.1") == Access()
