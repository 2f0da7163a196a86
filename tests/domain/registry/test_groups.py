"""Members find their delegation: by code within the file, by organisation, or by the list as a whole."""

from typing import Any

from server.domain.registry import Group, Known, SheetReading, build_groups
from tests.domain.registry.grids import BARE, DELEGATIONS, MEMBERS, read

HEALTH = [1.0, "D001", "Sở Y tế", "Cơ quan", "", "", 3.0, "12/10/2020", "8h"]
TRADE = [2.0, "D002", "Sở Công Thương", "Cơ quan", "", "", 3.0, "12/10/2020", "8h"]
LAN, MINH = [1.0, "Nguyễn Thị Lan", "Chuyên viên", "", ""], [2.0, "Trần Văn Minh", "Kỹ sư", "", ""]


def member(code: str, name: str, organisation: str = "") -> list[Any]:
    return [1.0, code, name, "", organisation]


def build(
    *sheets: SheetReading, known: dict[str, Known] | None = None, into: str | None = None
) -> tuple[list[Group], list[str]]:
    groups, errors, _ = build_groups([("so.xlsx", sheets)], known or {}, into=into)
    return groups, [placed.finding.code for placed in errors]


def people(groups: list[Group]) -> dict[str, list[str]]:
    return {
        group.row.organisation if group.row else group.code or "": [row.name for _, _, row in group.members]
        for group in groups
    }


def test_members_follow_their_code() -> None:
    groups, errors = build(
        read(DELEGATIONS, HEALTH, TRADE), read(MEMBERS, member("D002", "Lan An"), member("d001", "Minh An"))
    )
    assert people(groups) == {"Sở Y tế": ["Minh An"], "Sở Công Thương": ["Lan An"]}
    assert not errors


def test_the_sheets_may_come_in_any_order() -> None:
    groups, errors = build(read(MEMBERS, member("D001", "Lan An")), read(DELEGATIONS, HEALTH))
    assert (people(groups), errors) == ({"Sở Y tế": ["Lan An"]}, [])


def test_a_code_that_nobody_knows_is_an_error() -> None:
    assert build(read(DELEGATIONS, HEALTH), read(MEMBERS, member("D009", "Lan An")))[1] == ["unknown_delegation"]


def test_a_code_that_the_database_knows_is_good() -> None:
    groups, errors = build(read(MEMBERS, member("D009", "Lan An")), known={"D009": Known("D009", "x")})
    assert (people(groups), errors) == ({"D009": ["Lan An"]}, [])


def test_members_of_a_refused_row_wait() -> None:
    bad = [*HEALTH[:7], "31/02/2020", "8h"]
    assert build(read(DELEGATIONS, bad), read(MEMBERS, member("D001", "Lan An")))[1] == ["delegation_refused"]


def test_a_code_twice_is_told_apart_by_the_organisation() -> None:
    other = ["", "D001", *TRADE[2:]]
    groups, _ = build(read(DELEGATIONS, HEALTH, other), read(MEMBERS, member("D001", "Lan An", "Sở Công Thương")))
    assert people(groups) == {"Sở Y tế": [], "Sở Công Thương": ["Lan An"]}


def test_an_empty_code_below_a_filled_one_means_the_same() -> None:
    groups, errors = build(read(DELEGATIONS, HEALTH), read(MEMBERS, member("D001", "Lan An"), member("", "Minh An")))
    assert (people(groups), errors) == ({"Sở Y tế": ["Lan An", "Minh An"]}, [])


def test_a_bare_list_makes_one_delegation_of_its_organisation() -> None:
    groups, errors = build(read(["Đơn vị: Sở Y tế"], BARE, LAN, MINH))
    assert (people(groups), errors) == ({"Sở Y tế": ["Nguyễn Thị Lan", "Trần Văn Minh"]}, [])


def test_a_bare_list_with_sections_makes_a_delegation_of_each() -> None:
    groups, _ = build(read(BARE, ["I. Sở Y tế"], LAN, ["II. Sở Công Thương"], MINH))
    assert people(groups) == {"Sở Y tế": ["Nguyễn Thị Lan"], "Sở Công Thương": ["Trần Văn Minh"]}


def test_departments_of_one_organisation_are_no_delegations() -> None:
    titles = ["STT", "Họ và tên", "Đơn vị"]
    sheet = read(
        ["Cơ quan: Sở Y tế"], titles, [1.0, "Nguyễn Thị Lan", "Văn phòng"], [2.0, "Trần Văn Minh", "Thanh tra"]
    )
    assert people(build(sheet)[0]) == {"Sở Y tế": ["Nguyễn Thị Lan", "Trần Văn Minh"]}


