"""The parts of a running house, handed to the pages and to plug-ins. `server.app` puts them together."""

from dataclasses import dataclass, field

from server.domain.space import Space
from server.services.accounts import Accounts
from server.services.arrivals import ArrivalsBoard
from server.services.audit import AuditChain
from server.services.bus import Bus
from server.services.checkin import CheckIn
from server.services.clock import Clock
from server.services.devices import Devices
from server.services.hub import Hub
from server.services.import_runner import ImportRunner
from server.services.keys import Keys
from server.services.occupancy import OccupancyBoard
from server.services.oidc import Oidc
from server.services.passes import Passes
from server.services.second_step import SecondSteps
from server.services.set_up import SetUp
from server.settings import Settings
from server.storage.database import Database


@dataclass(slots=True)
class House:
    """Everything that a handler may call. `plugins` lists the plug-ins by id, with the reason of a broken one."""

    settings: Settings
    space: Space
    clock: Clock
    database: Database
    hub: Hub
    bus: Bus
    keys: Keys
    passes: Passes
    devices: Devices
    accounts: Accounts
    second_steps: SecondSteps
    set_up: SetUp
    occupancy: OccupancyBoard
    arrivals: ArrivalsBoard
    checkin: CheckIn
    audit: AuditChain
    imports: ImportRunner
    oidc: Oidc | None = None
    plugins: dict[str, str | None] = field(default_factory=dict)
