"""Who is the same: the delegations and the people of a file against those that are known."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time

from server.domain.registry.groups import Group
from server.domain.registry.model import DelegationRow
from server.domain.text import person_key, search_key

_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]{0,18}[A-Z0-9])?")
SOURCE = "import"


@dataclass(frozen=True, slots=True)
class Registered:
    """A delegation of the database. `begins` is on the space's clock; `source` ends with its code in the file."""

    id: int
    code: str
    organisation_key: str
    day: date | None = None
    begins: time | None = None
    leader_key: str = ""
    source: str = ""
    planned: int = 0


@dataclass(slots=True)
class Target:
    """What a group becomes: a known delegation, or a new one under `code` (None: the next free code).

    `warning` is `code_taken` where the file's code stands for another delegation already, `code_unusable` where it
    can be no code. `repeats` are the rows that state the same delegation again.
    """

    group: Group
    known: Registered | None
    code: str | None
    source: str = SOURCE
    warning: str | None = None
    repeats: list[Group] = field(default_factory=list)


def organisation_key(row: DelegationRow) -> str:
    """Return the folded organisation by which a delegation is recognised."""
    return search_key(row.organisation)[:300]


def match_delegations(groups: Sequence[Group], registered: Iterable[Registered]) -> list[Target]:
    """Return what each group becomes, in order; groups that state one delegation twice become one target.

    The same code, organisation and day is the same delegation. A code that stands for another one is local to the
    file: its delegation gets a new code, and is found again by the file's code, which it keeps as its source.
    """
    matcher = _Matcher(registered)
    return [target for group in groups if (target := matcher.take(group)) is not None]


class _Matcher:
    def __init__(self, registered: Iterable[Registered]) -> None:
        self.by_code = {known.code: known for known in registered}
        self.by_day: dict[tuple[str, date | None], list[Registered]] = defaultdict(list)
        for known in self.by_code.values():
            self.by_day[known.organisation_key, known.day].append(known)
        self.claimed: dict[int, Target] = {}
        self.fresh: dict[str, Target] = {}
        self.uncoded: dict[tuple[object, ...], Target] = {}

    def take(self, group: Group) -> Target | None:
        if group.row is None:
            return self._take_known(group, self.by_code[group.code or ""])
        code = group.row.code
        if code is None:
            return self._take_uncoded(group, group.row)
        known, fresh = self.by_code.get(code), self.fresh.get(code)
        if known is not None and _is_same(group.row, known.organisation_key, known.day):
            return self._take_known(group, known, is_row=True)
        if fresh is not None and fresh.group.row is not None:
            other = fresh.group.row
            if _is_same(group.row, organisation_key(other), other.day):
                return self._repeat(fresh, group)
        if known is None and fresh is None and _CODE.fullmatch(code):
            target = self.fresh[code] = Target(group, None, code)
            return target
        return self._take_local(group, group.row, code)

    def _take_known(self, group: Group, known: Registered, *, is_row: bool = False) -> Target | None:
        if (claimed := self.claimed.get(known.id)) is not None:
            return self._repeat(claimed, group) if is_row else self._join(claimed, group)
        target = self.claimed[known.id] = Target(group, known, known.code)
        return target

    def _take_local(self, group: Group, row: DelegationRow, code: str) -> Target | None:
        source = f"{SOURCE}:{code}"
        warning = "code_taken" if _CODE.fullmatch(code) else "code_unusable"
        for known in self.by_day[organisation_key(row), row.day]:
            if known.source == source:
                if known.id in self.claimed:
                    return self._repeat(self.claimed[known.id], group)
                target = self.claimed[known.id] = Target(group, known, known.code, source, warning)
                return target
        key = (source, organisation_key(row), row.day)
        if key in self.uncoded:
            return self._repeat(self.uncoded[key], group)
        target = self.uncoded[key] = Target(group, None, None, source, warning)
        return target

    def _take_uncoded(self, group: Group, row: DelegationRow) -> Target | None:
        key = (organisation_key(row), row.day, row.begins, person_key(row.leader) if row.leader else "", row.size)
        if key in self.uncoded:
            return self._repeat(self.uncoded[key], group)
        free = [known for known in self.by_day[organisation_key(row), row.day] if known.id not in self.claimed]
        free.sort(key=lambda known: _strangeness(row, known))
        target = self._take_known(group, free[0]) if free else Target(group, None, None)
        if target is not None:
            self.uncoded[key] = target
        return target

    @staticmethod
    def _repeat(target: Target, group: Group) -> None:
        target.repeats.append(group)
        _Matcher._join(target, group)

    @staticmethod
    def _join(target: Target, group: Group) -> None:
        target.group.members.extend(group.members)
        target.group.has_list = target.group.has_list or group.has_list


