"""Who is asking: a device, a program, one of the staff, or nobody; and whether they may.

Devices and programs bear a token (`Authorization: Bearer …`); a kiosk's browser bears it in a cookie, and staff bear
a session in another. What a role may do stands in `server.domain.roles`.
"""

from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import RIGHTS, Right, Role
from server.services.accounts import SESSION_TIME
from server.services.devices import PairedDevice
from server.services.house import House
from server.services.secrets import DEVICE, PROGRAM, hash_secret

DEVICE_COOKIE = "sanh_device"
SESSION_COOKIE = "sanh_session"
_DEVICE_COOKIE_AGE = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. A laptop may be a paired device and have one of the staff signed in at once."""

    name: str = ""
    role: Role | None = None
    account_id: str | None = None
    token_id: str | None = None
    device: PairedDevice | None = None
    must_change: bool = False  # signed in with a password that was lent: nothing but changing it
    session: str = ""  # the hash by which the session is known
    is_refused: bool = False  # bears a token that is not good (any more)

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self.role] if self.role else frozenset()

    @property
    def is_staff(self) -> bool:
        """Tell whether this is one of the staff, or a program that acts with a role of theirs."""
        return self.role is not None

    @property
    def actor(self) -> str:
        """Return who the audit log shall name; an id, since the log outlives a person's name."""
        if self.account_id:
            return f"account:{self.account_id}"
        if self.token_id:
            return f"token:{self.token_id}"
        return f"device:{self.device.id}" if self.device else "nobody"


NOBODY = Principal()


async def principal_of(connection: HTTPConnection) -> Principal:
    """Return who made this request or opened this socket. Looked up once a connection."""
    known: Principal | None = getattr(connection.state, "principal", None)
    if known is None:
        house: House = connection.app.state.house
        known = await _find(connection, house)
        connection.state.principal = known
    return known


def require(principal: Principal, right: Right) -> None:
    """Raise `sign_in_needed`, `bad_token` or `not_allowed` unless the principal has this right."""
    if right not in principal.rights:
        _refuse(principal)


def require_device(principal: Principal) -> PairedDevice:
    """Return the paired device that asks, or raise `sign_in_needed`, `bad_token` or `not_allowed`."""
    if principal.device is None:
        _refuse(principal)
        raise AssertionError
    return principal.device


def set_session_cookie(response: Response, secret: str, *, is_secure: bool) -> None:
    age = int(SESSION_TIME.total_seconds())
    response.set_cookie(SESSION_COOKIE, secret, max_age=age, httponly=True, samesite="strict", secure=is_secure)


def clear_session_cookie(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")


def set_device_cookie(response: Response, token: str, *, is_secure: bool) -> None:
    age = _DEVICE_COOKIE_AGE
    response.set_cookie(DEVICE_COOKIE, token, max_age=age, httponly=True, samesite="strict", secure=is_secure)


def address_of(connection: HTTPConnection) -> str:
    """Return the network address that tries are counted by."""
    return connection.client.host if connection.client else "unknown"


async def _find(connection: HTTPConnection, house: House) -> Principal:
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await _by_bearer(bearer.strip(), house)
    device = None
    token = connection.cookies.get(DEVICE_COOKIE)
    if token:
        device = await house.devices.by_token(token)
    session = connection.cookies.get(SESSION_COOKIE)
    account = await house.accounts.by_session(session) if session else None
    if account is not None:
        # Who must change the password first has no rights yet.
        role = None if account.must_change else account.role
        return Principal(
            account.name,
            role,
            account_id=account.id,
            device=device,
            must_change=account.must_change,
            session=hash_secret(session or ""),
        )
    return Principal(device.name if device else "", device=device)


async def _by_bearer(bearer: str, house: House) -> Principal:
    if bearer.startswith(DEVICE):
        device = await house.devices.by_token(bearer)
        if device is not None:
            return Principal(device.name, device=device)
    elif bearer.startswith(PROGRAM):
        program = await house.accounts.by_token(bearer)
        if program is not None:
            return Principal(program.name, program.role, token_id=program.id)
    return Principal(is_refused=True)


def _refuse(principal: Principal) -> None:
    if principal.is_refused:
        raise DomainError("bad_token")
    if principal == NOBODY:
        raise DomainError("sign_in_needed")
    raise DomainError("not_allowed")
