"""Count everybody again from the movements, and compare with what the house says."""

from dataclasses import dataclass
from typing import Any

from server.storage.database import Database
from server.storage.recount import Sums, read_sums


@dataclass(frozen=True, slots=True)
class Count:
    """One number that the house keeps, and what the movements say it should be."""

    id: str
    counter: int
    recount: int

    @property
    def is_equal(self) -> bool:
        return self.counter == self.recount


@dataclass(frozen=True, slots=True)
class Recount:
    """Every zone's count, and those of the finer ones that differ: `holder@zone`, a delegation's members, the space."""

    zones: tuple[Count, ...]
    differing: tuple[Count, ...]

    @property
    def is_equal(self) -> bool:
        return not self.differing and all(zone.is_equal for zone in self.zones)

    def as_json(self) -> dict[str, Any]:
        """Return what `sanh recount --json` prints."""
        return {
            "equal": self.is_equal,
            "zones": [{"id": n.id, "counter": n.counter, "recount": n.recount} for n in self.zones],
            "differing": [{"id": n.id, "counter": n.counter, "recount": n.recount} for n in self.differing],
        }


async def recount(database: Database) -> Recount:
    """Compare each zone's counter, each standing and the space with the sums of the movements' effects."""
    return compare(await database.read(read_sums))


def compare(sums: Sums) -> Recount:
    """Compare what is kept with what the movements say."""
    ids = list(sums.zones) + [id_ for id_ in sums.effects_by_zone if id_ not in sums.zones]
    zones = tuple(Count(id_, sums.zones.get(id_, 0), sums.effects_by_zone.get(id_, 0)) for id_ in ids)
    finer = [Count("space", sums.space, sum(sums.effects_by_zone.values()))]
    finer += [
        Count(f"{place[0]}@{place[1]}", sums.places.get(place, 0), sums.effects_by_place.get(place, 0))
        for place in sorted(sums.places.keys() | sums.effects_by_place.keys())
    ]
    members = {f"d:{id_}": people for id_, people in sums.members_by_delegation.items()}
    finer += [
        Count(f"{holder} members", sums.members_inside.get(holder, 0), members.get(holder, 0))
        for holder in sorted(sums.members_inside.keys() | members.keys())
    ]
    return Recount(zones, tuple(count for count in finer if not count.is_equal))
