"""The desk's list of delegations, and what is done to many of it at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection

from server.domain.delegation_list import Counts, ListWish, Sort, count_filters
from server.domain.delegations import DelegationRecord, Status, demand_confirmable
from server.domain.errors import DomainError
from server.services.delegations import cancel_delegation, confirm_delegation
from server.services.desk import Desk
from server.storage import delegation_list as storage
from server.storage.database import Database


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of the list. `previous` and `next` are sort keys; `of` is how many there are without the search."""

    rows: list[DelegationRecord]
    counts: Counts
    of: int
    days: dict[date, int]
    previous: list[Any] | None
    next: list[Any] | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A delegation of a bulk act that stayed as it was, and why."""

    code: str
    error: DomainError


async def list_page(database: Database, wish: ListWish, month: tuple[date, date]) -> ListPage:
    """Return a page of the list, the numbers beside its filters, and the people of each day of a month."""
    return await database.read(_page, wish, month)


async def find_chosen(database: Database, codes: Sequence[str]) -> list[DelegationRecord]:
    """Return the delegations of these codes that exist, in the order of their slots."""
    return await database.read(storage.find_by_codes, list(codes))


def sort_by_obstacle(
    chosen: Sequence[DelegationRecord], act: str
) -> tuple[list[DelegationRecord], list[tuple[DelegationRecord, DomainError]]]:
    """Return whom a bulk act (`confirm`, `cancel`) will change, and whom it cannot, with the reason."""
    ready: list[DelegationRecord] = []
    stuck: list[tuple[DelegationRecord, DomainError]] = []
    for one in chosen:
        error = obstacle_of(one, act)
        if error is None:
            ready.append(one)
        else:
            stuck.append((one, error))
    return ready, stuck


def obstacle_of(delegation: DelegationRecord, act: str) -> DomainError | None:
    """Return why a bulk act would leave this delegation as it is; None when nothing known stands against it."""
    if act == "cancel":
        is_open = delegation.status in (Status.REQUESTED, Status.CONFIRMED, Status.NO_SHOW)
        return None if is_open else DomainError("not_open", delegation=delegation.code)
    if delegation.decided == Status.CONFIRMED and not delegation.arrived:
        return DomainError("confirmed_already", delegation=delegation.code)
    try:
        demand_confirmable(delegation)
    except DomainError as error:
        return error
    return None


async def act_on_many(
    desk: Desk, codes: Sequence[str], act: str, *, reason: str = ""
) -> tuple[list[str], list[Failure]]:
    """Confirm or cancel each delegation in a transaction of its own; return the codes done, and who stayed."""
    done: list[str] = []
    failed: list[Failure] = []
    for code in codes:
        try:
            await _act(desk, code, act, reason)
        except DomainError as error:
            failed.append(Failure(code, error))
        else:
            done.append(code)
    return done, failed


async def _act(desk: Desk, code: str, act: str, reason: str) -> None:
    found = await find_chosen(desk.database, [code])
    if not found:
        raise DomainError("unknown_delegation", delegation=code)
    error = obstacle_of(found[0], act)
    if error is not None:
        raise error
    if act == "confirm":
        await confirm_delegation(desk, code)
    else:
        await cancel_delegation(desk, code, reason=reason)


def _page(connection: Connection, wish: ListWish, month: tuple[date, date]) -> ListPage:
    page = storage.find_page(connection, wish)
    counts = count_filters(storage.count_cells(connection, wish), wish)
    of = storage.count_all(connection, replace(wish, words=())) if wish.words else counts.total
    previous = storage.sort_key(page.rows[0], wish.sort) if page.rows and page.has_before else None
    next_ = storage.sort_key(page.rows[-1], wish.sort) if page.rows and page.has_after else None
    return ListPage(page.rows, counts, of, storage.count_days(connection, *month), previous, next_)


__all__ = ["Failure", "ListPage", "Sort", "act_on_many", "find_chosen", "list_page", "obstacle_of", "sort_by_obstacle"]
