"""What the servers refuse before they look at a request, as ASGI middleware. Who may ask is in `access`."""

import ipaddress
import secrets
import socket
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indexer import loopback
from indexer.problem import refusal
from indexer.serving import HEADER

LARGEST_BODY: Final = 1 << 20  # bytes; a search needs a fraction


class LocalOnly:
    """Refuses what names another host or comes from a page of another site.

    A stranger's page must not reach us through a name that resolves to 127.0.0.1 (DNS rebinding), nor by
    a cross-site request. In front of Streamlit it also keeps Streamlit from asking a server of the internet
    for this machine's address, which it does to judge an origin that it does not know.
    """

    def __init__(self, app: ASGIApp, *, beyond: bool = False, hosts: Collection[str] = ()) -> None:
        """Guard `app`. beyond: it listens beyond this machine. hosts: names that it is then reached by.

        An address needs no naming (a stranger's name is what rebinding needs), nor does the machine's own name.
        """
        self._app = app
        self._beyond = beyond
        self._hosts = {name.lower() for name in (*hosts, socket.gethostname())} if beyond else set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass on."""
        problem = self._problem(HTTPConnection(scope)) if scope["type"] in ("http", "websocket") else None
        if problem is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(403, *problem)(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": problem[0]})

    def _problem(self, connection: HTTPConnection) -> tuple[str, str] | None:
        # Not `connection.url`: for a header that it does not understand it takes the server's own address.
        host = _host_of(f"//{connection.headers.get('host', '')}")
        if not self._is_ours(host):
            hint = "address the server as 127.0.0.1 or localhost"
            if self._beyond:
                hint = "address it by number, or set GTE_SEARCH_HOSTS to the name it is reached by"
            return f"the host `{host}` is not this machine", hint
        origin = connection.headers.get("origin")
        if origin and not _same(_host_of(origin), host):
            return f"requests from `{origin}` are refused", "use a page of this machine"
        return None

    def _is_ours(self, host: str) -> bool:
        return loopback.contains(host) or (self._beyond and (host in self._hosts or _is_address(host)))


class SmallBodies:
    """Refuses bodies above LARGEST_BODY, however they are sent."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or pass on with the body read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        if body is None:
            await refusal(413, "the request is too large", f"at most {LARGEST_BODY:,} bytes are read")(
                scope, receive, send
            )
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, replay, send)


class Named:
    """Refuses what is meant for another server: a port may have changed hands since its owner was looked up."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421, or pass on; a request that names no server is meant for whoever answers."""
        asked = HTTPConnection(scope).headers.get(HEADER) if scope["type"] == "http" else None
        if asked is None or secrets.compare_digest(asked.encode(), self._token.encode()):
            await self._app(scope, receive, send)
        else:
            await refusal(421, "this is another server", "look up its address again")(scope, receive, send)


async def read_body(receive: Receive) -> bytes | None:
    """Read a request's body; None once it is above LARGEST_BODY."""
    body = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return body


def _same(origin: str, host: str) -> bool:
    """Tell whether a page of `origin` may ask `host`: its own, or any of this machine where that is asked."""
    return origin == host or (loopback.contains(origin) and loopback.contains(host))


def _host_of(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
