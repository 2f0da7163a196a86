"""What leaves the house as a file."""

import csv
import zipfile
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from sqlalchemy import Connection

from server.domain.errors import DomainError
from server.services import exports, sheets
from server.services.delegations import add_delegation
from server.services.exports import export
from server.services.people import add_visitor, erase_visitor
from server.services.sheets import disarm
from server.storage.core import table
from server.storage.movements import Movement


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_xlsx(path, sheet=0):
    return [list(row) for row in openpyxl.load_workbook(path).worksheets[sheet].iter_rows(values_only=True)]


@pytest.fixture
async def school(desk):
    return await add_delegation(
        desk,
        {
            "name": "Trường THPT Hòa Bình", "organisation": "Sở Giáo dục", "kind": "school", "planned": 18,
            "slot_at": datetime(2026, 11, 24, 2, 0, tzinfo=UTC), "leader_name": "Trần Minh", "phone": "+84903123456",
        },
    )  # fmt: skip


def move(desk, number, **values):
    row = {
        "scan_id": f"scan-{number}", "part": 0, "pass_id": "00ff00ff00ff00ff", "device_id": "gate", "answer": "admitted",
        "from_zone": None, "to_zone": "lobby", "people": 1, "counted": 1, "from_holder": None, "to_holder": "d:1",
        "delegation_id": 1, "at": desk.at + timedelta(seconds=number), "received_at": desk.at, "offline": False,
        "assumed": False, "is_skewed": False,
    } | values  # fmt: skip

    def add(connection: Connection) -> None:
        connection.execute(table(Movement).insert().values(**row))

    return desk.database.write(add)


async def test_movements_have_the_columns_of_the_contract_in_their_order(desk, school, tmp_path):
    await move(desk, 1, people=12, counted=12)
    await move(desk, 2, from_zone="lobby", to_zone=None, offline=True, conflict="zone_full", delegation_id=None)
    assert await export(desk, "movements", tmp_path / "m.csv") == 2
    text = (tmp_path / "m.csv").read_bytes()
    assert text.splitlines()[0] == (
        b"seq,id,pass,delegation,device,answer,code,from_zone,to_zone,people,from_holder,to_holder,at,received_at,"
        b"offline,conflict,assumed"
    )
    first, second = read_csv(tmp_path / "m.csv")
    assert (first["seq"], first["id"], first["delegation"], first["from_zone"], first["to_zone"]) == (
        "1",
        "scan-1",
        "D001",
        "",
        "lobby",
    )
    assert (first["people"], first["at"], first["offline"]) == ("12", "2026-11-24T12:00:01+07:00", "false")
    assert (second["to_zone"], second["offline"], second["conflict"], second["delegation"]) == (
        "",
        "true",
        "zone_full",
        "",
    )


async def test_a_long_history_is_read_in_pages_and_written_whole(desk, school, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "PAGE", 3)
    for number in range(8):
        await move(desk, number)
    assert await export(desk, "movements", tmp_path / "m.csv") == 8
    assert [row["seq"] for row in read_csv(tmp_path / "m.csv")] == [str(n) for n in range(1, 9)]


