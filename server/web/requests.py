"""What every request passes on its way in: its language, its size, and whether a page of ours sent it."""

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.domain.errors import DomainError
from server.web.i18n import choose_language, set_language
from server.web.problems import answer_problem
from server.web.security import is_forged

LANGUAGE_COOKIE = "sanh_language"


class SpeakLanguage:
    """Set the language of a request: the reader's choice, for programs their Accept-Language, else the house's."""

    def __init__(self, app: ASGIApp, default: str) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            set_language(self._choose(scope))
        await self.app(scope, receive, send)

    def _choose(self, scope: Scope) -> str:
        # Apart, so that no socket keeps what was read here for as long as it is open.
        connection = HTTPConnection(scope)
        chosen = connection.cookies.get(LANGUAGE_COOKIE)
        wish = connection.headers.get("accept-language") if scope["path"].startswith("/api/") else None
        return choose_language(chosen, wish, self.default)


class LimitBody:
    """Refuse a body of more than so many bytes, whether it says its length or not."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said) > self.most:
            response = answer_problem(Request(scope), DomainError("too_large"))
            await response(scope, receive, send)
            return
        size = 0

        async def receive_some() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.most:
                raise DomainError("too_large")
            return message

        await self.app(scope, receive_some, send)


class RefuseForgery:
    """Refuse a changing request that bears a cookie and does not come from a page of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_forged(scope["method"], Headers(scope=scope)):
            response = answer_problem(Request(scope), DomainError("forged_request"))
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)
