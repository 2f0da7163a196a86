"""Exports: whole lists as workbooks or CSV, columns named as in the contract, formulas disarmed."""

from collections.abc import Mapping
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services.exports import Subject, whole_list
from server.web.api.records import desk_of
from server.web.auth import principal_of, require
from server.web.exports import listing_response
from server.web.openapi import Raw, operation

RIGHTS: Mapping[Subject, Right] = {
    "delegations": Right.READ_VISITORS,  # it names leaders and contacts
    "visitors": Right.READ_VISITORS,
    "movements": Right.READ_REPORTS,
    "visits": Right.READ_REPORTS,
    "passes": Right.READ_PASSES,
    "prints": Right.READ_PASSES,
    "devices": Right.READ_DEVICES,
    "organisations": Right.READ_DELEGATIONS,
    "accounts": Right.MANAGE_ACCOUNTS,
    "cases": Right.CLOSE_CASES,
    "audit": Right.READ_AUDIT,
}
"""What it takes to take each list."""


@operation("exports", right="anyone known", answers={200: Raw("application/octet-stream")}, problems=(404, 422))
async def export_whole_list(request: Request) -> Response:
    """Export a whole list as xlsx or csv; each list takes the right to read it."""
    name = request.path_params["list"]
    if name not in RIGHTS:
        raise DomainError("not_found")
    subject = cast("Subject", name)
    require(await principal_of(request), RIGHTS[subject])
    listing = whole_list(await desk_of(request), subject)
    return await listing_response(request, listing, request.path_params["format"])