async def test_rows_beyond_one_sheet_go_on_in_the_next(desk, school, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_OF_A_SHEET", 4)
    for number in range(5):
        await move(desk, number)
    await export(desk, "movements", tmp_path / "m.xlsx")
    assert [len(read_xlsx(tmp_path / "m.xlsx", sheet)) for sheet in (0, 1)] == [4, 3]
    assert read_xlsx(tmp_path / "m.xlsx", 1)[0][0] == "seq"


async def test_visitors_bear_the_code_of_their_delegation_and_their_phone_in_e164(desk, school, tmp_path):
    lan = await add_visitor(desk, {"name": "Nguyễn Thị Lan", "delegation": "D001", "phone": "+84912345678"})
    gone = await add_visitor(desk, {"name": "Trần An"})
    await erase_visitor(desk, gone.id)
    await export(desk, "visitors", tmp_path / "v.csv")
    rows = read_csv(tmp_path / "v.csv")
    assert list(rows[0])[:7] == ["id", "delegation", "name", "title", "organisation", "phone", "email"]
    assert (rows[0]["id"], rows[0]["delegation"], rows[0]["phone"]) == (lan.id, "D001", "+84912345678")
    assert (rows[1]["name"], rows[1]["erased"]) == ("", "true")


async def test_delegations_say_their_slot_on_the_spaces_clock(desk, school, tmp_path):
    await export(desk, "delegations", tmp_path / "d.csv")
    (row,) = read_csv(tmp_path / "d.csv")
    assert (row["slot_at"], row["visit_date"]) == ("2026-11-24T09:00:00+07:00", str(date(2026, 11, 24)))
    assert (row["covers"], row["status"], row["organisation"]) == ("18", "confirmed", "Sở Giáo dục")


async def test_a_workbook_holds_the_same_rows_with_numbers_as_numbers(desk, school, tmp_path):
    await export(desk, "delegations", tmp_path / "d.xlsx")
    titles, row = read_xlsx(tmp_path / "d.xlsx")
    found = dict(zip(titles, row, strict=True))
    assert (found["code"], found["planned"], found["phone"]) == ("D001", 18, "+84903123456")


@pytest.mark.parametrize("name", ["=1+1", '=HYPERLINK("http://x")', "+cmd", "-2+3", "@SUM(A1)", " =1+1", "＝1+1"])
async def test_a_formula_in_a_name_is_only_text_in_both_files(desk, tmp_path, name):
    await add_visitor(desk, {"name": name})
    await export(desk, "visitors", tmp_path / "v.csv")
    await export(desk, "visitors", tmp_path / "v.xlsx")
    assert read_csv(tmp_path / "v.csv")[0]["name"] == f"'{name}"
    cell = openpyxl.load_workbook(tmp_path / "v.xlsx").worksheets[0].cell(2, 3)
    assert cell.value == name
    assert b"<f>" not in zipfile.ZipFile(tmp_path / "v.xlsx").read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("text", "disarmed"),
    [
        ("+84903123456", "+84903123456"),
        ("+84903123456+1", "'+84903123456+1"),
        ("\ttab", "'\ttab"),
        ("\rreturn", "'\rreturn"),
        ("Lan;=1+1", "Lan;'=1+1"),
        ("Lan;-cmd|' /C calc'!A0", "Lan;'-cmd|' /C calc'!A0"),
        ("Lan\n@SUM(A1)", "Lan\n'@SUM(A1)"),
        ("Mang theo:\n- nước\n- mũ", "Mang theo:\n- nước\n- mũ"),
        ("0903 123 456; +84912345678", "0903 123 456; +84912345678"),
        ("Nguyễn Thị Lan", "Nguyễn Thị Lan"),
        ("", ""),
    ],
)
def test_only_what_a_spreadsheet_would_run_is_disarmed(text, disarmed):
    assert disarm(text) == disarmed


async def test_an_address_in_a_note_is_no_link(desk, tmp_path):
    await add_visitor(desk, {"name": "Lan", "notes": "https://example.vn"})
    await export(desk, "visitors", tmp_path / "v.xlsx")
    assert openpyxl.load_workbook(tmp_path / "v.xlsx").worksheets[0].cell(2, 10).hyperlink is None


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
async def test_a_file_that_cannot_be_written_is_said_and_leaves_nothing(desk, tmp_path, suffix):
    with pytest.raises(DomainError, match="cannot_write_file"):
        await export(desk, "visitors", tmp_path / "missing" / f"v{suffix}")
    assert list(tmp_path.glob("*.part")) == []


async def test_an_export_that_fails_leaves_the_old_file(desk, school, tmp_path, monkeypatch):
    (tmp_path / "d.csv").write_text("old")
    monkeypatch.setattr(exports, "_plain", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await export(desk, "delegations", tmp_path / "d.csv")
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".csv", ".part")] == ["d.csv"]
    assert (tmp_path / "d.csv").read_text() == "old"


async def test_an_export_is_in_the_audit_log(desk, school, tmp_path, sql):
    await export(desk, "visitors", tmp_path / "v.csv")
    assert ("account:hoa", "export_visitors") in await sql("SELECT actor, action FROM audit_line")
