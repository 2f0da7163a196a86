"""What admission is about: scans, standings, counts, and what is decided of them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from server.domain.kiosk import Direction
from server.domain.passes import PassKind
from server.domain.space import Space

HOLD = timedelta(minutes=5)
"""How long the places of a called queue number are held."""


class Answer(StrEnum):
    """What a kiosk is told."""

    ADMITTED = "admitted"
    MOVED = "moved"
    PRESENT = "present"
    LEFT = "left"
    REFUSED = "refused"


class Code(StrEnum):
    """Why a scan was refused, or what the rules would have said of one that happened all the same."""

    MALFORMED = "malformed"
    SCAN_ID_REUSED = "scan_id_reused"
    NOT_A_SCANNER = "not_a_scanner"
    INVALID_PASS = "invalid_pass"
    UNKNOWN_PASS = "unknown_pass"
    REVOKED_PASS = "revoked_pass"
    CANCELLED_DELEGATION = "cancelled_delegation"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    WRONG_GATE = "wrong_gate"
    SPACE_CLOSED = "space_closed"
    ALREADY_INSIDE = "already_inside"
    NOT_INSIDE = "not_inside"
    TOO_MANY_PEOPLE = "too_many_people"
    SCAN_OWN_PASS = "scan_own_pass"
    DIRECTION_NEEDED = "direction_needed"
    ZONE_FULL = "zone_full"
    SPACE_FULL = "space_full"
    SUPERSEDED = "superseded"
    MISSED_GATE = "missed_gate"
    REENTRY = "reentry"


NOT_REMEMBERED = frozenset(
    {Code.MALFORMED, Code.INVALID_PASS, Code.UNKNOWN_PASS, Code.SCAN_ID_REUSED, Code.NOT_A_SCANNER}
)
"""Counted per kiosk; every other answer is stored under its scan's id."""

NOT_FORCEABLE = frozenset({Code.TOO_MANY_PEOPLE, Code.SCAN_OWN_PASS, Code.DIRECTION_NEEDED})
ASSERTING_REFUSALS = frozenset({Code.ALREADY_INSIDE, Code.NOT_INSIDE})


class Attempt(StrEnum):
    """What a scan tries to do, which decides the rules that bind it."""

    ENTER = "enter"
    MOVE = "move"
    LEAVE = "leave"
    ASK = "ask"
    """Neither: the kiosk must ask In or Out first."""


class Scan(NamedTuple):
    """One reading of one pass. `at` is corrected for the device's clock; an online scan's is its receipt."""

    id: str
    at: datetime
    direction: Direction = "auto"
    people: int | None = None
    offline: bool = False
    force: str | None = None
    reentry: bool = False


class PassFacts(NamedTuple):
    """What was issued: the pass, its holder, and what restricts it."""

    id: str
    kind: PassKind
    holder: str
    delegation: int | None = None
    is_revoked: bool = False
    valid_until: datetime | None = None
    zones: tuple[str, ...] | None = None
    day: date | None = None


@dataclass(slots=True)
class Group:
    """A delegation, as admission sees it. `covers` is the larger of planned headcount and named members."""

    id: int
    covers: int
    is_cancelled: bool = False
    visit_date: date | None = None
    slot_at: datetime | None = None
    minutes: int = 60
    zones: tuple[str, ...] | None = None
    arrived: int = 0
    arrived_day: date | None = None


@dataclass(slots=True)
class Last:
    """The latest movement with an effect, for the guard against a badge that is held up twice."""

    zone: str
    at: datetime
    answer: Answer
    people: int
    to_zone: str | None


