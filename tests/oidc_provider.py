"""An OpenID provider on loopback, which says of its one person whatever a test wants."""

import asyncio
import base64
import contextlib
import hashlib
import secrets
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "sanh", "bi-mat-thu"
LAN = {"sub": "lan-1", "email": "lan@so.example", "email_verified": True, "name": "Nguyễn Thị Lan"}


@dataclass
class Provider:
    """What it knows (`person`), what it writes into the next id token, and what it was asked."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: dict(LAN))
    claims: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] | None = None
    error: str = ""
    asks_first: bool = False
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    signs_with: RSAKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: list[dict[str, str]] = field(default_factory=list)

    def metadata(self, _request: Request) -> Response:
        places = {name: f"{self.issuer}/{name}" for name in ("authorize", "token", "jwks", "userinfo")}
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": places["authorize"],
                "token_endpoint": places["token"],
                "jwks_uri": places["jwks"],
                "userinfo_endpoint": places["userinfo"],
            }
        )

    def jwks(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False), {"kty": "oct", "kid": "2", "k": "YQ"}]})

    def authorize(self, request: Request) -> Response:
        """Let the person in at once, or after a button of the provider's own page."""
        if self.asks_first and "yes" not in request.query_params:
            return HTMLResponse(f'<a id="yes" href="/authorize?{request.url.query}&yes=1">Lan</a>')
        query = dict(request.query_params)
        code = secrets.token_urlsafe(8)
        self.asked[code] = query
        answer = {"error": self.error} if self.error else {"code": code, "iss": self.issuer}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer | {'state': query['state']})}", 302)

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.exchanges.append(form)
        asked = self.asked.pop(form["code"], None)
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_right = (
            asked is not None
            and request.headers.get("authorization") == f"Basic {known}"
            and (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
            and asked["redirect_uri"] == form["redirect_uri"]
        )
        if asked is None or not is_right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        text = jwt.encode({"alg": "RS256", "kid": "1"}, claims | self.person | self.claims, self.signs_with or self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": text})

    def userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer a"
        return JSONResponse(self.info or {}, 200 if self.info else 403)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.asynccontextmanager
async def running_provider(host: str = "127.0.0.1") -> AsyncIterator[Provider]:
    """Open a provider; under `localhost` it is another site than a house at 127.0.0.1."""
    provider = Provider()
    names = ("authorize", "token", "jwks", "userinfo")
    routes = [Route(f"/{name}", getattr(provider, name), methods=["GET", "POST"]) for name in names]
    app = Starlette(routes=[Route("/.well-known/openid-configuration", provider.metadata), *routes])
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "the provider did not start"
        await asyncio.sleep(0.02)
    provider.issuer = f"http://{host}:{port}"
    try:
        yield provider
    finally:
        server.should_exit = True
        await serving
