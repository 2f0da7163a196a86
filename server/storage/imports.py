"""Imports of the wizard: the jobs, their files in pieces, and who works on which."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, LargeBinary, and_, delete, func, insert, or_, select, update
from sqlmodel import Field, SQLModel

from server.domain.import_jobs import ImportRecord, ImportState
from server.storage.core import table
from server.storage.ids import new_id


class ImportJob(SQLModel, table=True):
    """An import. `worker` has it in hand since `beat_at` at least; `revision` counts corrections, `checked` follows."""

    __tablename__ = "import_job"
    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    name: str = Field(max_length=300)
    size: int = 0
    actor: str = Field(max_length=100)
    person: str = Field(default="", max_length=200)
    state: str = Field(index=True, max_length=12)
    delegation: str | None = Field(default=None, max_length=20)
    converts: bool = True
    revision: int = 0
    checked: int = 0
    done: int = 0
    total: int = 0
    problem: str = Field(default="", max_length=60)
    is_stopping: bool = False
    tries: int = 0
    worker: str | None = Field(default=None, max_length=32)
    beat_at: datetime | None = None
    created_at: datetime
    changed_at: datetime
    started_at: datetime | None = None
    applied_at: datetime | None = None
    undone_at: datetime | None = None
    expires_at: datetime = Field(index=True)
    summary: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    result: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class ImportPart(SQLModel, table=True):
    """A piece of an import's file. It lies in the database, the one place that every process shares."""

    __tablename__ = "import_part"
    job_id: str = Field(primary_key=True, foreign_key="import_job.id", max_length=32)
    place: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


JOBS: Any = table(ImportJob)
_PARTS: Any = table(ImportPart)
_FIRST: dict[str, Any] = {
    "size": 0, "converts": True, "revision": 0, "checked": 0, "done": 0, "total": 0, "problem": "",
    "is_stopping": False, "tries": 0, "summary": {}, "result": {},
}  # fmt: skip
_SHOWN = tuple(ImportRecord.__dataclass_fields__)
_MOVING = (ImportState.READING, ImportState.APPLYING, ImportState.UNDOING)


def add_job(connection: Connection, values: Mapping[str, Any]) -> str:
    """Begin an import; its file follows in parts. Return its id."""
    row = {"id": new_id(), **_FIRST, **values}
    connection.execute(insert(JOBS), row)
    return str(row["id"])


def add_part(connection: Connection, job_id: str, place: int, content: bytes) -> None:
    """Keep a piece of the file."""
    connection.execute(insert(_PARTS), {"job_id": job_id, "place": place, "content": content})


def read_part(connection: Connection, job_id: str, place: int) -> bytes | None:
    """Return a piece of the file, None behind the last."""
    found: bytes | None = connection.scalar(
        select(_PARTS.c.content).where(_PARTS.c.job_id == job_id, _PARTS.c.place == place)
    )
    return found


def find_job(connection: Connection, id_: str) -> ImportRecord | None:
    """Return the import with this id."""
    row = connection.execute(select(*(JOBS.c[name] for name in _SHOWN)).where(JOBS.c.id == id_)).mappings().first()
    return _record(row) if row else None


def hold_job(connection: Connection, id_: str) -> ImportRecord | None:
    """Return an import that nobody else changes until the commit."""
    connection.execute(select(JOBS.c.id).where(JOBS.c.id == id_).with_for_update())
    return find_job(connection, id_)


def list_jobs(connection: Connection, *, before: str = "", limit: int = 50) -> list[ImportRecord]:
    """Return the imports, the newest first, from before the id `before`."""
    query = select(*(JOBS.c[name] for name in _SHOWN))
    if before:
        query = query.where(JOBS.c.id < before)
    rows = connection.execute(query.order_by(JOBS.c.id.desc()).limit(limit)).mappings()
    return [_record(row) for row in rows]


