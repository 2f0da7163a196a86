"""A plan: what a scan tries, what its table says, and the effects that it has when nothing forbids it."""

from dataclasses import dataclass

from server.domain.admission.model import Answer, Attempt, Code, Effect, Scan, Standing, World
from server.domain.kiosk import Direction, Kiosk


@dataclass(frozen=True, slots=True)
class Plan:
    """`code` is the tables' refusal. The effects stand even beside it: an offline scan has them all the same."""

    attempt: Attempt
    answer: Answer
    effects: tuple[Effect, ...] = ()
    code: Code | None = None
    most: int | None = None
    zone: str | None = None
    case: str | None = None

    @property
    def people(self) -> int:
        """Return the change that is counted."""
        if self.answer is Answer.PRESENT:
            return 0
        return sum(effect.people for effect in self.effects)


def settle_direction(kiosk: Kiosk, scan: Scan) -> Direction:
    """Return the direction that holds: the kiosk's own, else the scan's; `in` at a desk or for "Tôi vào lại"."""
    if kiosk.direction != "auto":
        return kiosk.direction
    if scan.direction == "auto" and (kiosk.role == "desk" or scan.reentry):
        return "in"
    return scan.direction


def take(standing: Standing, people: int, *, first: str, world: World) -> list[tuple[str, int]]:
    """Return from which zones `people` of a standing are taken: from `first`, then in the zones' order."""
    order = [first, *(zone for zone in world.zones if zone != first)]
    taken: list[tuple[str, int]] = []
    for zone in order:
        part = min(people, standing.places.get(zone, 0))
        if part > 0:
            taken.append((zone, part))
            people -= part
    return taken
