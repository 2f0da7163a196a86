"""What an import does to each row, what a person chose about it, and the journal by which it is taken back."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from server.storage import import_changes as journal
from server.storage.import_changes import Change

Place = tuple[str, str, int]
"""A row: file, sheet, number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a row: `new`, `changed`, `same` as is known, or `repeat` of the row `other`.

    `name` is the known person's; `by` tells by what they were recognised: `name` or `mark` (a phone, an address).
    `likeness` is a row before it of the same name, kept apart from it.
    """

    place: Place
    what: str
    name: str = ""
    by: str = ""
    other: int | None = None
    likeness: int | None = None
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person said of rows: `new` or `same` by place. `job` is the import's id, whose changes are kept."""

    job: str | None = None
    people: Mapping[Place, str] = field(default_factory=dict)

    def said(self, places: Sequence[Place]) -> list[str]:
        """Return what was said of each row, empty where nothing was."""
        return [self.people.get(place, "") for place in places]

    def id_of(self, place: Place) -> str:
        """Return the id that the person of a row said to be new gets, the same however often it is applied."""
        seed = f"{self.job}\n{place[1]}\n{place[2]}".encode()
        return (self.job or "")[:12].ljust(12, "0") + hashlib.sha256(seed).hexdigest()[:20]


NO_CHOICES = Choices()


def shown_changes(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what changes of a record as texts: before and after."""
    hidden = ("search_key", "occurrence", "leader_id")
    return {
        name: (str(before.get(name) or ""), str(value if value is not None else ""))
        for name, value in changes.items()
        if name not in hidden
    }


def note_people(
    connection: Connection,
    job: str | None,
    delegation_id: int,
    added: Sequence[Mapping[str, Any]],
    changed: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]],
) -> None:
    """Note members that an import made, and what it changed of others: (id, changes, columns before)."""
    if job is None:
        return
    lines = [Change("visitor", person["id"], 1, None) for person in added]
    versions = journal.versions_of(connection, [id_ for id_, _, _ in changed]) if changed else {}
    for id_, changes, before in changed:
        kept = {name: before.get(name) for name in changes}
        lines.append(Change("visitor", id_, versions.get(id_, 0), kept))
    journal.add_changes(connection, job, delegation_id, lines)


def note_delegation(
    connection: Connection, job: str | None, delegation_id: int, code: str, before: Mapping[str, Any] | None
) -> None:
    """Note a delegation that an import made, or (with its columns before) changed."""
    if job is not None:
        version = journal.delegation_version(connection, delegation_id)
        kept = None if before is None else {name: _plain(value) for name, value in before.items()}
        journal.add_changes(connection, job, delegation_id, [Change("delegation", code, version, kept)])


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
