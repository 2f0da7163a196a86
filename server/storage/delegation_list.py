"""The desk's list of delegations: one page of it, the numbers beside its filters, its calendar."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    select,
    text,
    tuple_,
)

from server.domain.delegation_list import Cell, Hand, ListWish, Sort
from server.domain.delegations import DelegationRecord, Status
from server.storage.core import table
from server.storage.delegations import DELEGATIONS, records
from server.storage.standings import Standing

_D: Any = DELEGATIONS.c
_PLACE: Any = table(Standing)
_FAR_DAY = date(2999, 12, 31)
_FAR_MOMENT = datetime(2999, 12, 31, tzinfo=UTC)
_COVERS = case((_D.planned > _D.named, _D.planned), else_=_D.named)
# Members inside have standings of their own, so this finds every delegation of whom anybody is inside, by its index.
_SOMEBODY_INSIDE = _D.id.in_(select(_PLACE.c.delegation_id).where(_PLACE.c.inside > text("0")))
_STATUS: Any = case(
    (_D.status == Status.CANCELLED, Status.CANCELLED.value),
    (_D.arrived == 0, _D.status),
    (not_(_SOMEBODY_INSIDE), Status.LEFT.value),
    (_D.arrived >= _COVERS, Status.INSIDE.value),
    else_=Status.ARRIVING.value,
)
_IS_OPEN = and_(_D.arrived == 0, _D.status.in_((Status.REQUESTED, Status.CONFIRMED)))
_HANDS: dict[Hand, ColumnElement[bool]] = {
    Hand.GUIDE: and_(_IS_OPEN, _D.guide == ""),
    Hand.SLOT: and_(_IS_OPEN, _D.slot_at.is_(None)),
    Hand.INTERPRETER: and_(_IS_OPEN, _D.language != "vi"),
    Hand.NAMES: and_(_IS_OPEN, _D.named == 0),
    Hand.SUPPORT: and_(_IS_OPEN, _D.needs != ""),
}


class FoundPage(NamedTuple):
    """A page of the list, in its order, and whether it goes on on either side."""

    rows: list[DelegationRecord]
    has_before: bool
    has_after: bool


def find_page(connection: Connection, wish: ListWish) -> FoundPage:
    """Return one page of the delegations that fit."""
    keys, is_falling = _keys(wish.sort)
    turned = wish.before is not None
    conditions = _conditions(wish)
    edge = wish.before if turned else wish.after
    if edge is not None:
        place = tuple_(*(literal(value, key.type) for value, key in zip(edge, keys, strict=True)))
        conditions.append(tuple_(*keys) < place if is_falling != turned else tuple_(*keys) > place)
    order = [key.desc() if is_falling != turned else key.asc() for key in keys]
    # The ids alone first: sorting whole rows of a long register would cost more than reading them.
    ids = connection.scalars(select(_D.id).where(*conditions).order_by(*order).limit(wish.limit + 1)).all()
    has_more = len(ids) > wish.limit
    kept = list(ids[: wish.limit])
    rows = {row["id"]: DelegationRecord(**row) for row in _of(connection, kept)}
    ordered = [rows[id_] for id_ in (reversed(kept) if turned else kept)]
    return FoundPage(ordered, has_more if turned else edge is not None, True if turned else has_more)


def find_by_codes(connection: Connection, codes: Sequence[str]) -> list[DelegationRecord]:
    """Return the delegations with these codes, in the order of their slots."""
    keys, _ = _keys(Sort.TIME)
    found = connection.execute(records().where(_D.code.in_(codes)).order_by(*keys)).mappings()
    return [DelegationRecord(**row) for row in found]


def sort_key(delegation: DelegationRecord, sort: Sort) -> list[Any]:
    """Return where a delegation stands in the order of the list."""
    if sort == Sort.NEWEST:
        return [delegation.id]
    if sort == Sort.PEOPLE:
        return [delegation.count.covers, delegation.id]
    return [delegation.visit_date or _FAR_DAY, delegation.slot_at or _FAR_MOMENT, delegation.id]


def count_cells(connection: Connection, wish: ListWish) -> list[Cell]:
    """Return how many of the delegations of the days and words are in each status, of each kind, and lack what."""
    # One number for all that is lacking: grouping by a column for each took twice as long.
    bits = [case((condition, 1 << place), else_=0) for place, condition in enumerate(_HANDS.values())]
    lacks = cast(reduce(add, bits), Integer).label("lacks")
    inner = select(_STATUS.label("standing"), _D.kind.label("sort"), lacks).where(*_base(wish)).subquery()
    columns = list(inner.c)
    query: Any = select(*columns, func.count()).group_by(*columns)
    return [
        Cell(row[0], row[1], frozenset(hand for place, hand in enumerate(_HANDS) if row[2] >> place & 1), row[3])
        for row in connection.execute(query)
    ]


def count_all(connection: Connection, wish: ListWish) -> int:
    """Return how many delegations the days hold, whatever else is asked."""
    return int(connection.scalar(select(func.count()).select_from(DELEGATIONS).where(*_base(wish))) or 0)


def count_days(connection: Connection, first: date, last: date) -> dict[date, int]:
    """Return for each day how many people are booked who were not cancelled."""
    query = (
        select(_D.visit_date, func.sum(_COVERS))
        # Not `in`: SQLite would go by the index of the few statuses instead of the many days.
        .where(_D.visit_date.between(first, last), _D.status.not_in((Status.CANCELLED, Status.NO_SHOW)))
        .group_by(_D.visit_date)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def _of(connection: Connection, ids: Sequence[int]) -> Any:
    return connection.execute(records().where(_D.id.in_(ids))).mappings()


def _keys(sort: Sort) -> tuple[list[Any], bool]:
    """Return what the list is ordered by, and whether it falls."""
    if sort == Sort.NEWEST:
        return [_D.id], True
    if sort == Sort.PEOPLE:
        return [cast(_COVERS, Integer), _D.id], True
    day = func.coalesce(_D.visit_date, literal(_FAR_DAY, _D.visit_date.type), type_=_D.visit_date.type)
    slot = func.coalesce(_D.slot_at, literal(_FAR_MOMENT, _D.slot_at.type), type_=_D.slot_at.type)
    return [day, slot, _D.id], False


def _base(wish: ListWish) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wish.first is not None:
        conditions.append(_D.visit_date >= wish.first)
    if wish.last is not None:
        conditions.append(_D.visit_date <= wish.last)
    conditions += [_D.search_key.contains(word, autoescape=True) for word in wish.words]
    return conditions


def _conditions(wish: ListWish) -> list[ColumnElement[bool]]:
    conditions = _base(wish)
    if wish.kinds:
        conditions.append(_D.kind.in_(wish.kinds))
    conditions += [_HANDS[Hand(hand)] for hand in wish.hands]
    if wish.status is not None:
        conditions.append(wish.status == _STATUS)
    return conditions
