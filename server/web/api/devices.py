"""Devices: pair them, list them, take their rights."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.domain.roles import Right
from server.services.devices import DeviceDirection, DeviceRole, Plan
from server.web.auth import address_of, principal_of, set_device_cookie
from server.web.openapi import NO_CONTROLS, Model, Page, operation, reply
from server.web.templating import house_of


class CodeOut(Model):
    """`code` is for people's eyes, `secret` stays on the device."""

    code: str
    secret: str
    expires_at: datetime


class WaitingCode(Model):
    code: str
    agent: str
    address: str
    created_at: datetime
    expires_at: datetime


class WaitingCodes(Model):
    items: list[WaitingCode]
    next: None = None


class Approval(Model):
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1F\x7F]*[^\x00-\x20\x7F]$")]
    role: DeviceRole
    zone: Annotated[str, Field(max_length=40, pattern=NO_CONTROLS)]
    direction: DeviceDirection = "auto"
    inner: bool = False
    language: Literal["vi", "en"] = "vi"


class DeviceOut(Model):
    id: str
    name: str
    role: DeviceRole
    zone: str
    direction: DeviceDirection
    inner: bool
    language: str
    paired_at: datetime
    revoked_at: datetime | None


class DeviceList(Model):
    items: list[DeviceOut]
    next: str | None


class Claim(Model):
    secret: Annotated[str, Field(max_length=100, pattern=NO_CONTROLS)]


class Waiting(Model):
    status: Literal["waiting"] = "waiting"


class Claimed(Model):
    device: DeviceOut
    token: str


@operation("devices", right="everybody", answers={201: CodeOut})
async def ask_device_code(request: Request) -> Response:
    """Ask for a code that staff can approve within ten minutes."""
    agent = request.headers.get("user-agent", "")
    code = await house_of(request).devices.ask_code(asker=address_of(request), agent=agent)
    return reply(CodeOut(**asdict(code)), 201)


@operation("devices", right=Right.PAIR_DEVICES, answers={200: WaitingCodes})
async def list_device_codes(request: Request) -> Response:
    """List the codes that wait for approval."""
    waiting = await house_of(request).devices.waiting()
    return reply(WaitingCodes(items=[WaitingCode(**entry) for entry in waiting]))


@operation("devices", right=Right.PAIR_DEVICES, answers={200: DeviceOut}, problems=(404, 409, 410))
async def approve_device(request: Request, body: Approval) -> Response:
    """Approve the code on a device's screen."""
    principal = await principal_of(request)
    code = request.path_params["code"]
    device = await house_of(request).devices.approve(code, Plan(**body.model_dump()), actor=principal.actor)
    return reply(DeviceOut(**asdict(device)))


@operation("devices", right="everybody", answers={200: Claimed, 202: Waiting}, problems=(404, 410))
async def claim_device(request: Request, body: Claim) -> Response:
    """Claim the device's token, once; 202 until the code is approved."""
    claimed = await house_of(request).devices.claim(body.secret)
    if claimed is None:
        return JSONResponse({"status": "waiting"}, 202)
    device, token = claimed
    response = reply(Claimed(device=DeviceOut(**asdict(device)), token=token))
    set_device_cookie(response, token, is_secure=request.url.scheme == "https")
    return response


@operation("devices", right=Right.READ_DEVICES, answers={200: DeviceList})
async def list_devices(request: Request, query: Page) -> Response:
    """List the devices, revoked ones too, oldest first."""
    devices = await house_of(request).devices.page(query.cursor, query.limit)
    items = [DeviceOut(**asdict(device)) for device in devices]
    return reply(DeviceList(items=items, next=items[-1].id if len(items) == query.limit else None))


@operation("devices", right=Right.PAIR_DEVICES, answers={200: DeviceOut}, problems=(404,))
async def revoke_device(request: Request) -> Response:
    """Take a device's token from it. Revoking it again changes nothing."""
    principal = await principal_of(request)
    device = await house_of(request).devices.revoke(request.path_params["id"], actor=principal.actor)
    return reply(DeviceOut(**asdict(device)))