def _strangeness(row: DelegationRow, known: Registered) -> tuple[bool, bool, bool, bool, bool, int]:
    """Return what a row is put to a known delegation by, the least first: what it says, then what it leaves unsaid.

    All that tells two rows of one file apart counts: else their delegations would change places at every import.
    """
    leader = person_key(row.leader) if row.leader else ""
    is_other_time, is_other_leader = known.begins != row.begins, known.leader_key != leader
    is_other_size = row.size is not None and known.planned != row.size
    said = (is_other_time and row.begins is not None, is_other_leader and bool(leader), is_other_size)
    return (*said, is_other_time, is_other_leader, known.id)


def _is_same(row: DelegationRow, key: str, day: date | None) -> bool:
    return organisation_key(row) == key and (row.day == day or row.day is None or day is None)


@dataclass(frozen=True, slots=True)
class Person:
    """What people are recognised by; `key` is their `person_key`."""

    key: str
    phone: str | None = None
    email: str | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """Return the phone and the address that tell this person from others."""
        return tuple(mark for mark in (self.phone, self.email and self.email.lower()) if mark)


@dataclass(frozen=True, slots=True)
class Match:
    """A row's person: the index of a known one, None for a new one. `repeats` is an earlier row of the same person."""

    known: int | None = None
    repeats: int | None = None


def match_people(rows: Sequence[Person], known: Sequence[Person], said: Sequence[str] = ()) -> list[Match]:
    """Return who each row of one file is among the known people of its delegation.

    A person may have `said` of a row that it is somebody `new`, or the `same` as the row before of that name.

    A phone or address in common decides first (together with the name before alone), else the name and its n-th
    occurrence in the file. Within the file itself people of different names may share a phone: a secretary's.
    """
    repeats = _repeats(rows)
    apart = {index for index, word in enumerate(said) if word == "new"}
    repeats = {index: first for index, first in repeats.items() if index not in apart}
    repeats |= _said_to_repeat(rows, said)
    free = _Free(known)
    found: dict[int, int] = {}
    settled = apart | repeats.keys()
    for with_name in (True, False):
        for index, row in enumerate(rows):
            if index not in found and index not in settled and (taken := free.take_by_mark(row, with_name)) is not None:
                found[index] = taken
    occurrence: dict[str, int] = defaultdict(int)
    for index, row in enumerate(rows):
        if index in settled:
            continue
        occurrence[row.key] += 1
        if index not in found and (taken := free.take_by_name(row.key, occurrence[row.key])) is not None:
            found[index] = taken
    return [Match(found.get(index), repeats.get(index)) for index in range(len(rows))]


def _said_to_repeat(rows: Sequence[Person], said: Sequence[str]) -> dict[int, int]:
    """Map each row that a person called the same to the row before of that name."""
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for index, word in enumerate(said):
        if word == "same" and rows[index].key in first:
            found[index] = first[rows[index].key]
        first.setdefault(rows[index].key, index)
    return found


def _repeats(rows: Sequence[Person]) -> dict[int, int]:
    """Map each row that states a person of an earlier row again (name and phone or address) to that row."""
    seen: dict[tuple[str, str], int] = {}
    repeats: dict[int, int] = {}
    for index, row in enumerate(rows):
        earlier = next((seen[row.key, mark] for mark in row.marks if (row.key, mark) in seen), None)
        if earlier is not None:
            repeats[index] = earlier
        for mark in row.marks:
            seen.setdefault((row.key, mark), index if earlier is None else earlier)
    return repeats


class _Free:
    """The known people whom no row has taken yet."""

    def __init__(self, known: Sequence[Person]) -> None:
        self.known = known
        self.taken: set[int] = set()
        self.by_mark: dict[str, list[int]] = defaultdict(list)
        self.by_name: dict[str, list[int]] = defaultdict(list)
        for index, person in enumerate(known):
            self.by_name[person.key].append(index)
            for mark in person.marks:
                self.by_mark[mark].append(index)

    def take_by_mark(self, row: Person, with_name: bool) -> int | None:
        for mark in row.marks:
            for index in self.by_mark.get(mark, ()):
                if index not in self.taken and (not with_name or self.known[index].key == row.key):
                    self.taken.add(index)
                    return index
        return None

    def take_by_name(self, key: str, occurrence: int) -> int | None:
        same = self.by_name.get(key, [])
        nth = same[occurrence - 1 : occurrence]
        for index in (*nth, *same):
            if index not in self.taken:
                self.taken.add(index)
                return index
        return None
