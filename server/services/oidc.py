"""Signing in by the accounts of one's organisation: OpenID Connect, authorization code with PKCE."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key
from sqlalchemy.exc import IntegrityError

from server.domain.errors import DomainError
from server.services.accounts import StaffAccount, account_of
from server.services.clock import real_now
from server.services.limits import Limit
from server.services.oidc_people import Person, enter, person_of
from server.services.secrets import hash_secret
from server.settings import Settings
from server.storage import oidc as storage
from server.storage.database import Database

TRY_TIME = timedelta(minutes=10)
"""How long somebody may stay at the provider."""

CALLBACK = "/staff/oidc/callback"
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LEEWAY_SECONDS = 60
_ANSWER_SECONDS = 5.0
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")

_log = structlog.get_logger()


class Oidc:
    """The provider that the settings name; nothing of it is kept, since sign-ins are few."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._issuer = settings.oidc_issuer
        self._by_address = Limit("60/5 minutes")

    async def begin(self, next_page: str, *, address: str) -> tuple[str, str]:
        """Return the provider's page to go to, and the state that the browser must keep for the way back.

        Raises `oidc_unreachable`, `too_many_attempts`.
        """
        self._by_address.take(address)
        metadata = await read_metadata(self._issuer)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        now = real_now()
        row = {
            "state_hash": hash_secret(state),
            "nonce": nonce,
            "verifier": verifier,
            "next_page": next_page if len(next_page) <= 300 else "",
            "expires_at": now + TRY_TIME,
        }
        await self._database.write(storage.add_try, row, now)
        async with self._client(metadata) as client:
            place = metadata["authorization_endpoint"]
            url, _ = client.create_authorization_url(place, state=state, code_verifier=verifier, nonce=nonce)
        return str(url), state

    async def finish(self, answer: Mapping[str, str], kept: str, *, agent: str = "") -> tuple[StaffAccount, str, str]:
        """Return the account, the secret of a new session, and the page that was asked for.

        `answer` is what the provider had the browser bring, `kept` the state that the browser kept. Raises
        `oidc_state`, `oidc_refused`, `oidc_invalid`, `oidc_unreachable`, `oidc_unknown`, `account_locked`.
        """
        state = answer.get("state", "")
        if not kept or not secrets.compare_digest(state.encode(), kept.encode()):
            raise DomainError("oidc_state")
        began = await self._database.write(storage.take_try, hash_secret(state), real_now())
        if began is None:
            raise DomainError("oidc_state")
        if answer.get("error") or not answer.get("code"):
            _log.info("oidc_refused", why=answer.get("error", "")[:100])
            raise DomainError("oidc_refused")
        person = await self._person(answer, began)
        row, said = await self._enter(person, agent)
        if row is None:
            raise DomainError(said)
        return account_of(row), said, began["next_page"]

    async def _enter(self, person: Person, agent: str) -> tuple[Any, str]:
        try:
            return await self._database.write(enter, person, agent)
        except IntegrityError:
            # The same person came twice at once for the first time: now there is a link.
            return await self._database.write(enter, person, agent)

    async def _person(self, answer: Mapping[str, str], began: Mapping[Any, Any]) -> Person:
        try:
            if answer.get("iss", self._issuer) != self._issuer:
                raise ValueError("another issuer")
            claims = await self._claims(answer["code"], began)
            return person_of(claims, self._settings)
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        except (JoseError, AuthlibBaseError, LookupError, TypeError, ValueError) as error:
            _log.warning("oidc_invalid", why=f"{type(error).__name__}: {error}"[:200])
            raise DomainError("oidc_invalid") from error

    async def _claims(self, code: str, began: Mapping[Any, Any]) -> dict[str, Any]:
        metadata = await read_metadata(self._issuer)
        async with self._client(metadata) as client:
            token = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=began["verifier"])
            keys = await client.request("GET", metadata["jwks_uri"], withhold_token=True)
            keys.raise_for_status()
            id_token = jwt.decode(token["id_token"], _key_set(keys.json()), algorithms=_ALGORITHMS)
            claims = self._checked(id_token, began["nonce"], token.get("access_token"))
            # Which claims stand in the token and which only here is the provider's choice.
            if metadata.get("userinfo_endpoint") and token.get("access_token") and "email" not in claims:
                more = await client.get(metadata["userinfo_endpoint"])
                if more.is_success and (told := more.json()).get("sub") == claims["sub"]:
                    claims = told | claims
        return claims

    def _checked(self, id_token: jwt.Token, nonce: str, access_token: str | None) -> dict[str, Any]:
        client_id = self._settings.oidc_client_id
        claims = CodeIDToken(
            id_token.claims,
            id_token.header,
            options={
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": client_id},
                "sub": {"essential": True},
            },
            params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        claims.validate(now=int(real_now().timestamp()), leeway=_LEEWAY_SECONDS)
        return dict(claims)

    def _client(self, metadata: Mapping[str, Any]) -> Any:
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = self._settings.oidc_client_secret
        way = "none" if not secret else "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return AsyncOAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=secret or None,
            token_endpoint_auth_method=way,
            scope="openid email profile",
            redirect_uri=self._settings.public_url.rstrip("/") + CALLBACK,
            code_challenge_method="S256",
            timeout=_ANSWER_SECONDS,
        )


async def read_metadata(issuer: str) -> dict[str, Any]:
    """Return what a provider says of itself. Raises `oidc_unreachable` with `why`."""
    try:
        async with httpx2.AsyncClient(timeout=_ANSWER_SECONDS) as client:
            answer = await client.get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        answer.raise_for_status()
        metadata: dict[str, Any] = answer.json()
        if metadata["issuer"] != issuer:
            raise ValueError(f"it calls itself {str(metadata['issuer'])[:100]}")
        for name in _NEEDED:
            if not str(metadata[name]).startswith(("https://", f"{issuer.partition(':')[0]}://")):
                raise ValueError(f"{name} is no https address")
    except (httpx2.HTTPError, httpx2.InvalidURL, LookupError, TypeError, ValueError) as error:
        raise _unreachable(error) from error
    return metadata


def _unreachable(error: Exception) -> DomainError:
    why = f"{type(error).__name__}: {error}"[:200]
    _log.warning("oidc_unreachable", why=why)
    return DomainError("oidc_unreachable", why=why)


def _key_set(document: Mapping[str, Any]) -> KeySet:
    # No secret ("oct") key: whoever reads the public ones could sign with it.
    usable = [key for key in document["keys"] if key.get("kty") in ("RSA", "EC", "OKP") and key.get("use") != "enc"]
    return KeySet([import_key(key) for key in usable])
