"""Who may ask, and how often, as ASGI middleware: a bearer token, and a bucket of requests for each client."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from indexer import loopback
from indexer.errors import InputError
from indexer.guard import read_body
from indexer.problem import refusal
from indexer.serving import HEADER
from indexer.settings import Settings

SHORTEST_TOKEN: Final = 16  # characters; what can be guessed keeps nobody out
COOKIE: Final = "gte_search"
BURST: Final = 60  # requests at once; the page of the documentation needs a handful
PER_SECOND: Final = 20.0
MOST_CLIENTS: Final = 4096  # remembered at a time; beyond that the one not seen for longest is forgotten

ASK: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>gte-search</title>
<meta name="viewport" content="width=device-width"><style>body{font:1rem system-ui;margin:4rem auto;max-width:24rem}
input,button{font:inherit;padding:.4rem}</style><h1>gte-search</h1><form method="post" action="">
<p><label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open</button></p><p>It is what the server was started with, as <code>GTE_SEARCH_TOKEN</code>.</p></form></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may ask a server."""

    token: str = ""  # that a client has to show; empty: none, and then `beyond` is False
    beyond: bool = False  # it listens beyond this machine
    hosts: tuple[str, ...] = ()  # names that it is then reached by


def of(settings: Settings, host: str) -> Access:
    """Return who may ask a server that listens on `host`."""
    return Access(token=settings.token, beyond=not loopback.contains(host), hosts=settings.hosts)


class Authorised:
    """Refuses who does not show the token: as a bearer, or, for the page, as a cookie that a form sets.

    A command of this machine shows instead what the server announced to its owner (`indexer.serving`).
    """

    def __init__(self, app: ASGIApp, *, token: str, announced: str = "", page: bool = False) -> None:
        """Guard `app`; without a token anybody may ask.

        announced: token of the file in the index's folder. page: people are asked for the token by a form.
        """
        self._app = app
        self._token = token
        self._announced = announced
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, or pass on."""
        if not self._token or scope["type"] not in ("http", "websocket") or self._may_pass(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "a token is needed"})
        elif self._page and not scope["path"].startswith("/api/"):
            await (await self._form(scope, receive))(scope, receive, send)
        else:
            said = "the token is wrong" if "authorization" in HTTPConnection(scope).headers else "a token is needed"
            hint = "send `Authorization: Bearer TOKEN`, with the token that the server was started with"
            headers = {"WWW-Authenticate": "Bearer"}
            await refusal(401, said, hint, headers=headers)(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if scope["type"] == "http" and scope["method"] == "GET" and self._is_open(scope["path"]):
            return True
        headers = HTTPConnection(scope).headers
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _equal(given.strip(), self._token):
            return True
        if self._announced and _equal(headers.get(HEADER, ""), self._announced):
            return True
        return _equal(_cookie(headers.get("cookie", "")), ticket(self._token))

    def _is_open(self, path: str) -> bool:
        """Tell whether a path says nothing of what is indexed: health, and how to ask."""
        if self._page and not path.startswith("/api/"):
            return False
        path = path.removeprefix("/api")
        return path in ("/health", "/docs", "/openapi.json") or path.startswith("/static-offline-docs/")

    async def _form(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] != "POST":
            return HTMLResponse(ASK, status_code=401)
        body = await read_body(receive) or b""
        given = parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]
        if not _equal(given.strip(), self._token):
            return HTMLResponse(ASK.replace("<p>It", "<p><strong>That is not the token.</strong> It"), status_code=401)
        answer = RedirectResponse(scope["path"], status_code=303)
        secure = scope.get("scheme") in ("https", "wss")
        answer.set_cookie(COOKIE, ticket(self._token), httponly=True, samesite="strict", secure=secure)
        return answer


class Limited:
    """Refuses a client that asks more than PER_SECOND requests for longer than BURST of them last.

    Clients of this machine are not counted.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        per_second: float = PER_SECOND,
        burst: int = BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._rate, self._burst, self._clock = app, per_second, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client to requests left, and when

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 429, or pass on."""
        client = (scope.get("client") or ("", 0))[0]
        if scope["type"] != "http" or loopback.contains(client) or self._takes(client):
            await self._app(scope, receive, send)
            return
        hint = f"wait a second; a client may ask {self._rate:g} times a second"
        await refusal(429, "too many requests", hint, headers={"Retry-After": "1"})(scope, receive, send)

    def _takes(self, client: str) -> bool:
        now = self._clock()
        left, then = self._left.pop(client, (float(self._burst), now))
        left = min(self._burst, left + (now - then) * self._rate)
        self._left[client] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > MOST_CLIENTS:
            self._left.popitem(last=False)
        return left >= 1


def ticket(token: str) -> str:
    """Return what the cookie holds: made from the token, which cannot be made from it."""
    return hmac.new(token.encode(), b"the page", hashlib.sha256).hexdigest()


def check_token(token: str) -> None:
    """Raise InputError for a token that is guessed quickly or does not fit into a header; an empty one is none."""
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise InputError(
            f"the token is not {SHORTEST_TOKEN} or more printable ASCII characters without a space",
            hint='make one with `python -c "import secrets; print(secrets.token_urlsafe())"`',
        )


def require(host: str, port: int, token: str) -> None:
    """Raise InputError for what a server must not listen on: beyond this machine without a token, a taken port."""
    check_token(token)
    if not token and not loopback.contains(host):
        raise InputError(
            f"{host} is not a loopback address, and there is no token",
            hint="set GTE_SEARCH_TOKEN to a secret that whoever asks has to show, or listen on 127.0.0.1",
        )
    loopback.require_free(host, port)


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def _cookie(header: str) -> str:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
