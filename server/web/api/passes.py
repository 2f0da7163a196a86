"""Passes: issue, find, draw, revoke."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import RootModel
from starlette.requests import Request
from starlette.responses import Response

from server.domain.passes import read_pass
from server.domain.roles import Right
from server.services import prints, qr
from server.services.badges import BadgeLayout
from server.services.passes import IssuedPass
from server.web.api import records
from server.web.auth import address_of, principal_of
from server.web.badges import print_badges
from server.web.openapi import Line, Model, Page, Query, Raw, operation, reply
from server.web.templating import house_of


class ForVisitor(Model):
    visitor: Line
    replace: bool = False


class ForDelegation(Model):
    """For the pass that stands for the whole delegation."""

    delegation: Line
    replace: bool = False


class ForStaff(Model):
    account: Line
    replace: bool = False


class PassRequest(RootModel[ForVisitor | ForDelegation | ForStaff]):
    """Whom to issue for. With `replace` the present pass is revoked at once."""


class PassOut(Model):
    """A pass. `text` is what its QR code holds, `token` the signed part of it."""

    id: str
    kind: Literal["visitor", "delegation", "staff"]
    delegation: str | None
    visitor_id: str | None
    visitor: str | None
    account: str | None
    short: str
    text: str
    token: str
    issued_at: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    replaced_by: str | None


class PassList(Model):
    items: list[PassOut]
    next: str | None


class PassPage(Page):
    """Which passes: a delegation's and its members' present ones, or all that were ever issued."""

    delegation: Line | None = None


@operation("passes", right=Right.ISSUE_PASSES, answers={200: PassOut, 201: PassOut}, problems=(404, 409))
async def issue_pass(request: Request, body: PassRequest) -> Response:
    """Issue a pass, or return the one that the holder has (200)."""
    passes, actor = house_of(request).passes, (await principal_of(request)).actor
    wish = body.root
    if isinstance(wish, ForVisitor):
        row, is_new = await passes.of_visitor(wish.visitor, actor=actor)
    elif isinstance(wish, ForDelegation):
        row, is_new = await passes.of_delegation_itself(wish.delegation, actor=actor)
    else:
        row, is_new = await passes.of_staff(wish.account, actor=actor)
    if wish.replace and not is_new:
        row, is_new = await passes.replace(row.id, actor=actor), True
    return reply(_out(row), 201 if is_new else 200)


@operation("passes", right=Right.READ_PASSES, answers={200: PassList}, problems=(404,))
async def list_passes(request: Request, query: PassPage) -> Response:
    """List passes."""
    passes = house_of(request).passes
    if query.delegation is not None:
        rows = await passes.issued_to(query.delegation)
        return reply(PassList(items=[_out(row) for row in rows], next=None))
    rows = await passes.page(query.cursor, query.limit)
    items = [_out(row) for row in rows]
    return reply(PassList(items=items, next=rows[-1].id if len(rows) == query.limit else None))


@operation("passes", right=Right.READ_PASSES, answers={200: PassOut}, problems=(404,))
async def show_pass(request: Request) -> Response:
    """Show a pass."""
    return reply(_out(await house_of(request).passes.get(request.path_params["id"])))


@operation("passes", right=Right.READ_PASSES, answers={200: PassOut}, problems=(404,))
async def find_pass(request: Request) -> Response:
    """Find a pass by the short code that people type."""
    principal = await principal_of(request)
    asker = f"{principal.actor} {address_of(request)}"
    return reply(_out(await house_of(request).passes.by_short_code(request.path_params["code"], asker=asker)))


@operation("passes", right=Right.READ_PASSES, answers={200: Raw("image/svg+xml")}, problems=(404,))
async def draw_pass_svg(request: Request) -> Response:
    """Draw a pass's QR code as SVG."""
    row = await house_of(request).passes.get(request.path_params["id"])
    return Response(qr.draw_svg(row.text), media_type="image/svg+xml")


@operation("passes", right=Right.READ_PASSES, answers={200: Raw("image/png")}, problems=(404,))
async def draw_pass_png(request: Request) -> Response:
    """Draw a pass's QR code as PNG."""
    row = await house_of(request).passes.get(request.path_params["id"])
    return Response(qr.draw_png(row.text), media_type="image/png")


@operation("passes", right=Right.ISSUE_PASSES, answers={200: PassOut}, problems=(404,))
async def revoke_pass(request: Request) -> Response:
    """Revoke a pass. Revoking it again changes nothing."""
    principal = await principal_of(request)
    return reply(_out(await house_of(request).passes.revoke(request.path_params["id"], actor=principal.actor)))


class Print(Query):
    """How badges are printed: one a page, four on A4, or labels of 62 × 29 mm."""

    layout: BadgeLayout = "badge"


class DelegationPrint(Query):
    delegation: Line
    layout: BadgeLayout = "sheet"


@operation("passes", right=Right.READ_PASSES, answers={200: Raw("application/pdf")}, problems=(404,))
async def print_pass(request: Request, query: Print) -> Response:
    """Print the badge of one pass."""
    row = await house_of(request).passes.get(request.path_params["id"])
    return await print_response(request, [row.id], query.layout)


@operation("passes", right=Right.ISSUE_PASSES, answers={200: Raw("application/pdf")}, problems=(404, 422))
async def print_delegation(request: Request, query: DelegationPrint) -> Response:
    """Print the badges of a delegation and its members, issuing what is missing."""
    actor = (await principal_of(request)).actor
    rows = await house_of(request).passes.of_delegation(query.delegation, actor=actor)
    return await print_response(request, [row.id for row in rows], query.layout)


class PrintOut(Model):
    """A file of badges that was made: who asked for it (as in the audit log, and by name), and how many there are."""

    id: int
    at: datetime
    actor: str
    by: str | None
    layout: BadgeLayout
    badges: int


class PrintList(Model):
    items: list[PrintOut]
    next: str | None


@operation("passes", right=Right.READ_PASSES, answers={200: PrintList})
async def list_prints(request: Request, query: Page) -> Response:
    """List the prints of badges, newest first."""
    before = records.number_cursor(query.cursor) or None
    rows = await prints.list_prints(house_of(request).database, before=before, limit=query.limit)
    items = [
        PrintOut(id=row.id, at=row.at, actor=row.actor, by=row.by, layout=row.layout, badges=row.badges)  # type: ignore[arg-type]
        for row in rows
    ]
    return reply(PrintList(items=items, next=str(rows[-1].id) if len(rows) == query.limit else None))


async def print_response(
    request: Request, pass_ids: Sequence[str], layout: BadgeLayout, *, with_back: bool = False
) -> Response:
    """Answer the badges of passes as a PDF, remembered with who asked for it."""
    desk = await records.desk_of(request)
    document = await prints.print_passes(
        desk, pass_ids, layout, lambda badges: print_badges(desk.space, badges, layout, with_back=with_back)
    )
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="sanh-badges.pdf"'}
    return Response(document, headers=headers, media_type="application/pdf")


def _out(row: IssuedPass) -> PassOut:
    signed = read_pass(row.text)
    return PassOut(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        delegation=row.delegation,
        visitor_id=row.visitor_id,
        visitor=row.visitor,
        account=row.account,
        short=row.short,
        text=row.text,
        token=signed.token if signed else "",
        issued_at=row.issued_at,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        replaced_by=row.replaced_by,
    )