def test_a_bare_list_without_an_organisation_is_called_like_its_file() -> None:
    groups, _, warnings = build_groups([("danh-sach-hoa.xlsx", [read(BARE, LAN)])], {})
    assert people(groups) == {"danh sach hoa": ["Nguyễn Thị Lan"]}
    assert [placed.finding.code for placed in warnings] == ["organisation_guessed"]


def test_a_bare_list_may_be_put_into_a_delegation() -> None:
    groups, errors = build(read(["Đơn vị: Sở Y tế"], BARE, LAN), known={"D017": Known("D017", "x")}, into="D017")
    assert (people(groups), errors) == ({"D017": ["Nguyễn Thị Lan"]}, [])


def test_a_list_in_the_file_of_one_delegation_is_that_delegations() -> None:
    groups, _ = build(read(DELEGATIONS, HEALTH), read(BARE, LAN, MINH, name="Danh sách"))
    assert people(groups) == {"Sở Y tế": ["Nguyễn Thị Lan", "Trần Văn Minh"]}


def test_a_sheet_named_like_a_code_holds_that_delegations_members() -> None:
    groups, _ = build(read(DELEGATIONS, HEALTH, TRADE), read(BARE, LAN, name="D001"), read(BARE, MINH, name="D002"))
    assert people(groups) == {"Sở Y tế": ["Nguyễn Thị Lan"], "Sở Công Thương": ["Trần Văn Minh"]}


def test_rows_of_people_may_describe_their_delegations_too() -> None:
    titles = ["STT", "Mã đoàn", "Tên đoàn", "Loại đoàn", "Ngày tham quan", "Họ và tên"]
    rows = [["", code, organisation, "Cơ quan", "12/10/2020", name] for code, organisation, name in
            (("D001", "Sở Y tế", "Lan An"), ("D001", "Sở Y tế", "Minh An"), ("D002", "Sở Công Thương", "Hoa An"))]  # fmt: skip
    groups, errors = build(read(titles, *rows))
    assert (people(groups), errors) == ({"Sở Y tế": ["Lan An", "Minh An"], "Sở Công Thương": ["Hoa An"]}, [])


def test_organisations_below_a_hosts_letterhead_are_delegations_each() -> None:
    titles = ["STT", "Họ và tên", "Đơn vị"]
    rows = [[1.0, "Nguyễn Thị Lan", "Sở Y tế"], [2.0, "Trần Văn Minh", "Công ty Sao Mai"]]
    groups, _ = build(read(["SỞ CÔNG THƯƠNG"], ["DANH SÁCH KHÁCH"], titles, *rows))
    assert people(groups) == {"Sở Y tế": ["Nguyễn Thị Lan"], "Công ty Sao Mai": ["Trần Văn Minh"]}


def test_departments_below_a_letterhead_are_one_delegation() -> None:
    titles = ["STT", "Họ và tên", "Đơn vị"]
    rows = [[1.0, "Nguyễn Thị Lan", "Văn phòng"], [2.0, "Trần Văn Minh", "Phòng Tổ chức"]]
    groups, _ = build(read(["SỞ CÔNG THƯƠNG"], ["DANH SÁCH CÁN BỘ"], titles, *rows))
    assert people(groups) == {"SỞ CÔNG THƯƠNG": ["Nguyễn Thị Lan", "Trần Văn Minh"]}


def test_an_uncoded_list_finds_its_delegations_in_another_file() -> None:
    titles = ["STT", "Họ và tên", "Đơn vị"]
    people_file = read(titles, [1.0, "Nguyễn Thị Lan", "Sở Y tế"], [2.0, "Trần Văn Minh", "Sở Công Thương"])
    groups, errors, _ = build_groups(
        [("doan.xlsx", [read(DELEGATIONS, HEALTH, TRADE)]), ("khach.xlsx", [people_file])], {}
    )
    assert (people(groups), errors) == ({"Sở Y tế": ["Nguyễn Thị Lan"], "Sở Công Thương": ["Trần Văn Minh"]}, [])


def test_a_section_named_like_a_company_is_an_organisation_and_no_kind() -> None:
    groups, _ = build(read(BARE, ["I. Công ty Sao Mai"], LAN, ["II. Trường học Bến Nghé"], MINH))
    assert people(groups) == {"Công ty Sao Mai": ["Nguyễn Thị Lan"], "Trường học Bến Nghé": ["Trần Văn Minh"]}
