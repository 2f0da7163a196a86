"""Every request: an id, one line in the log, its place in the figures, and an answer even if its handler failed.

Requests are told by the template of their route (`/p/{token}`), never by their path: paths bear passes.
"""

import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.services.figures import Histogram, LoopFigures
from server.web.problems import on_failure

REQUEST_ID = "X-Request-Id"
QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask every few seconds."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# A proxy's id is a UUID or 32 hexadecimal digits. Anything else might be a name, a phone or a pass.
_TRUSTED_ID = re.compile(r"[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}", re.IGNORECASE)

_log = structlog.get_logger()


class RequestFigures:
    """How many requests came, by method, route and status, and how long they took."""

    def __init__(self) -> None:
        self.statuses: Counter[tuple[str, str, int]] = Counter()
        self.durations: defaultdict[tuple[str, str], Histogram] = defaultdict(Histogram)

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that is answered."""
        self.statuses[method, route, status] += 1
        self.durations[method, route].add(seconds)


@dataclass(slots=True)
class ProcessFigures:
    """What a process counts beside its house's own counters."""

    requests: RequestFigures = field(default_factory=RequestFigures)
    loop: LoopFigures = field(default_factory=LoopFigures)


class Observe:
    """Goes around everything that may fail."""

    def __init__(self, app: ASGIApp, figures: RequestFigures) -> None:
        self.app = app
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = _id_of(Headers(scope=scope).get(REQUEST_ID, ""))
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["type"] == "http":
                await self._serve(scope, receive, send, request_id)
            else:
                await self.app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status, began = 0, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except ClientDisconnect:
            # It went away before it had sent everything: nobody is left to answer.
            _log.info("request_given_up", method=_method_of(scope), route=route_of(scope))
        except Exception as error:
            _log.error("request_failed", method=_method_of(scope), route=route_of(scope), exc_info=error)
            if status:
                # Its beginning is sent: only a cut connection says that the rest is missing.
                raise
            request = Request(scope, receive)
            await (await on_failure(request, error))(scope, receive, send_with_id)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = _method_of(scope), route_of(scope)
        self.figures.add(method, route, status, seconds)
        is_quiet = route in QUIET_ROUTES or route.startswith("/static")
        tell = _log.debug if is_quiet and status < 400 else _log.info
        tell("request", method=method, route=route, status=status, duration_seconds=round(seconds, 6))


def route_of(scope: Scope) -> str:
    """Return the template of the route that a request came to; `none` if there is no such address."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "none"


def _method_of(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def _id_of(said: str) -> str:
    return said.lower() if _TRUSTED_ID.fullmatch(said) else uuid4().hex
