"""A delegation's people in an import: those who are known, those who will be, and what a row changes of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.domain.registry import MemberRow
from server.domain.registry.matching import Person
from server.domain.text import person_key, search_key
from server.storage import registry
from server.storage.ids import new_id

_SAID = ("name", "title", "phone", "email", "needs", "notes")


@dataclass(slots=True)
class Someone:
    """A person of the delegation, known or about to be: what is recognised, and the row they were or will be."""

    id: str
    person: Person
    occurrence: int
    values: dict[str, Any]
    is_new: bool = False
    changes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Company:
    """What the new members of one delegation share; `latest` is the last occurrence of each folded name."""

    organisation: str
    language: str
    at: datetime
    latest: dict[str, int] = field(default_factory=dict)

    def next_occurrence(self, key: str) -> int:
        """Return the number that tells a further person of this folded name apart."""
        self.latest[key] = self.latest.get(key, 0) + 1
        return self.latest[key]


def known_person(row: registry.MemberRow) -> Someone:
    """Return a member of the database."""
    values = row._asdict()
    person = Person(person_key(row.name or ""), row.phone, row.email)
    return Someone(row.id, person, row.occurrence, values)


def new_person(member: MemberRow, person: Person, company: Company) -> Someone:
    """Return who a row makes new."""
    values = visitor_values(company, member.name)
    values |= {"title": member.title, "phone": member.phone, "email": member.email}
    values |= {"needs": member.needs, "notes": member.notes}
    values["organisation"] = member.organisation or member.section or company.organisation
    values["language"] = member.language or company.language
    return Someone(values["id"], person, values["occurrence"], values, is_new=True)


def visitor_values(company: Company, name: str) -> dict[str, Any]:
    """Return the columns of a new member of whom only the name is known."""
    key = search_key(name)
    return {
        "id": new_id(),
        "name": name,
        "search_key": key,
        "occurrence": company.next_occurrence(key),
        "title": "",
        "organisation": company.organisation,
        "phone": None,
        "email": None,
        "language": company.language,
        "needs": "",
        "notes": "",
        "version": 1,
        "created_at": company.at,
        "updated_at": company.at,
    }


def person_changes(someone: Someone, member: MemberRow) -> dict[str, Any]:
    """Return what a row says otherwise than is known. What it does not say stays."""
    said = {name: getattr(member, name) for name in _SAID}
    said["organisation"] = member.organisation or member.section
    current = someone.values | someone.changes
    changes = {name: value for name, value in said.items() if value and value != current.get(name)}
    if "name" in changes:
        if search_key(member.name) == current["search_key"] and member.name.isascii():
            # Typed without its diacritics: the same name, known better already.
            del changes["name"]
        elif search_key(member.name) != current["search_key"]:
            changes["search_key"] = search_key(member.name)
    return changes
