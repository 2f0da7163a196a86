"""A space with a few hundred people, small zones and sixteen kiosks, made by the `sanh` command and the API alone."""

import asyncio
import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx2
import orjson
import xlsxwriter

from server.simulator.api import Api, Paired
from server.simulator.people import Direction, Post
from server.simulator.testbed import Testbed
from server.simulator.walkers import invent
from tests.crash.books import Limits

CAPACITIES = {"lobby": 150, "robots": 60, "health": 30, "ekyc": 12}
SPACE = 200
# Small enough that zones and the space are full now and then, large enough that most scans still have an effect.
_SPACE = f"""
[space]
name = "Crash"
capacity = {SPACE}
double_scan_seconds = 2
[opening]
always = true
[passes]
window = "none"
""" + "".join(f'[[zones]]\nid = "{id_}"\nname = "{id_}"\ncapacity = {n}\n' for id_, n in CAPACITIES.items())

_WITH_MEMBERS, _MEMBERS, _PLANNED = 14, 10, 12
_BARE, _BARE_PLANNED = 10, 8
_WALKERS, _ONLY_OFFLINE, _REVOKED = 60, 12, 4
_OUTER: tuple[Direction, ...] = ("auto", "auto", "auto", "in", "in", "out", "out")
_DOORS: tuple[tuple[str, Direction], ...] = (
    ("robots", "auto"), ("health", "auto"), ("ekyc", "auto"), ("ekyc", "out"), ("robots", "out")
)  # fmt: skip
POSTS = (
    *(Post(f"gate-{n}", "lobby", "gate", way, inner=False) for n, way in enumerate(_OUTER)),
    *(Post(f"door-{n}", zone, "gate", way, inner=True) for n, (zone, way) in enumerate(_DOORS)),
    Post("side-gate", "robots", "gate", "auto", inner=False),
    Post("exhibit", "health", "exhibit", "auto", inner=True),
    Post("desk", "lobby", "desk", "auto", inner=False),
    Post("survey", "lobby", "survey", "auto", inner=False),
)


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass as a scanner reads it. `covers` is how many people it may stand for."""

    id: str
    text: str
    covers: int = 1


@dataclass(frozen=True, slots=True)
class Cast:
    """Who comes: delegations, persons (members, walk-ins, one of the staff), and who is scanned offline only."""

    groups: tuple[Pass, ...]
    persons: tuple[Pass, ...]
    only_offline: tuple[Pass, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """What was prepared: the people, the kiosks with their tokens, and what bounds the counts."""

    cast: Cast
    kiosks: tuple[tuple[Post, Paired], ...]
    limits: Limits
    token: str


def new_bed(database_url: str = "", *, workers: int = 1, bus_url: str = "") -> Testbed:
    """Return a server of its own that is not yet entered."""
    serving = ("--workers", str(workers)) if workers > 1 else ()
    settings = {"SANH_BUS_URL": bus_url} if bus_url else {}
    return Testbed(database_url, _SPACE, serving, settings)


async def prepare(bed: Testbed) -> Stage:
    """Fill the database, start the server, pair the kiosks."""
    workbook = bed.folder / "registry.xlsx"
    covers = await asyncio.to_thread(_write_registry, workbook)
    await bed.sanh("import", str(workbook), "--json")
    listed = orjson.loads(await bed.sanh("passes", "--all", "--json"))
    token = orjson.loads(await bed.sanh("token", "add", "crash", "--role", "administrator", "--json"))["token"]
    await bed.sanh("staff", "add", "minh", "--role", "guide", "--json")
    await bed.start()
    async with Api.open(bed.url, token, ZoneInfo("UTC")) as api:
        walkers = await api.walkers(
            invent(datetime.now(UTC).date(), _WALKERS + _ONLY_OFFLINE, 1), datetime.now(UTC).date()
        )
        kiosks = await asyncio.gather(*(api.pair(post, post.key) for post in POSTS))
    groups = [Pass(row["id"], row["text"], covers[row["delegation"]]) for row in listed if row["kind"] == "delegation"]
    members = [Pass(row["id"], row["text"]) for row in listed if row["kind"] == "visitor"]
    walk_ins = [Pass(_pass_id(guest.pass_text), guest.pass_text) for guest in walkers]
    only_offline, others = walk_ins[:_ONLY_OFFLINE], walk_ins[_ONLY_OFFLINE:]
    staff = await _ask_for_the_rest(bed.url, token, others[:_REVOKED])
    return Stage(
        Cast(tuple(groups), (*members, *others, staff), tuple(only_offline)),
        tuple(zip(POSTS, kiosks, strict=True)),
        Limits(CAPACITIES, "lobby", SPACE, covers, frozenset(pass_.id for pass_ in groups)),
        token,
    )


async def _ask_for_the_rest(url: str, token: str, revoked: list[Pass]) -> Pass:
    """Revoke some passes, and return one of the staff's."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as client:
        for pass_ in revoked:
            (await client.post(f"/api/v1/passes/{pass_.id}/revoke", json={})).raise_for_status()
        issued = (await client.post("/api/v1/passes", json={"account": "minh"})).raise_for_status().json()
    return Pass(issued["id"], issued["text"])


def _write_registry(path: Path) -> dict[str, int]:
    """Write delegations and members; return how many people each delegation's pass covers."""
    sizes = [_PLANNED] * _WITH_MEMBERS + [_BARE_PLANNED] * _BARE
    covers = {f"D{number:03}": size for number, size in enumerate(sizes, 1)}
    heads = (("STT", "Mã đoàn", "Tên đoàn / Đơn vị", "Số người"), ("STT", "Mã đoàn", "Họ và tên"))
    delegations = [(number, code, f"Đơn vị {number}", size) for number, (code, size) in enumerate(covers.items(), 1)]
    members = [
        (number + 1, f"D{number // _MEMBERS + 1:03}", f"Nguyễn Văn {chr(65 + number // 26)}{chr(97 + number % 26)}")
        for number in range(_WITH_MEMBERS * _MEMBERS)
    ]
    sheets: tuple[list[tuple[object, ...]], ...] = ([heads[0], *delegations], [heads[1], *members])
    with xlsxwriter.Workbook(path) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return covers


def _pass_id(text: str) -> str:
    """Read the pass id out of a token: bytes 5 to 12 of what its 135 letters say in base 32."""
    return base64.b32decode(text[-135:].upper() + "=")[5:13].hex()
