"""The desk's list of delegations: what it is narrowed to, what needs a hand, why a row was found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from unicodedata import combining

from server.domain.delegations import DelegationRecord, Status
from server.domain.text import search_key


class Hand(StrEnum):
    """Why a delegation needs somebody's hand before it comes."""

    GUIDE = "guide"
    SLOT = "slot"
    INTERPRETER = "interpreter"
    NAMES = "names"
    SUPPORT = "support"


class Sort(StrEnum):
    """The order of the list: by the hour, the newest registered first, the largest first."""

    TIME = "time"
    NEWEST = "newest"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class ListWish:
    """What the list shows. `words` are folded and each must be found; `first` and `last` are days, both included.

    `after` and `before` are sort keys of the row that the page begins behind, or ends before.
    """

    words: Sequence[str] = ()
    status: str | None = None
    kinds: Sequence[str] = ()
    hands: Sequence[str] = ()
    first: date | None = None
    last: date | None = None
    sort: Sort = Sort.TIME
    after: Sequence[object] | None = None
    before: Sequence[object] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """How many delegations share a status, a kind and what they lack."""

    status: str
    kind: str
    hands: frozenset[str]
    number: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many each filter would show, the others left as they are."""

    total: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    hands: Mapping[str, int] = field(default_factory=dict)


def count_filters(cells: Iterable[Cell], wish: ListWish) -> Counts:
    """Return the numbers beside the filters."""
    statuses: dict[str, int] = {}
    kinds: dict[str, int] = {}
    hands: dict[str, int] = {}
    total = 0
    wanted = frozenset(wish.hands)
    for cell in cells:
        fits_status = wish.status is None or cell.status == wish.status
        fits_kind = not wish.kinds or cell.kind in wish.kinds
        fits_hands = wanted <= cell.hands
        if fits_kind and fits_hands:
            statuses[cell.status] = statuses.get(cell.status, 0) + cell.number
        if fits_status and fits_hands:
            kinds[cell.kind] = kinds.get(cell.kind, 0) + cell.number
        if fits_status and fits_kind:
            for hand in cell.hands:
                hands[hand] = hands.get(hand, 0) + cell.number
        if fits_status and fits_kind and fits_hands:
            total += cell.number
    return Counts(total, statuses, kinds, hands)


def hands_of(delegation: DelegationRecord) -> frozenset[Hand]:
    """Return what a delegation still lacks; one that came, or will not, lacks nothing."""
    if delegation.status not in (Status.REQUESTED, Status.CONFIRMED):
        return frozenset()
    lacks = {
        Hand.GUIDE: not delegation.guide,
        Hand.SLOT: delegation.slot_at is None,
        Hand.INTERPRETER: delegation.language != "vi",
        Hand.NAMES: delegation.named == 0,
        Hand.SUPPORT: delegation.needs != "",
    }
    return frozenset(hand for hand, is_lacking in lacks.items() if is_lacking)


def week_of(day: date) -> tuple[date, date]:
    """Return the Monday and the Sunday around a day."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def month_grid(first: date) -> list[list[date]]:
    """Return the weeks, Monday first, that hold the month of a day."""
    day, _ = week_of(first.replace(day=1))
    weeks: list[list[date]] = []
    while not weeks or day.month == first.month:
        weeks.append([day + timedelta(days=number) for number in range(7)])
        day += timedelta(days=7)
    return weeks


def pieces(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """Return a text cut into what matches the folded words and what does not: `so` marks `Sở` and `số`."""
    folded, places = _fold(text)
    marked: set[int] = set()
    for word in words:
        start = folded.find(word)
        while start >= 0:
            marked.update(places[start : start + len(word)])
            start = folded.find(word, start + len(word))
    cut: list[tuple[str, bool]] = []
    for place, char in enumerate(text):
        # A mark belongs to the letter before it.
        is_marked = bool(cut) and cut[-1][1] if combining(char) else place in marked
        if cut and cut[-1][1] == is_marked:
            cut[-1] = (cut[-1][0] + char, is_marked)
        else:
            cut.append((char, is_marked))
    return cut


def _fold(text: str) -> tuple[str, list[int]]:
    """Return a text as a search sees it, and for each of its characters the place in the text."""
    folded: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        if combining(char):
            continue
        bare = search_key(char) or (" " if not char.isalnum() and char.isprintable() else "")
        # Several signs in a row fold to one space.
        if bare == " " and folded and folded[-1] == " ":
            continue
        folded += bare
        places += [place] * len(bare)
    return "".join(folded), places
