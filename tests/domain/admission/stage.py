"""A small stage for admission: three zones, a clock, the cast with their passes, and every answer as it was given.

Lan is a walk-in, Minh guides (a staff pass), An and Bình are members of delegation 17, whose own pass is `GROUP`.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from server.domain.admission import (
    Decision,
    Effect,
    Group,
    PassFacts,
    Scan,
    Standing,
    World,
    ZoneCount,
    apply,
    decide,
)
from server.domain.kiosk import Direction, Kiosk, Role
from server.domain.passes import PassKind
from server.domain.space import OpeningHours, Space, Zone

NINE = datetime(2020, 10, 12, 2, 0, tzinfo=UTC)  # a Monday, 09:00 on the space's clock
DAY = NINE.date()
LOBBY, HOME, EGOV = "lobby", "home", "egov"

LAN = PassFacts("P1", PassKind.VISITOR, "v:lan", day=DAY)
MINH = PassFacts("P2", PassKind.STAFF, "s:minh")
AN = PassFacts("P3", PassKind.VISITOR, "v:an", 17)
BINH = PassFacts("P4", PassKind.VISITOR, "v:binh", 17)
GROUP = PassFacts("P5", PassKind.DELEGATION, "d:17", 17)


def minutes(number: float) -> datetime:
    """Return the time so many minutes after nine."""
    return NINE + timedelta(minutes=number)


def kiosk(zone: str = LOBBY, direction: Direction = "auto", *, role: Role = "gate", inner: bool = False) -> Kiosk:
    return Kiosk(f"{role}-{zone}-{direction}-{inner}", "Cổng", role, zone, inner, direction)


AUTO, IN, OUT = kiosk(), kiosk(direction="in"), kiosk(direction="out")
DESK = kiosk(role="desk")


def door(zone: str, direction: Direction = "auto") -> Kiosk:
    """Return a kiosk at the inner door of a zone."""
    return kiosk(zone, direction, inner=True)


def small_space(capacity: int = 20, lobby: int = 20, home: int = 5, egov: int = 5, **values: object) -> Space:
    """Return a space of three zones, open on every day from 07:30 to 17:00."""
    zones = tuple(Zone(id_, id_, id_, most) for id_, most in ((LOBBY, lobby), (HOME, home), (EGOV, egov)))
    hours = OpeningHours(days=(((time(7, 30), time(17)),),) * 7)
    return replace(Space("Sảnh", "Lobby", capacity, zones, opening=hours), **values)  # type: ignore[arg-type]


@dataclass
class Stage:
    """A world, the time, and everything that was decided. `covers` is that of delegation 17."""

    space: Space = field(default_factory=small_space)
    covers: int = 5
    now: datetime = NINE
    decisions: list[Decision] = field(default_factory=list)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        zones = {zone.id: ZoneCount(zone.id, zone.capacity) for zone in self.space.zones}
        self.world = World(self.space, zones)
        self.world.groups[17] = Group(17, self.covers, visit_date=DAY)
        for pass_ in (LAN, MINH, AN, BINH, GROUP):
            self.world.standings[pass_.holder] = Standing(pass_.holder, pass_.delegation)

    @property
    def group(self) -> Group:
        return self.world.groups[17]

    def scan(self, pass_: PassFacts, at_kiosk: Kiosk, direction: Direction = "auto", **fields: object) -> Decision:
        """Answer a scan and bring the answer into the world. `at` (minutes after nine) makes it an offline scan."""
        at = fields.pop("at", None)
        if at is not None:
            fields["offline"] = True
        elif not fields.get("offline"):
            # Longer than the guard against a badge that is held up twice.
            self.now += timedelta(minutes=1)
        moment = self.now if at is None else minutes(at)  # type: ignore[arg-type]
        scan = Scan(f"scan-{len(self.decisions)}", moment, direction, **fields)  # type: ignore[arg-type]
        decision = decide(self.world, pass_, at_kiosk, scan)
        apply(self.world, pass_, at_kiosk, scan, decision)
        self.decisions.append(decision)
        return decision

    def put(self, pass_: PassFacts, zone: str | None, people: int | None = None) -> None:
        """Let a holder come in and walk to a zone, at kiosks that forbid nothing; None leaves them outside."""
        if zone is not None:
            self.scan(pass_, IN, people=people)
        if zone not in (None, LOBBY):
            self.scan(pass_, door(zone), people=people)

    def fill(self, zone: str, people: int) -> None:
        """Let strangers come into a zone through an outer gate of its own, whatever its capacity."""
        for number in range(people):
            stranger = PassFacts(f"X{number}", PassKind.VISITOR, f"v:{zone}-{number}", day=DAY)
            self.scan(stranger, kiosk(zone, "in", role="desk"), force="đã xếp trước")

    def places(self, pass_: PassFacts) -> dict[str, int]:
        return dict(self.world.standings[pass_.holder].places)

    def counts(self) -> dict[str, int]:
        """Return the people in every zone that is not empty."""
        return {id_: zone.inside for id_, zone in self.world.zones.items() if zone.inside}


def outcome(decision: Decision) -> tuple[str, str | None]:
    """Return the answer with the code or the conflict beside it."""
    code = decision.code or decision.conflict
    return str(decision.answer), str(code) if code else None


def shape(effects: tuple[Effect, ...]) -> list[tuple[str | None, str | None, int]]:
    return [(effect.from_zone, effect.to_zone, effect.people) for effect in effects]
