"""Which zones suit whom: weights for choosing a way through the space."""

from collections.abc import Sequence

from server.domain.text import search_key
from server.simulator.people import Party, Place

# The registry's fields of interest (folded), with the zones that speak to them, best first.
# A space with other zones simply has no favourites.
_BY_INTEREST = {
    "du lich": ("digital_economy", "egov"),
    "nang luong": ("smart_home", "digital_economy"),
    "logistics": ("digital_economy", "ekyc"),
    "moi truong": ("smart_home", "smart_health"),
    "tai chinh ngan hang": ("ekyc", "digital_economy"),
    "nong nghiep": ("digital_economy", "smart_home"),
    "y te": ("smart_health", "ekyc"),
    "giao thong van tai": ("egov", "digital_economy"),
    "giao duc": ("smart_edu", "egov"),
    "dao tao nhan luc": ("smart_edu", "digital_economy"),
}
_BY_KIND = {
    "agency": ("egov", "ekyc"),
    "district": ("egov", "smart_health"),
    "commune": ("egov", "smart_health"),
    "enterprise": ("digital_economy", "ekyc"),
    "school": ("smart_edu", "smart_home"),
    "citizens": ("smart_health", "smart_home"),
}


def favourites(party: Party | None) -> tuple[str, ...]:
    """Return the zones that a delegation came for, best first; none for a walk-in."""
    if party is None:
        return ()
    interest = search_key(party.interest)
    chosen = next((zones for words, zones in _BY_INTEREST.items() if words in interest), ())
    return tuple(dict.fromkeys((*chosen, *_BY_KIND.get(party.kind, ()))))


def weights(places: Sequence[Place], wanted: Sequence[str]) -> dict[str, float]:
    """Return a weight per zone: 1 for any, up to 4 for the best liked."""
    liking = {zone: 4.0 - rank for rank, zone in enumerate(wanted[:3])}
    return {place.id: max(1.0, liking.get(place.id, 1.0)) for place in places}
