"""Lists leave by one door: xlsx and csv with the list's own filters, formulas disarmed, told to the audit log."""

import asyncio
import csv
import io
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.requests import Request
from starlette.routing import Route

from server.web.exports import one_page, table_response, wants_table
from server.web.pages.menu import page_exists
from tests.web.records_house import Programs, open_programs

ROWS: list[list[Any]] = [
    ["=cmd|' /C calc'!A0", 12, date(2020, 10, 12), datetime(2020, 10, 12, 1, 0, tzinfo=UTC), None, True]
]


@pytest.fixture
def programs(tmp_path: Path, database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path, database_url) as opened:
        yield opened


async def things(request: Request) -> Any:
    if not wants_table(request):
        raise AssertionError("no file was asked for")
    if "many" in request.query_params:
        return await table_response(request, "things", ["Tên", "Số"], many())
    return await table_response(request, "things", ["Tên", "Số", "Ngày", "Lúc", "Trống", "Có"], one_page(ROWS))


async def many() -> AsyncIterator[list[list[Any]]]:
    for start in range(0, 100_000, 2_000):
        yield [[f"Nguyễn Thị Lan {number}", number] for number in range(start, start + 2_000)]


@pytest.fixture
def door(programs: Programs) -> Programs:
    programs.client.app.router.routes.insert(0, Route("/api/v1/things", things))  # type: ignore[attr-defined]
    return programs


def sheet_of(answer: Any) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]


def test_a_workbook_holds_days_and_moments_as_such_and_formulas_as_text(door: Programs) -> None:
    answer = door.call("GET", "/things?format=xlsx")

    titles, row = sheet_of(answer)
    assert titles[:2] == ["Tên", "Số"]
    assert row == [ROWS[0][0], 12, datetime(2020, 10, 12), datetime(2020, 10, 12, 8, 0), None, True]
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]["A2"].data_type == "s"


def test_csv_bears_the_mark_by_which_a_spreadsheet_knows_vietnamese_and_runs_nothing(door: Programs) -> None:
    answer = door.call("GET", "/things?format=csv")

    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1] == ["'=cmd|' /C calc'!A0", "12", "2020-10-12", "2020-10-12 08:00:00", "", "true"]


def test_a_file_is_named_by_the_list_and_the_day_and_kept_by_no_cache(door: Programs) -> None:
    answer = door.call("GET", "/things?format=csv")

    today = door.house.space.local(door.house.clock.now()).date()
    assert answer.headers["content-disposition"] == f'attachment; filename="sanh-things-{today}.csv"'
    assert answer.headers["cache-control"] == "no-store"


def test_the_log_tells_who_took_how_many_rows_and_by_which_fields_but_not_what_they_looked_for(door: Programs) -> None:
    door.call("GET", "/things?format=csv&q=Nguyễn Thị Lan&Trần Minh=1&inside=")

    (line,) = door.sql("SELECT actor, after FROM audit_line WHERE action = 'export_things'")
    assert line[0].startswith("token:")
    assert "Lan" not in str(line[1])
    assert "Minh" not in str(line[1])
    assert "q" in str(line[1])
    assert "inside" not in str(line[1])


def test_another_format_is_refused(door: Programs) -> None:
    answer = door.call("GET", "/things?format=exe")

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_format")


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_100_000_rows_leave_while_the_house_goes_on(door: Programs, format_: str) -> None:
    late: list[float] = []

    async def beat() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append(time.perf_counter() - before - 0.005)

    async def start() -> Any:
        return asyncio.get_running_loop().create_task(beat())

    beating = door.client.portal.call(start)  # type: ignore[union-attr]
    answer = door.call("GET", f"/things?format={format_}&many=1")
    door.client.portal.call(beating.cancel)  # type: ignore[union-attr]

    rows = len(sheet_of(answer)) if format_ == "xlsx" else answer.content.count(b"\n")
    assert rows == 100_001
    late.sort()
    assert late[int(len(late) * 0.99)] < 0.2


def test_nothing_is_left_on_the_disk(door: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    door.call("GET", "/things?format=xlsx")

    assert not list(tmp_path.glob("sanh-*"))


EVERY_LIST = (
    "delegations visitors movements visits passes prints devices organisations accounts cases audit"
).split()  # fmt: skip


@pytest.mark.parametrize("name", EVERY_LIST)
def test_every_list_leaves_whole_in_both_formats_and_bears_no_secret(programs: Programs, name: str) -> None:
    programs.call("POST", "/delegations", json={"name": "=1+1", "organisation": "@SUM", "planned": 3})
    programs.call("POST", "/visitors", json={"name": "=1+1", "delegation": "D001"})
    programs.call("GET", "/badges.pdf?delegation=D001&layout=label")
    programs.client.portal.call(programs.house.accounts.add, "hoa", "organizer", "mật khẩu của Hoa")  # type: ignore[union-attr]

    book = sheet_of(programs.call("GET", f"/exports/{name}.xlsx"))
    answer = programs.call("GET", f"/exports/{name}.csv")

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (len(rows), rows[0]) == (len(book) + (name == "audit"), book[0])
    assert not {"password_hash", "token_hash", "text", "id_hash"} & set(rows[0])
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "@"))]


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("exhibitor", "visitors", 403),
        ("exhibitor", "delegations", 403),
        ("exhibitor", "organisations", 200),
        ("guide", "audit", 403),
        ("guide", "movements", 403),
        ("reception", "accounts", 403),
        ("organizer", "accounts", 403),
        ("organizer", "audit", 200),
        ("administrator", "accounts", 200),
    ],
)
def test_a_list_takes_the_right_to_read_it(programs: Programs, role: str, name: str, status: int) -> None:
    assert programs.call("GET", f"/exports/{name}.csv", role=role).status_code == status


def test_a_list_that_there_is_not_and_a_stranger_are_refused(programs: Programs) -> None:
    assert programs.call("GET", "/exports/secrets.csv").status_code == 404
    assert programs.call("GET", "/exports/visitors.exe").status_code == 422
    assert programs.client.get("/api/v1/exports/visitors.csv").status_code == 401


LIST_PAGES = (
    "delegations organisations visitors badges cases appointments devices accounts audit roll-call messages"
).split()


def test_every_list_of_the_desk_leaves_from_its_own_page(programs: Programs) -> None:
    programs.client.portal.call(programs.house.accounts.add, "hoa", "administrator", "mật khẩu của Hoa")  # type: ignore[union-attr]
    programs.client.post(
        "/staff/sign-in",
        data={"login": "hoa", "password": "mật khẩu của Hoa"},
        headers={"Origin": str(programs.client.base_url)},
        follow_redirects=False,
    )
    app: Any = programs.client.app
    there = [f"/staff/{name}" for name in LIST_PAGES if page_exists(app, f"/staff/{name}")]
    lacking = {
        path: answer.headers["content-type"]
        for path in there
        if "spreadsheetml" not in (answer := programs.client.get(f"{path}?format=xlsx")).headers["content-type"]
    }
    assert "/staff/visitors" in there
    assert lacking == {}
