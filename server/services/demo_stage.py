"""Sets the stage of a demonstration: its accounts, passes to try, and the moment at which its clock begins.

A demonstration fills a database of its own: an empty one, or one that it filled before, which a file beside the
keys says. Its passwords are public, so it never touches a real space's database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import make_url

from server.domain.errors import DomainError
from server.domain.roles import Role
from server.services.accounts import Accounts
from server.services.demo import DemoAccount, Demonstration, DemoPass
from server.services.desk import Desk
from server.services.imports import import_files
from server.services.passes import Passes
from server.settings import Settings
from server.storage.database import Database
from server.storage.demo import Coming, delegations_of, has_login, is_empty, people_by_day
from server.storage.movements import last_received

PASSWORD = "xem-thu"
ACCOUNTS = (
    DemoAccount("admin@sanh.example", Role.ADMINISTRATOR),
    DemoAccount("btc@sanh.example", Role.ORGANIZER),
    DemoAccount("lan.huynh@sanh.example", Role.RECEPTION),
    DemoAccount("khoi.tran@sanh.example", Role.GUIDE),
    DemoAccount("gian-b@sanh.example", Role.EXHIBITOR),
)
ACTOR = "sanh demo"
FOLDER = Path(__file__).parent.parent / "demo"
SPACE_FILE = FOLDER / "space.toml"
REGISTRY = FOLDER / "so-dang-ky-doan-2020.xlsx"

# Of all mornings of the reference period, Tuesday 13 October has the most visitors: 55 in eight delegations. At
# 09:40 three of them are inside, the next ones come at 10:00 and 10:30.
FIRST_DAY = date(2020, 10, 13)
_OPENING_SCENE = time(9, 40)
_LAST_SCENE = time(15, 45)  # later than that a day has too little left to show
_WORTH_SHOWING = 20
_SOON = timedelta(minutes=30)


def stage_file(settings: Settings) -> Path:
    """Return the file that says which database is a demonstration's, and what there is to try."""
    return settings.secret_file.with_name("demo.json")


def read_demonstration(settings: Settings) -> Demonstration | None:
    """Return what the start page shows of a demonstration; None for a real space."""
    stage = _read(settings)
    if stage is None:
        return None
    passes = tuple(DemoPass(**entry) for entry in stage.get("passes", ()))
    return Demonstration(PASSWORD, ACCOUNTS, passes)


async def demand_own_database(database: Database, settings: Settings) -> None:
    """Raise `not_a_demo_database` unless the database is empty or was filled by a demonstration."""
    if await database.read(is_empty):
        _write(settings, ())
    elif _read(settings) is None or not await database.read(has_login, ACCOUNTS[0].login):
        raise DomainError("not_a_demo_database", database=settings.database_url)


def start_over(settings: Settings) -> None:
    """Remove a demonstration's SQLite database, whose days have all been shown. Only for one that is our own."""
    url = make_url(settings.database_url)
    if url.database and url.get_backend_name() == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(url.database + ending).unlink(missing_ok=True)


async def add_accounts(accounts: Accounts) -> None:
    """Add the accounts to try that are not there yet."""
    known = {account.login for account in await accounts.listed()}
    for account in ACCOUNTS:
        if account.login not in known:
            await accounts.add(account.login, account.role, PASSWORD, actor=ACTOR, least=len(PASSWORD))


async def register_delegations(desk: Desk) -> None:
    """Import the registry of the reference period, unless there is one: what was edited since stays as it is."""
    if not await desk.database.read(people_by_day):
        await import_files(desk, [REGISTRY])


async def opening_moment(database: Database, settings: Settings) -> datetime | None:
    """Return when the demonstration's clock begins; None when the registry has no day left to show."""
    last = await database.read(last_received)
    days = await database.read(people_by_day)
    zone = ZoneInfo(settings.timezone)
    moment = next_scene(days, last.astimezone(zone).replace(tzinfo=None) if last else None)
    return moment.replace(tzinfo=zone) if moment else None


def next_scene(days: Mapping[date, int], last: datetime | None) -> datetime | None:
    """Return the local moment to begin at, given the people booked per day and the last movement there was.

    The first time a busy morning; later where the last time ended, or on the next busy day if little was left.
    """
    if last is None:
        first = FIRST_DAY if FIRST_DAY in days else _after(days, date.min)
        return None if first is None else datetime.combine(first, _OPENING_SCENE)
    if last.date() in days and last.time() < _LAST_SCENE:
        return max(last, datetime.combine(last.date(), _OPENING_SCENE))
    following = _after(days, last.date())
    return None if following is None else datetime.combine(following, _OPENING_SCENE)


async def lay_out_passes(database: Database, passes: Passes, settings: Settings, moment: datetime) -> str | None:
    """Keep one of the day's delegations back for those who watch: note its passes, and return its code.

    A member's pass, the whole delegation's, and a pass of another member that has been replaced.
    """
    chosen = keep_back(await database.read(delegations_of, moment.date()), moment)
    if chosen is None:
        _write(settings, ())
        return None
    group, *members = await passes.of_delegation(chosen, actor=ACTOR)
    shown = [DemoPass("visitor", members[0].text, chosen), DemoPass("delegation", group.text, chosen)]
    stage = _read(settings) or {}
    revoked = [entry for entry in stage.get("passes", ()) if entry["kind"] == "revoked" and entry["code"] == chosen]
    if revoked:
        shown.append(DemoPass(**revoked[0]))
    elif len(members) > 1:
        await passes.replace(members[1].id, actor=ACTOR)
        shown.append(DemoPass("revoked", members[1].text, chosen))
    _write(settings, shown)
    return chosen


def keep_back(coming: Sequence[Coming], moment: datetime) -> str | None:
    """Return the code of the largest delegation that comes soon, or of any if none does."""
    soon = [one for one in coming if one.slot_at is not None and one.slot_at >= moment + _SOON]
    ordered = sorted(soon or coming, key=lambda one: -one.named)
    return ordered[0].code if ordered else None


def _after(days: Mapping[date, int], day: date) -> date | None:
    later = [one for one in sorted(days) if one > day]
    return next((one for one in later if days[one] >= _WORTH_SHOWING), later[0] if later else None)


def _read(settings: Settings) -> dict[str, Any] | None:
    try:
        stage: dict[str, Any] = orjson.loads(stage_file(settings).read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return stage if stage.get("database") == settings.database_url else None


def _write(settings: Settings, passes: Sequence[DemoPass]) -> None:
    path = stage_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps({"database": settings.database_url, "passes": [asdict(entry) for entry in passes]}))
