"""Looking through people and delegations by the beginnings of their words, by phone and by code."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from server.storage.core import table
from server.storage.delegations import DELEGATIONS
from server.storage.organisations import ORGANISATIONS
from server.storage.passes import Pass
from server.storage.people import VISITORS
from server.storage.standings import Standing

_PASSES, _PLACES = table(Pass), table(Standing)
Rows = Sequence[Any]
Words = Sequence[Sequence[str]]
"""Every word in its spellings: one of each must be found."""


def find_people(connection: Connection, words: Words, day: date, limit: int) -> Rows:
    """Return people in whose name every word begins one: who comes on that day first."""
    begins = _begins(VISITORS.c.search_key, words)
    of_day = or_(
        VISITORS.c.visit_date == day,
        VISITORS.c.delegation_id.in_(select(DELEGATIONS.c.id).where(DELEGATIONS.c.visit_date == day)),
    )
    ids = list(connection.scalars(select(VISITORS.c.id).where(of_day, begins).limit(limit)))
    if len(ids) < limit:
        # Two columns, both in one index: the table itself, ten times as large, is not read.
        others = select(VISITORS.c.id).where(begins, VISITORS.c.id.not_in(ids)).limit(limit - len(ids))
        ids += connection.scalars(others)
    return _people(connection, VISITORS.c.id.in_(ids)) if ids else ()


def find_people_by_phone(connection: Connection, digits: str, limit: int) -> Rows:
    """Return people whose phone begins with these digits after the country's code, else those whose phone ends so."""
    first = f"+84{digits}"
    # A range of the index; a pattern would read all of it.
    begins = (VISITORS.c.phone >= first) & (VISITORS.c.phone <= f"{first}:")
    if found := _people(connection, begins, limit):
        return found
    ends = select(VISITORS.c.id).where(VISITORS.c.phone > "", VISITORS.c.phone.endswith(digits)).limit(limit)
    return _people(connection, VISITORS.c.id.in_(list(connection.scalars(ends))))


def find_person_of_pass(connection: Connection, short: str) -> Rows:
    """Return the visitor of a pass with this short code."""
    return _people(connection, VISITORS.c.id.in_(select(_PASSES.c.visitor_id).where(_PASSES.c.short == short)))


def find_delegations(connection: Connection, words: Words, day: date, limit: int) -> Rows:
    """Return delegations that every word is found in: who comes on that day first, then the latest."""
    query = _delegations().where(_begins(DELEGATIONS.c.search_key, words))
    order = (DELEGATIONS.c.visit_date == day).desc(), DELEGATIONS.c.visit_date.desc(), DELEGATIONS.c.id
    return connection.execute(query.order_by(*order).limit(limit)).all()


def find_delegations_by_code(connection: Connection, code: str, short: str) -> Rows:
    """Return the delegation with this code, or that of a pass with this short code."""
    is_it: ColumnElement[bool] = func.upper(DELEGATIONS.c.code) == code
    if short:
        is_it = or_(is_it, DELEGATIONS.c.id.in_(select(_PASSES.c.delegation_id).where(_PASSES.c.short == short)))
    return connection.execute(_delegations().where(is_it)).all()


def find_delegations_by_phone(connection: Connection, digits: str, limit: int) -> Rows:
    """Return delegations whose contact's phone ends with these digits."""
    return connection.execute(_delegations().where(DELEGATIONS.c.phone.endswith(digits)).limit(limit)).all()


def find_organisations(connection: Connection, words: Words, limit: int) -> Rows:
    """Return organisations in whose name every word begins one."""
    query = select(ORGANISATIONS.c.id, ORGANISATIONS.c.name, ORGANISATIONS.c.kind)
    return connection.execute(query.where(_begins(ORGANISATIONS.c.search_key, words)).limit(limit)).all()


def read_words(connection: Connection) -> set[str]:
    """Return every word that a search may find, of people, delegations and organisations."""
    found: set[str] = set()
    for column in (VISITORS.c.search_key, DELEGATIONS.c.search_key, ORGANISATIONS.c.search_key):
        for (key,) in connection.execute(select(column).distinct()):
            found.update(key.split())
    return found


def _begins(column: ColumnElement[str], words: Words) -> ColumnElement[bool]:
    return and_(
        *(
            or_(
                *(
                    condition
                    for spelling in spellings
                    for condition in (
                        column.startswith(spelling, autoescape=True),
                        column.contains(f" {spelling}", autoescape=True),
                    )
                )
            )
            for spellings in words
        )
    )


def _people(connection: Connection, condition: ColumnElement[bool], limit: int | None = None) -> Rows:
    query = (
        select(
            VISITORS.c.id,
            VISITORS.c.name,
            VISITORS.c.title,
            VISITORS.c.organisation,
            VISITORS.c.visit_date,
            VISITORS.c.needs,
            DELEGATIONS.c.code,
            DELEGATIONS.c.name.label("delegation"),
            DELEGATIONS.c.visit_date.label("group_date"),
            DELEGATIONS.c.slot_at,
            _PLACES.c.places,
        )
        .select_from(
            VISITORS.outerjoin(DELEGATIONS, DELEGATIONS.c.id == VISITORS.c.delegation_id).outerjoin(
                _PLACES, _PLACES.c.holder == "v:" + VISITORS.c.id
            )
        )
        .where(condition, VISITORS.c.erased_at.is_(None))
    )
    return connection.execute(query if limit is None else query.limit(limit)).all()


def _delegations() -> Select[Any]:
    columns = "id code name kind status planned named visit_date slot_at arrived arrived_day search_key".split()
    return select(*(DELEGATIONS.c[name] for name in columns))