@dataclass(slots=True)
class Standing:
    """Where a holder is: zone → number of people. A visitor is one person in one zone at most.

    `since` is when they came in; `asserted_at` the time of the latest movement that asserts where they are;
    `came_at` and `went_at` the same for each direction of an outer gate (delegations).
    """

    holder: str
    delegation: int | None = None
    places: dict[str, int] = field(default_factory=dict)
    members_inside: int = 0
    since: datetime | None = None
    asserted_at: datetime | None = None
    came_at: datetime | None = None
    went_at: datetime | None = None
    last: Last | None = None
    reentry_day: date | None = None
    reentries: int = 0

    @property
    def inside(self) -> int:
        return sum(self.places.values())

    @property
    def zone(self) -> str | None:
        """Return the zone of a single person; None outside."""
        return next(iter(self.places), None)


@dataclass(slots=True)
class ZoneCount:
    """A zone's counter: `inside` counts everybody, `staff` those of them on a staff pass."""

    id: str
    capacity: int
    inside: int = 0
    staff: int = 0


@dataclass(slots=True)
class QueuePlace:
    """A number in the virtual queue of the space (`zone` None) or of a zone."""

    number: int
    holder: str
    zone: str | None
    people: int
    taken_at: datetime
    called_at: datetime | None = None
    over_at: datetime | None = None
    outcome: str | None = None

    @property
    def held_until(self) -> datetime | None:
        return self.called_at + HOLD if self.called_at else None

    def is_held(self, now: datetime) -> bool:
        return self.called_at is not None and self.over_at is None and now < self.called_at + HOLD


@dataclass(frozen=True, slots=True)
class QueueNumber:
    """What a refused visitor is told: their number, how many people are ahead, the expected wait."""

    number: int
    ahead: int
    wait_minutes: int | None


class Effect(NamedTuple):
    """People who change places: from a zone to a zone (None is outside), from one holder's number to another's."""

    from_zone: str | None
    to_zone: str | None
    people: int
    from_holder: str
    to_holder: str


class Decision(NamedTuple):
    """What is answered, and what it does.

    `people` is the change that was counted. `conflict` is what the rules would have said of an offline or forced
    scan; `case` names the kind of case it opens. `most` is the most people that are possible.
    `asserts` tells whether it says where the holder is.
    """

    answer: Answer
    code: Code | None = None
    people: int = 0
    zone: str | None = None
    effects: tuple[Effect, ...] = ()
    conflict: Code | None = None
    case: str | None = None
    since: datetime | None = None
    free: int | None = None
    most: int | None = None
    queue: QueueNumber | None = None
    asserts: bool = False
    is_echo: bool = False
    reentry: bool = False


@dataclass(slots=True)
class World:
    """The standings and counts that a batch of scans was decided against; `zones` in the space's order.

    `members` holds, per delegation, the holders of its members who are inside on their own standing.
    `wait_minutes` is the mean of the last waits, `throughput` the people a minute that left lately.
    `changed` and `changed_groups` name what `apply` has touched.
    """

    space: Space
    zones: dict[str, ZoneCount]
    standings: dict[str, Standing] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    members: dict[int, set[str]] = field(default_factory=dict)
    queue: list[QueuePlace] = field(default_factory=list)
    last_number: int = 0
    wait_minutes: float | None = None
    throughput: float = 0.0
    ended_at: datetime | None = None
    opened_day: date | None = None
    changed: set[str] = field(default_factory=set)
    changed_groups: set[int] = field(default_factory=set)

    @property
    def inside(self) -> int:
        """Return everybody inside, staff too: what the fire-safety capacity limits."""
        return sum(zone.inside for zone in self.zones.values())

    def standing(self, holder: str, delegation: int | None) -> Standing:
        """Return a holder's standing; one that never moved is outside."""
        found = self.standings.get(holder)
        if found is None:
            found = self.standings[holder] = Standing(holder, delegation)
        return found

    def unnamed(self, delegation: int) -> Standing:
        """Return the standing of a delegation's unnamed people."""
        return self.standing(f"d:{delegation}", delegation)

    def group_inside(self, delegation: int) -> int:
        """Return how many of a delegation are inside: members on their own standing, and unnamed people."""
        unnamed = self.unnamed(delegation)
        return unnamed.members_inside + unnamed.inside
