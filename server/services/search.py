"""One search over people, delegations and organisations: by name without marks, by phone, by code, misspelt too."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from server.domain.finding import Sought, Vocabulary, read_sought
from server.storage import search as storage
from server.storage.database import Database

Field = Literal["code", "short", "phone", "name", "spelling"]
Kind = Literal["visitor", "delegation", "organisation"]
_FRESH_SECONDS = 60.0
_LEAST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found, and by which of its fields. `places` maps the zones where they are now to the people there."""

    kind: Kind
    id: str
    title: str
    subtitle: str
    field: Field
    day: date | None = None
    slot_at: datetime | None = None
    places: dict[str, int] | None = None
    arrived: int = 0
    covers: int = 0
    needs_help: bool = False


async def search(database: Database, typed: str, *, day: date, limit: int = 20, with_people: bool = True) -> list[Hit]:
    """Return what a typed line finds, the likeliest first: codes, phones, who comes on `day`, then others.

    Words may be misspelt by a letter (long ones by two) where nothing is found as they are.
    """
    sought = read_sought(typed)
    wish = _Wish(sought, day, limit, with_people)
    hits = await database.read(_find, wish)
    if not hits and not sought.digits and any(len(word) >= _LEAST_LETTERS for word in sought.words):
        vocabulary = await _vocabulary(database)
        words = [[word] if vocabulary.begins(word) else vocabulary.corrections(word) for word in sought.words]
        if all(words) and words != [[word] for word in sought.words]:
            hits = await database.read(_find_spelt, wish, words)
    return hits[:limit]


@dataclass(frozen=True, slots=True)
class _Wish:
    sought: Sought
    day: date
    limit: int
    with_people: bool


@dataclass(slots=True)
class _Known:
    vocabulary: Vocabulary
    read_at: float
    reading: "asyncio.Task[None] | None" = None


_KNOWN: "WeakKeyDictionary[Database, _Known]" = WeakKeyDictionary()


async def _vocabulary(database: Database) -> Vocabulary:
    """Return the words of the register; a minute old at most when nobody has asked for long, else as last read."""
    known = _KNOWN.get(database)
    if known is None:
        known = _KNOWN[database] = _Known(Vocabulary(()), 0.0)
        await _read_words(database, known)
    elif known.read_at + _FRESH_SECONDS < time.monotonic() and (known.reading is None or known.reading.done()):
        # Whoever types does not wait for it.
        known.reading = asyncio.create_task(_read_words(database, known))
    return known.vocabulary


async def _read_words(database: Database, known: _Known) -> None:
    words = await database.read(storage.read_words)
    known.vocabulary = await asyncio.to_thread(Vocabulary, words)
    known.read_at = time.monotonic()


def _find(connection: Connection, wish: _Wish) -> list[Hit]:
    sought, limit, hits = wish.sought, wish.limit, _Hits()
    if sought.code:
        found = storage.find_delegations_by_code(connection, sought.code, sought.short)
        hits.add(_delegation(row, "code") for row in found)
    if sought.short and wish.with_people:
        hits.add(_person(row, "short") for row in storage.find_person_of_pass(connection, sought.short))
    if hits.found:
        return hits.found
    if sought.digits:
        if wish.with_people:
            people = storage.find_people_by_phone(connection, sought.digits, limit)
            hits.add(_person(row, "phone") for row in people)
        delegations = storage.find_delegations_by_phone(connection, sought.digits, limit)
        hits.add(_delegation(row, "phone") for row in delegations)
    if not hits.found and sought.words and len("".join(sought.words)) >= _LEAST_LETTERS:
        # Nobody's name is a number, and all names would be read to see it.
        wish = replace(wish, with_people=wish.with_people and not sought.digits)
        _by_words(connection, wish, [[word] for word in sought.words], hits, "name")
    return hits.found


def _find_spelt(connection: Connection, wish: _Wish, words: list[list[str]]) -> list[Hit]:
    hits = _Hits()
    _by_words(connection, wish, words, hits, "spelling")
    return hits.found


def _by_words(connection: Connection, wish: _Wish, words: storage.Words, hits: "_Hits", field: Field) -> None:
    delegations = [_delegation(row, field) for row in storage.find_delegations(connection, words, wish.day, wish.limit)]
    hits.add(hit for hit in delegations if hit.day == wish.day)
    if wish.with_people:
        people = [_person(row, field) for row in storage.find_people(connection, words, wish.day, wish.limit)]
        hits.add(sorted(people, key=lambda hit: hit.day != wish.day))
    hits.add(delegations)
    organisations = storage.find_organisations(connection, words, wish.limit)
    hits.add(Hit("organisation", row.id, row.name, row.kind, field) for row in organisations)


class _Hits:
    """What was found so far, each thing once."""

    def __init__(self) -> None:
        self.found: list[Hit] = []
        self._known: set[tuple[str, str]] = set()

    def add(self, hits: Iterable[Hit]) -> None:
        for hit in hits:
            if (hit.kind, hit.id) not in self._known:
                self._known.add((hit.kind, hit.id))
                self.found.append(hit)


def _person(row: Any, field: Field) -> Hit:
    return Hit(
        kind="visitor",
        id=row.id,
        title=row.name or "",
        subtitle=row.delegation or row.organisation or row.title or "",
        field=field,
        day=row.group_date or row.visit_date,
        slot_at=row.slot_at,
        places=row.places or {},
        needs_help=bool(row.needs),
    )


def _delegation(row: Any, field: Field) -> Hit:
    return Hit(
        kind="delegation",
        id=row.code,
        title=row.name,
        subtitle=row.kind,
        field=field,
        day=row.visit_date,
        slot_at=row.slot_at,
        arrived=row.arrived if row.arrived_day == row.visit_date else 0,
        covers=max(row.planned, row.named),
    )
