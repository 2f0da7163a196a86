"""What every response and every changing request must obey: headers, same origin, size."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SecurityHeaders:
    """Give every response the policy that lets a page load nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _POLICY)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "same-origin")
                headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_same_origin(headers: Headers) -> bool:
    """Tell whether a browser's request comes from a page of ours.

    A browser says so by `Sec-Fetch-Site`; over plain HTTP on a LAN it does not, then `Origin` must be our `Host`.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.split("://", 1)[-1] == headers.get("host")


def is_forged(method: str, headers: Headers) -> bool:
    """Tell whether a changing request bears a cookie without coming from a page of ours."""
    if method in _SAFE_METHODS or "cookie" not in headers or "authorization" in headers:
        return False
    return not is_same_origin(headers)
