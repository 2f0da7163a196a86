"""What a reader of the list of delegations asked for: it reads the address, and writes the addresses of its links."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request

from server.domain.delegation_list import Hand, ListWish, Sort, week_of
from server.domain.delegations import Kind, Status
from server.domain.text import search_key

PATH = "/staff/delegations"
_YEARS = range(2000, 2100)


@dataclass(frozen=True, slots=True)
class ListView:
    """The list's filters. `day` narrows it to one day, `is_all` shows every day; else it is the week of `anchor`."""

    anchor: date
    today: date
    q: str = ""
    status: str | None = None
    kinds: tuple[str, ...] = ()
    hands: tuple[str, ...] = ()
    day: date | None = None
    is_all: bool = False
    sort: Sort | None = None
    after: str = ""
    before: str = ""

    @property
    def first(self) -> date | None:
        return None if self.is_all else self.day or week_of(self.anchor)[0]

    @property
    def last(self) -> date | None:
        return None if self.is_all else self.day or week_of(self.anchor)[1]

    @property
    def order(self) -> Sort:
        """Return the order: every day is read from the newest on, a week by its hours."""
        return self.sort or (Sort.NEWEST if self.is_all else Sort.TIME)

    @property
    def words(self) -> list[str]:
        return search_key(self.q).split()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q.strip() or self.status or self.kinds or self.hands)

    def link(self, **changes: Any) -> str:
        """Return the address of the list with some of it changed; it begins at the first page again."""
        changed = replace(self, **({"after": "", "before": ""} | changes))
        return f"{PATH}{changed.query()}"

    def toggled(self, name: str, value: str) -> str:
        """Return the address with one kind or lack more, or fewer."""
        now: tuple[str, ...] = getattr(self, name)
        other = tuple(one for one in now if one != value) if value in now else (*now, value)
        return self.link(**{name: other})

    def moved(self, weeks: int) -> str:
        """Return the address of another week."""
        anchor = self.anchor + timedelta(days=7 * weeks)
        return self.link(anchor=anchor, day=None, is_all=False) if anchor.year in _YEARS else self.link()

    def query(self) -> str:
        """Return what follows the path, with its question mark."""
        pairs: list[tuple[str, str]] = [("q", self.q)] if self.q else []
        if self.status:
            pairs.append(("status", self.status))
        pairs += [("kind", kind) for kind in self.kinds]
        pairs += [("hand", hand) for hand in self.hands]
        if self.is_all:
            pairs.append(("days", "all"))
        elif self.day:
            pairs.append(("day", self.day.isoformat()))
        elif week_of(self.anchor) != week_of(self.today):
            pairs.append(("week", self.anchor.isoformat()))
        pairs += [(name, str(value)) for name in ("sort", "after", "before") if (value := getattr(self, name))]
        return f"?{urlencode(pairs)}" if pairs else ""

    def wish(self, limit: int) -> ListWish:
        """Return what the register is asked for."""
        after, before = _read_key(self.after, self.order), _read_key(self.before, self.order)
        return ListWish(
            words=self.words,
            status=self.status,
            kinds=self.kinds,
            hands=self.hands,
            first=self.first,
            last=self.last,
            sort=self.order,
            after=after,
            before=None if after else before,
            limit=limit,
        )


def read_view(request: Request, today: date) -> ListView:
    """Return what an address asks for; what it cannot mean is left out."""
    query = request.query_params
    day = _day(query.get("day"))
    sort = query.get("sort", "")
    status = query.get("status", "")
    return ListView(
        anchor=day or _day(query.get("week")) or today,
        q=" ".join(query.get("q", "").replace("\x00", " ").split())[:200],
        status=status if status in set(Status) else None,
        kinds=tuple(dict.fromkeys(kind for kind in query.getlist("kind") if kind in set(Kind))),
        hands=tuple(dict.fromkeys(hand for hand in query.getlist("hand") if hand in set(Hand))),
        day=day,
        is_all=query.get("days") == "all",
        sort=Sort(sort) if sort in set(Sort) else None,
        after=query.get("after", "")[:100],
        before=query.get("before", "")[:100],
        today=today,
    )


def write_key(key: list[Any] | None) -> str:
    """Return a place in the list as an address bears it."""
    if key is None:
        return ""
    return "~".join(one.isoformat() if isinstance(one, date) else str(one) for one in key)


def _read_key(text: str, sort: Sort) -> list[Any] | None:
    parts = text.split("~")
    try:
        if sort == Sort.TIME:
            day, slot, id_ = parts
            return [date.fromisoformat(day), _moment(slot), _number(id_)]
        numbers: list[Any] = [_number(part) for part in parts]
        return numbers if len(numbers) == (1 if sort == Sort.NEWEST else 2) else None
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.year not in range(2000, 3000):
        raise ValueError(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if day.year in _YEARS else None


def fields_of(view: ListView) -> Mapping[str, list[str]]:
    """Return what the search form keeps of the other filters, as hidden fields."""
    kept: dict[str, list[str]] = {"kind": list(view.kinds), "hand": list(view.hands)}
    if view.status:
        kept["status"] = [view.status]
    if view.is_all:
        kept["days"] = ["all"]
    elif view.day:
        kept["day"] = [view.day.isoformat()]
    elif week_of(view.anchor) != week_of(view.today):
        kept["week"] = [view.anchor.isoformat()]
    if view.sort:
        kept["sort"] = [view.sort.value]
    return kept
