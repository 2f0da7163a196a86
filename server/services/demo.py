"""What a demonstration lays on the table: accounts to try, and passes to hold before a kiosk."""

from dataclasses import dataclass
from typing import Literal

from server.domain.roles import Role

DemoPassKind = Literal["visitor", "delegation", "revoked"]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    login: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoPass:
    """A pass to try: `text` is what its QR code holds, `code` its delegation's code."""

    kind: DemoPassKind
    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Shown on the start page. Nothing of it exists in a real space: the passwords are public."""

    password: str
    accounts: tuple[DemoAccount, ...] = ()
    passes: tuple[DemoPass, ...] = ()
