"""The virtual queue of a full space or zone: first in, first called; called places are held for five minutes."""

from datetime import datetime

from server.domain.admission.model import QueueNumber, QueuePlace, World


def free_places(world: World, zone: str | None, now: datetime, holder: str | None = None) -> int:
    """Return the free places of a zone, or of the space: those held for somebody else's number are not free."""
    if zone is None:
        free = world.space.capacity - world.inside
    else:
        free = world.zones[zone].capacity - world.zones[zone].inside
    if world.queue:
        free -= sum(
            place.people
            for place in world.queue
            if place.zone == zone and place.holder != holder and place.is_held(now)
        )
    return free


def call_next(world: World, now: datetime) -> None:
    """End the holds that have run out, then call whoever is next and fits, in each queue."""
    for place in world.queue:
        if place.over_at is None and place.held_until is not None and now >= place.held_until:
            place.over_at, place.outcome = now, "lapsed"
    for zone in dict.fromkeys(place.zone for place in world.queue):
        free = free_places(world, zone, now)
        for place in world.queue:
            if place.zone != zone or place.called_at is not None or place.over_at is not None:
                continue
            if place.people > free:
                break
            place.called_at = now
            free -= place.people


def take_number(world: World, holder: str, zone: str | None, people: int, now: datetime) -> QueueNumber:
    """Return the holder's number in this queue, a new one if they have none."""
    place = _open_place(world, holder, zone)
    if place is None:
        world.last_number += 1
        place = QueuePlace(world.last_number, holder, zone, people, now)
        world.queue.append(place)
    if place.called_at is None:
        place.people = people
    ahead = sum(
        other.people
        for other in world.queue
        if other.zone == zone and other.over_at is None and other.number < place.number
    )
    return QueueNumber(place.number, ahead, _wait(world, ahead))


def use_number(world: World, holder: str, zone: str, now: datetime) -> None:
    """End the holder's numbers for the space and for the zone that they came into."""
    for place in world.queue:
        if place.holder == holder and place.zone in (None, zone) and place.over_at is None:
            # An offline scan may be dated before the number was taken.
            place.over_at, place.outcome = max(now, place.taken_at), "used"


def _open_place(world: World, holder: str, zone: str | None) -> QueuePlace | None:
    for place in world.queue:
        if place.holder == holder and place.zone == zone and place.over_at is None:
            return place
    return None


def _wait(world: World, ahead: int) -> int | None:
    if world.wait_minutes is not None:
        return max(1, round(world.wait_minutes))
    if world.throughput > 0:
        return max(1, round(ahead / world.throughput))
    return None
