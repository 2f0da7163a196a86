"""Every table, so that the metadata is whole wherever this is imported."""

from sqlmodel import SQLModel

from server.storage.accounts import Account, ApiToken, StaffSession
from server.storage.audit import AuditLine
from server.storage.cases import Case
from server.storage.delegations import Delegation
from server.storage.devices import Device, Pairing
from server.storage.editing import Editing
from server.storage.guides import Assignment, GuideRow
from server.storage.holidays import SpecialDayRow
from server.storage.import_changes import ImportChange
from server.storage.import_lines import ImportEdit, ImportRow
from server.storage.imports import ImportJob, ImportPart
from server.storage.itinerary import ItineraryStop
from server.storage.messages import Message
from server.storage.movements import Movement
from server.storage.oidc import OidcIdentity, OidcTry
from server.storage.organisations import Organisation
from server.storage.passes import Pass
from server.storage.people import Visitor
from server.storage.prints import Print, PrintedPass
from server.storage.queues import QueuePlace
from server.storage.requests import VisitRequest
from server.storage.roll_call import RollCall, RollCallTick
from server.storage.second_steps import RecoveryCode, SignInStep
from server.storage.spaces import Gate, SpaceRow, ZoneRow
from server.storage.standings import Standing
from server.storage.visits import Visit

__all__ = [
    "METADATA",
    "Account",
    "ApiToken",
    "AuditLine",
    "Assignment",
    "Case",
    "Delegation",
    "Device",
    "Editing",
    "Gate",
    "ImportChange",
    "ImportEdit",
    "ImportJob",
    "ImportPart",
    "ImportRow",
    "GuideRow",
    "ItineraryStop",
    "Message",
    "Movement",
    "OidcIdentity",
    "OidcTry",
    "Organisation",
    "Pairing",
    "Pass",
    "Print",
    "PrintedPass",
    "QueuePlace",
    "RecoveryCode",
    "RollCall",
    "RollCallTick",
    "SignInStep",
    "SpaceRow",
    "SpecialDayRow",
    "StaffSession",
    "Standing",
    "Visit",
    "VisitRequest",
    "Visitor",
    "ZoneRow",
]

METADATA = SQLModel.metadata
