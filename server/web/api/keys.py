"""What a device needs to verify passes offline: the public keys, and which passes were revoked."""

import base64
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from server.web.api.records import MOST_ROW
from server.web.openapi import Model, Query, operation, reply
from server.web.templating import house_of


class PassKey(Model):
    """An Ed25519 public key: 32 bytes in base64. `id` is what the token bears, 8 hex characters."""

    id: str
    algorithm: Literal["Ed25519"] = "Ed25519"
    public: str
    active: bool
    created_at: datetime
    retired_at: datetime | None


class PassKeyList(Model):
    items: list[PassKey]
    next: None = None


class Revoked(Model):
    """Pass ids, oldest revocation first. Ask again with `cursor`; `next` is set when there is more already."""

    items: list[str]
    next: str | None
    cursor: str


class Since(Query):
    cursor: Annotated[int, Field(ge=0, le=MOST_ROW)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1_000


@operation("passes", right="everybody", answers={200: PassKeyList})
async def list_pass_keys(request: Request) -> Response:
    """List the public keys that verify passes, the signing one first."""
    items = [
        PassKey(
            id=key.id,
            public=base64.b64encode(key.public).decode(),
            active=key.is_active,
            created_at=key.created_at,
            retired_at=key.retired_at,
        )
        for key in house_of(request).keys.listed()
    ]
    return reply(PassKeyList(items=items))


@operation("passes", right="anyone known", answers={200: Revoked})
async def list_revoked(request: Request, query: Since) -> Response:
    """List the passes revoked since a cursor."""
    ids, cursor = await house_of(request).passes.revoked_since(query.cursor, query.limit)
    more = str(cursor) if len(ids) == query.limit else None
    return reply(Revoked(items=ids, next=more, cursor=str(cursor)))