def change_job(connection: Connection, id_: str, values: Mapping[str, Any], *, states: Sequence[str] = ()) -> bool:
    """Change an import, only while it is in one of these states; tell whether it was."""
    change = update(JOBS).where(JOBS.c.id == id_)
    if states:
        change = change.where(JOBS.c.state.in_(states))
    return bool(connection.execute(change.values(**values)).rowcount)


def find_work(connection: Connection, stale: datetime) -> str | None:
    """Return the import that waits longest for a worker, or whose worker gave no sign since a moment."""
    query = select(JOBS.c.id).where(_has_work(), or_(JOBS.c.worker.is_(None), JOBS.c.beat_at < stale))
    found: str | None = connection.scalar(query.order_by(JOBS.c.changed_at).limit(1))
    return found


def claim_job(connection: Connection, id_: str, worker: str, now: datetime, stale: datetime) -> bool:
    """Take an import in hand; of several workers one gets it."""
    free = or_(JOBS.c.worker.is_(None), JOBS.c.beat_at < stale)
    claim = update(JOBS).where(JOBS.c.id == id_, free, _has_work())
    return bool(connection.execute(claim.values(worker=worker, beat_at=now, tries=JOBS.c.tries + 1)).rowcount)


def beat(connection: Connection, id_: str, worker: str, now: datetime, values: Mapping[str, Any]) -> bool | None:
    """Note that the worker lives, and how far it is.

    Return whether it shall stop; None when it has the import no longer.
    """
    own = (JOBS.c.id == id_, JOBS.c.worker == worker)
    if not connection.execute(update(JOBS).where(*own).values(beat_at=now, **values)).rowcount:
        return None
    return bool(connection.scalar(select(JOBS.c.is_stopping).where(JOBS.c.id == id_)))


def let_go(connection: Connection, id_: str, worker: str, values: Mapping[str, Any]) -> bool:
    """End a worker's hold of an import with its result; tell whether it still had it."""
    own = (JOBS.c.id == id_, JOBS.c.worker == worker)
    change = update(JOBS).where(*own).values(worker=None, beat_at=None, **values)
    return bool(connection.execute(change).rowcount)


def tries_of(connection: Connection, id_: str) -> int:
    """Return how often an import was taken in hand for the work at hand."""
    return int(connection.scalar(select(JOBS.c.tries).where(JOBS.c.id == id_)) or 0)


def free_claims(connection: Connection, worker: str) -> None:
    """Let go of what a worker that has ended had in hand."""
    connection.execute(update(JOBS).where(JOBS.c.worker == worker).values(worker=None, beat_at=None))


def find_expired(connection: Connection, now: datetime) -> str | None:
    """Return an import whose time is over, whose file and rows are still kept."""
    rests = and_(JOBS.c.state != ImportState.EXPIRED, JOBS.c.state.not_in(_MOVING))
    found: str | None = connection.scalar(select(JOBS.c.id).where(rests, JOBS.c.expires_at < now).limit(1))
    return found


def drop_part(connection: Connection, job_id: str) -> bool:
    """Forget the last piece of a file; tell whether there was one."""
    last = select(func.max(_PARTS.c.place)).where(_PARTS.c.job_id == job_id).scalar_subquery()
    return bool(connection.execute(delete(_PARTS).where(_PARTS.c.job_id == job_id, _PARTS.c.place == last)).rowcount)


def drop_job(connection: Connection, id_: str) -> None:
    """Forget an import whose parts, rows and changes are gone already."""
    connection.execute(delete(JOBS).where(JOBS.c.id == id_))


def _has_work() -> Any:
    unchecked = and_(JOBS.c.state == ImportState.READY, JOBS.c.checked < JOBS.c.revision)
    return or_(JOBS.c.state.in_(_MOVING), unchecked)


def _record(row: Any) -> ImportRecord:
    return ImportRecord(**{**row, "state": ImportState(row["state"])})
