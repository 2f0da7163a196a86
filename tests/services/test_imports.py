"""Registries go in once, however often they are sent; good rows are kept, every other row is told."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from server.domain.errors import DomainError
from server.domain.registry import Placed
from server.services.desk import Desk
from server.services.import_report import ImportReport
from server.services.imports import import_files
from tests.services.spreadsheets import xlsx

REFERENCE = Path(__file__).parents[2] / "server/demo/so-dang-ky-doan-2020.xlsx"
DELEGATIONS = [
    "STT",
    "Mã đoàn",
    "Đơn vị",
    "Loại đoàn",
    "Trưởng đoàn",
    "Chức vụ",
    "Số điện thoại",
    "Số người",
    "Ngày tham quan",
    "Giờ",
]
MEMBERS = ["STT", "Mã đoàn", "Họ và tên", "Chức vụ", "Số điện thoại", "Email"]
HEALTH = [1, "D001", "Sở Y tế", "Cơ quan", "Lê Thị Hoa", "Giám đốc", "0903700090", 3, "12/10/2020", "8h30"]
TRADE = [2, "D002", "Sở Công Thương", "Cơ quan", "", "", "", 5, "13/10/2020", "9h"]
HOA = [1, "D001", "Lê Thị Hoa", "Giám đốc", "0983822612", "hoa@example.vn"]
LAN = [2, "D001", "Nguyễn Thị Lan", "Kỹ sư", "", ""]
MINH = [3, "D002", "Trần Văn Minh", "Kỹ sư", "", ""]
Rows = Sequence[Sequence[Any]]


@pytest.fixture
def send(desk: Desk, tmp_path: Path) -> Callable[..., Any]:
    """Import a file of these delegations and members."""

    async def run(delegations: Rows = (), members: Rows = (), *, name: str = "so.xlsx", **how: Any) -> ImportReport:
        sheets = []
        if delegations:
            sheets.append(("Đoàn", [DELEGATIONS, *delegations]))
        if members:
            sheets.append(("Khách", [MEMBERS, *members]))
        return await import_files(desk, [write(tmp_path / name, *sheets)], **how)

    return run


def write(path: Path, *sheets: tuple[str, Rows]) -> Path:
    path.write_bytes(xlsx(*sheets))
    return path


def counted(report: ImportReport) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(report.delegations.as_json().values()), tuple(report.visitors.as_json().values())


def codes(findings: list[Placed], *, but: tuple[str, ...] = ("past_date",)) -> list[tuple[int | None, str]]:
    return [(placed.finding.row, placed.finding.code) for placed in findings if placed.finding.code not in but]


async def test_the_reference_registry_goes_in_whole_and_once(desk: Desk, sql: Any) -> None:
    first = await import_files(desk, [REFERENCE])
    assert (counted(first), first.rows, first.errors) == (((210, 0, 0), (750, 0, 0)), 960, [])
    assert dict(await sql("SELECT kind, count(*) FROM delegation GROUP BY kind"))["agency"] == 34
    assert dict(await sql("SELECT kind, count(*) FROM delegation GROUP BY kind"))["district"] == 54
    assert await sql("SELECT count(*) FROM visitor WHERE phone IS NOT NULL AND phone NOT LIKE '+84%'") == [(0,)]
    assert await sql("SELECT count(*) FROM standing") == [(960,)]
    assert await sql("SELECT count(*) FROM delegation WHERE leader_id IS NULL OR named != planned") == [(0,)]
    before = await sql("SELECT max(updated_at), max(version) FROM visitor")
    again = await import_files(desk, [REFERENCE])
    assert (counted(again), again.errors) == (((0, 0, 210), (0, 0, 750)), [])
    assert await sql("SELECT max(updated_at), max(version) FROM visitor") == before


async def test_a_delegation_and_its_members_are_kept(send: Any, sql: Any) -> None:
    await send([HEALTH], [HOA, LAN])
    (row,) = await sql(
        "SELECT code, name, kind, planned, named, visit_date, leader_name, leader_title, phone, status FROM delegation"
    )
    assert row == (
        "D001",
        "Sở Y tế",
        "agency",
        3,
        2,
        "2020-10-12",
        "Lê Thị Hoa",
        "Giám đốc",
        "+84903700090",
        "confirmed",
    )
    assert (await sql("SELECT slot_at FROM delegation"))[0][0].startswith("2020-10-12 01:30")
    assert await sql("SELECT name, phone, organisation FROM visitor ORDER BY id") == [
        ("Lê Thị Hoa", "+84983822612", "Sở Y tế"),
        ("Nguyễn Thị Lan", None, "Sở Y tế"),
    ]
    assert await sql("SELECT v.name FROM delegation d JOIN visitor v ON v.id = d.leader_id") == [("Lê Thị Hoa",)]


async def test_a_changed_row_changes_what_it_says_and_no_more(send: Any, sql: Any) -> None:
    await send([HEALTH], [HOA, LAN])
    report = await send(
        [[*HEALTH[:7], 4, *HEALTH[8:]]], [HOA, [2, "D001", "Nguyễn Thị Lan", "Trưởng phòng", "0911111111", ""]]
    )
    assert counted(report) == ((0, 1, 0), (0, 1, 1))
    assert await sql("SELECT planned, phone FROM delegation") == [(4, "+84903700090")]
    assert await sql("SELECT title, phone FROM visitor WHERE name LIKE '%Lan'") == [("Trưởng phòng", "+84911111111")]
    emptied = await send([[*HEALTH[:3], *[""] * 7]], [[2, "D001", "Nguyễn Thị Lan", "", "", ""]])
    assert counted(emptied) == ((0, 0, 1), (0, 0, 1))


async def test_a_phone_in_common_is_the_same_person_under_a_new_name(send: Any, sql: Any) -> None:
    await send([HEALTH], [HOA])
    report = await send(
        [[*HEALTH[:4], *[""] * 4, *HEALTH[8:]]], [[1, "D001", "Lê Thị Thanh Hoa", "", "0983822612", ""]]
    )
    assert counted(report)[1] == (0, 1, 0)
    assert await sql("SELECT name, search_key FROM visitor") == [("Lê Thị Thanh Hoa", "le thi thanh hoa")]


async def test_a_name_without_diacritics_is_known_and_stays(send: Any, sql: Any) -> None:
    await send([HEALTH], [LAN])
    report = await send([HEALTH], [[2, "D001", "NGUYEN THI LAN", "", "", ""]])
    assert counted(report)[1] == (0, 0, 1)
    assert await sql("SELECT name FROM visitor") == [("Nguyễn Thị Lan",)]


async def test_namesakes_stay_two_people(send: Any, sql: Any) -> None:
    rows = [[1, "D001", "Trần Văn Minh", "Kỹ sư", "", ""], [2, "D001", "Trần Văn Minh", "Lái xe", "", ""]]
    assert counted(await send([HEALTH], rows))[1] == (2, 0, 0)
    assert counted(await send([HEALTH], rows))[1] == (0, 0, 2)
    assert await sql("SELECT occurrence, title FROM visitor ORDER BY occurrence") == [(1, "Kỹ sư"), (2, "Lái xe")]


async def test_a_leader_is_a_visitor_only_where_there_is_no_list(send: Any, sql: Any) -> None:
    assert counted(await send([HEALTH])) == ((1, 0, 0), (1, 0, 0))
    assert await sql("SELECT name, title, phone FROM visitor") == [("Lê Thị Hoa", "Giám đốc", None)]
    assert counted(await send([HEALTH])) == ((0, 0, 1), (0, 0, 1))
    assert counted(await send([HEALTH], [HOA, LAN])) == ((0, 0, 1), (1, 1, 0))


async def test_a_leader_who_is_not_on_the_list_is_no_visitor(send: Any, sql: Any) -> None:
    assert counted(await send([HEALTH], [LAN]))[1] == (1, 0, 0)
    assert await sql("SELECT leader_name, leader_id FROM delegation") == [("Lê Thị Hoa", None)]


async def test_bad_rows_are_told_and_good_ones_kept(send: Any, sql: Any) -> None:
    bad = [2, "D002", "", "Cơ quan", "", "", "12", 0, "31/02/2020", "25h"]
    report = await send(
        [HEALTH, bad],
        [HOA, [2, "D001", "", "", "", ""], [3, "D009", "Lan", "", "", ""], [4, "D002", "Lan", "", "", ""]],
    )
    assert counted(report) == ((1, 0, 0), (1, 0, 0))
    assert set(codes(report.errors)) == {
        (3, "missing_organisation"), (3, "bad_phone"), (3, "impossible_size"), (3, "impossible_date"), (3, "impossible_time"),
        (3, "missing_name"), (4, "unknown_delegation"), (5, "delegation_refused"),
    }  # fmt: skip
    columns = {(placed.sheet, placed.finding.code): placed.finding.header for placed in report.errors}
    assert columns["Đoàn", "impossible_date"] == "Ngày tham quan"
    assert columns["Khách", "unknown_delegation"] == "Mã đoàn"
    assert await sql("SELECT code FROM delegation") == [("D001",)]


async def test_with_all_or_nothing_one_bad_row_keeps_all_out(send: Any, sql: Any) -> None:
    report = await send([HEALTH], [HOA, [2, "D001", "", "", "", ""]], all_or_nothing=True)
    assert (counted(report), report.is_applied) == (((0, 0, 0), (0, 0, 0)), False)
    assert await sql("SELECT count(*) FROM delegation") == [(0,)]
    assert counted(await send([HEALTH], [HOA], all_or_nothing=True)) == ((1, 0, 0), (1, 0, 0))


async def test_a_dry_run_counts_the_same_and_writes_nothing(send: Any, sql: Any) -> None:
    report = await send([HEALTH, TRADE], [HOA, MINH], dry_run=True)
    assert (counted(report), report.is_applied) == (((2, 0, 0), (2, 0, 0)), False)
    assert await sql("SELECT (SELECT count(*) FROM delegation) + (SELECT count(*) FROM audit_line)") == [(0,)]


async def test_a_code_that_is_taken_becomes_a_new_one_and_its_members_follow(send: Any, sql: Any) -> None:
    await send([HEALTH], [HOA])
    other = [1, "D001", "Sở Tư pháp", "Cơ quan", "", "", "", 2, "14/10/2020", "9h"]
    report = await send([other, [2, "D002", *TRADE[2:]]], [[1, "D001", "Nguyễn Thị Lan", "", "", ""]], name="khac.xlsx")
    assert codes(report.warnings) == [(2, "code_taken")]
    members = "SELECT d.code, v.name FROM visitor v JOIN delegation d ON d.id = v.delegation_id ORDER BY d.code"
    assert await sql(members) == [("D001", "Lê Thị Hoa"), ("D003", "Nguyễn Thị Lan")]
    again = await send([other, [2, "D002", *TRADE[2:]]], [[1, "D001", "Nguyễn Thị Lan", "", "", ""]], name="khac.xlsx")
    assert counted(again) == ((0, 0, 2), (0, 0, 1))
    assert await sql(members) == [("D001", "Lê Thị Hoa"), ("D003", "Nguyễn Thị Lan")]


async def test_members_may_come_in_a_file_of_their_own(send: Any) -> None:
    await send([HEALTH, TRADE])
    report = await send([], [LAN, MINH], name="khach.xlsx")
    assert (counted(report), report.errors) == (((0, 0, 2), (2, 0, 0)), [])


async def test_two_files_go_in_together(desk: Desk, tmp_path: Path) -> None:
    files = [
        write(tmp_path / "khach.xlsx", ("Khách", [MEMBERS, HOA])),
        write(tmp_path / "doan.xlsx", ("Đoàn", [DELEGATIONS, HEALTH])),
        write(tmp_path / "ban-sao.xlsx", ("Khách", [MEMBERS, HOA])),
    ]
    assert counted(await import_files(desk, files)) == ((1, 0, 0), (1, 0, 0))
    assert counted(await import_files(desk, files, dry_run=True)) == ((0, 0, 1), (0, 0, 2))


BARE = ["STT", "Họ và tên", "Chức vụ"]


async def test_a_bare_list_makes_one_delegation_of_its_organisation(desk: Desk, tmp_path: Path, sql: Any) -> None:
    file = write(
        tmp_path / "ds.xlsx", ("DS", [["Đơn vị: Trường THPT Bến Nghé"], BARE, [1, "Nguyễn Thị Lan", "Lớp 12A"]])
    )
    assert counted(await import_files(desk, [file])) == ((1, 0, 0), (1, 0, 0))
    assert counted(await import_files(desk, [file])) == ((0, 0, 1), (0, 0, 1))
    assert await sql("SELECT code, name, kind, named FROM delegation") == [
        ("D001", "Trường THPT Bến Nghé", "school", 1)
    ]


async def test_a_bare_list_goes_into_the_delegation_that_is_named(
    send: Any, desk: Desk, tmp_path: Path, sql: Any
) -> None:
    await send([HEALTH])
    file = write(tmp_path / "ds.xlsx", ("DS", [BARE, [1, "Nguyễn Thị Lan", "Kỹ sư"], [2, "Trần Văn Minh", ""]]))
    assert counted(await import_files(desk, [file], delegation="d001"))[1] == (2, 0, 0)
    assert await sql("SELECT count(*), max(named) FROM delegation") == [(1, 3)]
    with pytest.raises(DomainError, match="unknown_delegation"):
        await import_files(desk, [file], delegation="D999")


async def test_a_headcount_below_those_inside_is_refused(send: Any, sql: Any) -> None:
    await send([HEALTH])
    await sql("UPDATE standing SET inside = 3, places = '{\"lobby\": 3}' WHERE holder LIKE 'd:%'")
    report = await send([[*HEALTH[:7], 2, *HEALTH[8:]]])
    assert codes(report.errors) == [(2, "headcount_below_inside")]
    assert await sql("SELECT planned FROM delegation") == [(3,)]
    assert report.errors[0].finding.header == "Số người"


async def test_booking_rules_only_warn(send: Any) -> None:
    sunday = [1, "D001", "Sở Y tế", "Cơ quan", "", "", "", 3, "29/11/2026", "9h"]
    night = [2, "D002", "Sở Công Thương", "Cơ quan", "", "", "", 3, "30/11/2026", "22h"]
    crowd = [3, "D003", "Sở Tư pháp", "Cơ quan", "", "", "", 61, "01/12/2026", "9h"]
    twice = [4, "D004", "Sở Tư pháp", "Cơ quan", "", "", "", 1, "01/12/2026", "9h30"]
    report = await send([sunday, night, crowd, twice])
    assert (counted(report)[0], report.errors) == ((4, 0, 0), [])
    assert set(codes(report.warnings)) == {
        (2, "closed_day"), (3, "outside_hours"), (4, "over_capacity"), (5, "over_capacity"), (5, "overlap"),
    }  # fmt: skip
    assert [placed.finding.code for placed in (await send([HEALTH])).warnings] == ["code_taken", "past_date"]


async def test_a_file_without_any_list_is_refused_and_nothing_goes_in(desk: Desk, tmp_path: Path, sql: Any) -> None:
    good = write(tmp_path / "so.xlsx", ("Đoàn", [DELEGATIONS, HEALTH]))
    empty = write(tmp_path / "trong.xlsx", ("Hướng dẫn", [["Điền vào biểu mẫu"]]))
    with pytest.raises(DomainError, match="no_list_found"):
        await import_files(desk, [good, empty])
    assert await sql("SELECT count(*) FROM delegation") == [(0,)]


async def test_a_sheet_that_is_no_list_is_left_out_with_a_warning(desk: Desk, tmp_path: Path) -> None:
    file = write(tmp_path / "so.xlsx", ("Đoàn", [DELEGATIONS, HEALTH]), ("Hướng dẫn", [["Điền vào biểu mẫu"]]))
    report = await import_files(desk, [file])
    assert [(placed.sheet, placed.finding.code) for placed in report.warnings][1:] == [("Hướng dẫn", "sheet_skipped")]


async def test_an_import_tells_the_audit_log_without_names(send: Any, sql: Any) -> None:
    await send([HEALTH], [HOA])
    (line,) = await sql("SELECT action, subject, after FROM audit_line")
    assert line[:2] == ("import_delegation", "delegation:D001")
    assert "Hoa" not in line[2]


async def test_a_list_longer_than_a_slice_goes_in_whole(send: Any, sql: Any) -> None:
    people = [[number, "D001", f"Nguyễn Thị Lan {number}", "", "", ""] for number in range(1, 301)]
    assert counted(await send([HEALTH], people))[1] == (300, 0, 0)
    assert counted(await send([HEALTH], people))[1] == (0, 0, 300)
    assert await sql("SELECT named FROM delegation") == [(300,)]


async def test_other_writes_get_in_between_the_slices(desk: Desk) -> None:
    """A scan that comes while a registry goes in waits for one slice and not for the import."""
    waits: list[float] = []
    done = asyncio.Event()

    async def scan() -> None:
        while not done.is_set():
            began = time.perf_counter()
            await desk.database.write_urgent(lambda connection: None)
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.002)

    scanning = asyncio.create_task(scan())
    await import_files(desk, [REFERENCE])
    done.set()
    await scanning
    assert len(waits) > 20
    assert sorted(waits)[len(waits) // 2] < 0.1
