"""What the desk does with a pass: issue one, replace a lost one, revoke. Then back to whom it stands for."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.roles import Right
from server.services.passes import IssuedPass
from server.web.forms import read_choices
from server.web.pages.staff.desk import enter
from server.web.templating import house_of


async def issue_pass(request: Request) -> Response:
    """Issue the pass of the visitor, the delegation or the account that the form names."""
    principal = await enter(request, Right.ISSUE_PASSES)
    if isinstance(principal, Response):
        return principal
    form = {name: values[-1] for name, values in (await read_choices(request)).items()}
    passes, actor = house_of(request).passes, principal.actor
    if form.get("delegation"):
        row, _is_new = await passes.of_delegation_itself(form["delegation"], actor=actor)
    elif form.get("account"):
        row, _is_new = await passes.of_staff(form["account"], actor=actor)
    else:
        row, _is_new = await passes.of_visitor(form.get("visitor", ""), actor=actor)
    return _back(row, "issued")


async def replace_pass(request: Request) -> Response:
    """Revoke a lost pass and issue another at once."""
    principal = await enter(request, Right.ISSUE_PASSES)
    if isinstance(principal, Response):
        return principal
    new = await house_of(request).passes.replace(request.path_params["id"], actor=principal.actor)
    return _back(new, "replaced")


async def revoke_pass(request: Request) -> Response:
    """Revoke a pass for good."""
    principal = await enter(request, Right.ISSUE_PASSES)
    if isinstance(principal, Response):
        return principal
    row = await house_of(request).passes.revoke(request.path_params["id"], actor=principal.actor)
    return _back(row, "revoked")


def _back(row: IssuedPass, done: str) -> Response:
    if row.visitor_id is not None:
        return RedirectResponse(f"/staff/visitors/{row.visitor_id}?done={done}", 303)
    if row.account_id is not None:
        return RedirectResponse(f"/staff/badges?staff=1&done={done}", 303)
    return RedirectResponse(f"/staff/badges?delegation={quote(row.delegation or '')}&done={done}", 303)
