"""The desk's list of visitors, newest first: the ids of a page, then what its lines tell."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, union

from server.domain.visitor_list import VisitorLine, VisitorWish
from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.passes import PASSES
from server.storage.people import VISITORS
from server.storage.prints import latest_prints
from server.storage.standings import Standing
from server.storage.visits import Visit

_PLACE: Any = table(Standing)
_VISITS: Any = table(Visit)
_CHUNK = 500


def page_of_visitors(
    connection: Connection, wish: VisitorWish, *, before: str = "", after: str = "", limit: int
) -> list[VisitorLine]:
    """Return up to `limit` visitors, newest first: those behind the id `before`, or the last ahead of `after`."""
    query = select(VISITORS.c.id).where(*_conditions(wish)).limit(limit)
    if after:
        query = query.where(VISITORS.c.id > after).order_by(VISITORS.c.id)
        ids = list(connection.scalars(query))[::-1]
    else:
        query = query.where(VISITORS.c.id < before) if before else query
        ids = list(connection.scalars(query.order_by(VISITORS.c.id.desc())))
    return lines_of_visitors(connection, ids, wish)


def lines_of_visitors(connection: Connection, ids: Sequence[str], wish: VisitorWish) -> list[VisitorLine]:
    """Return the lines of visitors in the order of their ids; `wish.day` is the day whose visits they tell."""
    found: dict[str, VisitorLine] = {}
    for start in range(0, len(ids), _CHUNK):
        part = ids[start : start + _CHUNK]
        passes = _passes_of(connection, part)
        prints = latest_prints(connection, [row["id"] for row in passes.values() if row["revoked_at"] is None])
        for row in connection.execute(_lines(wish).where(VISITORS.c.id.in_(part))).mappings():
            newest = passes.get(row["id"], {})
            live = newest if newest and newest["revoked_at"] is None else {}
            printed = prints.get(live.get("id", ""))
            found[row["id"]] = VisitorLine(
                **{name: row[name] for name in _AS_THEY_ARE},
                needs=bool(row["needs"]),
                is_erased=row["erased_at"] is not None,
                zone=next(iter(row["places"]), None) if row["places"] else None,
                pass_id=live.get("id"),
                short=live.get("short"),
                had_pass=bool(newest) and not live,
                printed_at=printed.at if printed else None,
            )
    return [found[id_] for id_ in ids if id_ in found]


_AS_THEY_ARE = (
    "id name title organisation phone email language delegation delegation_name day slot_at came_at left_at"
).split()


def _lines(wish: VisitorWish) -> Select[Any]:
    names = "id name title organisation phone email language needs erased_at".split()
    holder = "v:" + VISITORS.c.id
    return select(
        *(VISITORS.c[name] for name in names),
        DELEGATIONS.c.code.label("delegation"),
        DELEGATIONS.c.name.label("delegation_name"),
        func.coalesce(VISITORS.c.visit_date, DELEGATIONS.c.visit_date, type_=VISITORS.c.visit_date.type).label("day"),
        DELEGATIONS.c.slot_at,
        _PLACE.c.places,
        _VISITS.c.entered_at.label("came_at"),
        _VISITS.c.left_at,
    ).select_from(
        VISITORS.outerjoin(DELEGATIONS, DELEGATIONS.c.id == VISITORS.c.delegation_id)
        .outerjoin(_PLACE, _PLACE.c.holder == holder)
        .outerjoin(_VISITS, (_VISITS.c.holder == holder) & (_VISITS.c.day == wish.day))
    )


def _passes_of(connection: Connection, ids: Sequence[str]) -> Mapping[str, Any]:
    """Return each visitor's pass that holds, or else the last one that did."""
    query = (
        select(PASSES.c.visitor_id, PASSES.c.id, PASSES.c.short, PASSES.c.revoked_at)
        .where(PASSES.c.visitor_id.in_(ids))
        .order_by(PASSES.c.revoked_at.is_(None), PASSES.c.issued_at)
    )
    return {row["visitor_id"]: row for row in connection.execute(query).mappings()}


def _conditions(wish: VisitorWish) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_finds(word) for word in wish.words]
    if wish.ids is not None:
        conditions.append(VISITORS.c.id.in_(wish.ids))
    if wish.delegation_id is not None:
        conditions.append(VISITORS.c.delegation_id == wish.delegation_id)
    if wish.show == "today":
        conditions.append(_comes_on(wish))
    elif wish.show == "inside":
        inside = select(func.substr(_PLACE.c.holder, 3)).where(_PLACE.c.inside > 0, _PLACE.c.holder.like("v:%"))
        conditions.append(VISITORS.c.id.in_(inside))
    elif wish.show == "walk-in":
        conditions.append(VISITORS.c.delegation_id.is_(None))
    elif wish.show == "needs":
        conditions.append(VISITORS.c.needs != "")
    return conditions


def _comes_on(wish: VisitorWish) -> ColumnElement[bool]:
    """Return who has an appointment on the day, or was inside on it."""
    own = select(VISITORS.c.id).where(VISITORS.c.visit_date == wish.day)
    of_delegations = (
        select(VISITORS.c.id)
        .join(DELEGATIONS, DELEGATIONS.c.id == VISITORS.c.delegation_id)
        .where(DELEGATIONS.c.visit_date == wish.day, VISITORS.c.visit_date.is_(None))
    )
    came = select(func.substr(_VISITS.c.holder, 3)).where(_VISITS.c.day == wish.day, _VISITS.c.holder.like("v:%"))
    found = union(own, of_delegations, came).subquery()
    condition: ColumnElement[bool] = VISITORS.c.id.in_(select(found.c[0]))
    return condition


def _finds(word: str) -> ColumnElement[bool]:
    same_code = select(DELEGATIONS.c.id).where(DELEGATIONS.c.code == word.upper())
    places: list[ColumnElement[bool]] = [
        VISITORS.c.search_key.contains(word, autoescape=True),
        VISITORS.c.delegation_id.in_(same_code),
    ]
    if word.isdecimal():
        # A number dialled at home begins with the 0 that E.164 leaves out.
        places.append(VISITORS.c.phone.contains(word.removeprefix("0"), autoescape=True))
    return or_(*places)
