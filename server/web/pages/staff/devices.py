"""The desk's devices: who they are, pairing by comparing six digits, taking a device's rights."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services.clock import real_now
from server.services.devices import PairedDevice, Plan
from server.services.sheets import Row
from server.web.api.devices import Approval
from server.web.auth import Principal
from server.web.exports import table_response, wants_table
from server.web.forms import read_form
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk
from server.web.problems import PROBLEMS, sentence_of
from server.web.templating import house_of
from server.web.words import browser_name, device_role_name, direction_name

_MOST = 500


async def show_devices(request: Request) -> Response:
    """List the devices. `?pair` opens the pairing dialog, `?device=ID` one device, `&revoke` the question."""
    principal = await enter(request, Right.READ_DEVICES)
    if isinstance(principal, Response):
        return principal
    if wants_table(request):
        titles = [_("Máy"), _("Vai trò"), _("Khu"), _("Chiều"), _("Ngôn ngữ"), _("Ghép lúc"), _("Thu hồi lúc")]
        return await table_response(request, "devices", titles, _table(request))
    return await _page(request, principal)


async def pair_device(request: Request) -> Response:
    """Approve the code on a device's screen; keep what was typed when it cannot be."""
    principal = await enter(request, Right.PAIR_DEVICES)
    if isinstance(principal, Response):
        return principal
    form = await read_form(request)
    code = "".join(filter(str.isdigit, form.get("code", "")))
    try:
        device = await house_of(request).devices.approve(code, _plan(form), actor=principal.actor)
    except DomainError as error:
        status = PROBLEMS[error.code].status if error.code in PROBLEMS else 422
        return await _page(request, principal, status=status, form=form, problem=sentence_of(error))
    return RedirectResponse(f"/staff/devices?paired={device.id}", 303)


async def revoke_device(request: Request) -> Response:
    """Take a device's rights: it must pair again."""
    principal = await enter(request, Right.PAIR_DEVICES)
    if isinstance(principal, Response):
        return principal
    device = await house_of(request).devices.revoke(request.path_params["id"], actor=principal.actor)
    return RedirectResponse(f"/staff/devices?revoked={device.id}", 303)


async def _table(request: Request) -> AsyncIterator[list[Row]]:
    after = ""
    while page := await house_of(request).devices.page(after, _MOST):
        after = page[-1].id
        yield [
            [
                device.name, device_role_name(device.role), device.zone,
                direction_name(device.direction) if device.role == "gate" else "",
                device.language, device.paired_at, device.revoked_at,
            ]
            for device in page
        ]  # fmt: skip


def _plan(form: Mapping[str, str]) -> Plan:
    """Return what staff chose for a device; only a gate has a side and a direction. Raises `bad_name`."""
    is_gate = form.get("role") == "gate"
    fields = {
        "name": form.get("name", "").strip(),
        "role": form.get("role", ""),
        "zone": form.get("zone", ""),
        "direction": form.get("direction", "auto") if is_gate else "auto",
        "inner": is_gate and form.get("inner") == "yes",
        "language": form.get("language", "vi"),
    }
    try:
        return Plan(**Approval.model_validate(fields).model_dump())
    except ValidationError as error:
        wrong = {str(item["loc"][0]) for item in error.errors()}
        raise DomainError("bad_name" if "name" in wrong else "invalid_fields") from error


async def _page(
    request: Request,
    principal: Principal,
    *,
    status: int = 200,
    form: Mapping[str, str] | None = None,
    problem: str | None = None,
) -> Response:
    house = house_of(request)
    query = request.query_params
    may_pair = Right.PAIR_DEVICES in principal.rights
    connected = request.app.state.presence.devices
    devices = [
        _row(device, house.space.local, is_connected=device.id in connected)
        for device in await house.devices.page("", _MOST)
    ]
    waiting = await house.devices.waiting() if may_pair else []
    code = "".join(filter(str.isdigit, (form or query).get("code", "") or query.get("pair", "")))[:6]
    asked = _asked(code, waiting)
    if code and asked is None and problem is None:
        problem = sentence_of(DomainError("unknown_code", shown=code))
    paired = query.get("paired", "")
    answer = render_desk(
        request,
        principal,
        "staff/devices.html",
        status,
        devices=[device for device in devices if not device["revoked_at"]],
        revoked=[device for device in devices if device["revoked_at"]],
        connected=sum(device["is_connected"] for device in devices),
        waiting=[entry | {"browser": browser_name(entry["agent"])} for entry in reversed(waiting)],
        may_pair=may_pair,
        is_pairing=may_pair and ("pair" in query or form is not None),
        code=code if asked else "",
        asked=asked,
        form=form or {},
        problem=problem,
        chosen=_find(devices, query.get("device", "")),
        is_revoking=may_pair and "revoke" in query,
        notice=_find(devices, paired) or _find(devices, query.get("revoked", "")),
        zone_names={zone.id: zone for zone in house.space.zones},
        zones=house.space.zones,
        roles=[(role, device_role_name(role)) for role in ("gate", "desk", "exhibit", "wall", "survey")],
        directions=[(way, direction_name(way)) for way in ("auto", "in", "out")],
    )
    if paired and _find(devices, paired) is None:
        answer.headers["Refresh"] = "2"  # approved; its screen fetches its token within seconds
    return answer


def _row(device: PairedDevice, local: Any, *, is_connected: bool) -> dict[str, Any]:
    row = asdict(device) | {"paired_at": local(device.paired_at), "role_name": device_role_name(device.role)}
    row["is_connected"] = is_connected
    row["direction_name"] = direction_name(device.direction).lower() if device.role == "gate" else ""
    return row


def _find(devices: list[dict[str, Any]], id_: str) -> dict[str, Any] | None:
    return next((device for device in devices if device["id"] == id_), None)


def _asked(code: str, waiting: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what is known of the device that shows a code: where it asks from and how long the code holds."""
    entry = next((entry for entry in waiting if entry["code"] == code), None)
    if entry is None:
        return None
    minutes, seconds = divmod(max(0, int((entry["expires_at"] - real_now()).total_seconds())), 60)
    return entry | {"left": f"{minutes:02}:{seconds:02}", "browser": browser_name(entry["agent"])}
