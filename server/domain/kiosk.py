"""Kiosks: paired devices with one role each."""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["gate", "desk", "exhibit", "wall", "survey"]
Direction = Literal["auto", "in", "out"]
ROLES: tuple[Role, ...] = get_args(Role)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A paired device. `inner` is the door of its zone, else it stands between outside and its zone."""

    id: str
    name: str
    role: Role
    zone: str
    inner: bool = False
    direction: Direction = "auto"
    language: str = "vi"

    @property
    def is_inner(self) -> bool:
        """Tell whether it watches an inner door: exhibits always do, others when they are paired so."""
        return self.inner or self.role == "exhibit"

    @property
    def may_scan(self) -> bool:
        return self.role != "wall"
