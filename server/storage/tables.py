"""Every table, so that the metadata is whole wherever this is imported."""

from sqlmodel import SQLModel

from server.storage.accounts import Account, ApiToken, StaffSession
from server.storage.audit import AuditLine
from server.storage.cases import Case
from server.storage.delegations import Delegation
from server.storage.devices import Device, Pairing
from server.storage.editing import Editing
from server.storage.movements import Movement
from server.storage.organisations import Organisation
from server.storage.passes import Pass
from server.storage.people import Visitor
from server.storage.queues import QueuePlace
from server.storage.spaces import Gate, SpaceRow, ZoneRow
from server.storage.standings import Standing
from server.storage.visits import Visit

__all__ = [
    "METADATA",
    "Account",
    "ApiToken",
    "AuditLine",
    "Case",
    "Delegation",
    "Device",
    "Editing",
    "Gate",
    "Movement",
    "Organisation",
    "Pairing",
    "Pass",
    "QueuePlace",
    "SpaceRow",
    "StaffSession",
    "Standing",
    "Visit",
    "Visitor",
    "ZoneRow",
]

METADATA = SQLModel.metadata
