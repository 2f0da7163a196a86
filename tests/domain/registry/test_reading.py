"""Sheets as offices send them are read whatever their shape; every mistake is told at once."""

from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.registry import Field, NoValue, read_sheet
from tests.domain.registry.grids import BARE, DELEGATIONS, MEMBERS, codes, names, read, sheet

MOTTO = ["SỞ Y TẾ", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]
LAN, MINH = [1.0, "Nguyễn Thị Lan", "Chuyên viên", "0983822612", ""], [2.0, "Trần Văn Minh", "Kỹ sư", "", ""]


def test_a_delegation_is_read_whole() -> None:
    row = [
        1.0,
        "D017",
        "Sở Y tế",
        "Cơ quan, sở ban ngành",
        "Ông LÊ VĂN HÒA - Giám đốc",
        983822612.0,
        18.0,
        "12/10/2020",
        "8h30",
    ]
    (delegation,) = read(DELEGATIONS, row).delegations
    assert (delegation.code, delegation.organisation, delegation.kind) == ("D017", "Sở Y tế", "agency")
    assert (delegation.leader, delegation.phone, delegation.size) == ("Lê Văn Hòa", "+84983822612", 18)
    assert (delegation.day, delegation.begins) == (date(2020, 10, 12), time(8, 30))


@pytest.mark.parametrize("before", [0, 1, 7, 25])
def test_the_header_is_found_below_titles(before: int) -> None:
    titles = [
        MOTTO,
        ["", "", "", "Độc lập - Tự do - Hạnh phúc"],
        ["DANH SÁCH KHÁCH THAM QUAN"],
        ["(Kèm theo Công văn số 12/CV)"],
    ]
    above = (titles + [[""]] * 30)[:before]
    reading = read(*above, BARE, LAN, MINH)
    assert reading.header_row == before + 1
    assert names(reading) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert [member.row for member in reading.members] == [before + 2, before + 3]


@pytest.mark.parametrize(
    "titles",
    [
        ["TT", "Họ tên", "Chức danh", "SĐT", "Ghi chú"],
        ["Số TT", "HỌ VÀ TÊN", "CHỨC VỤ", "ĐIỆN THOẠI", "GHI CHÚ"],
        ["so tt", "ho va ten", "chuc vu", "so dien thoai", "ghi chu"],
        ["STT", "Họ và tên (ghi rõ)", "Chức vụ/Chức danh", "Số điện thoại di động", "Chú thích"],
        ["No.", "Full name", "Position", "Mobile phone", "Remarks"],
        ["STT", "Họ và tên đại biểu", "Chức vụ", "Di động (Zalo)", "Ghi chú"],
    ],
)
def test_titles_of_columns_have_many_spellings(titles: list[str]) -> None:
    reading = read(titles, LAN, MINH)
    (lan, _) = reading.members
    assert (lan.name, lan.title, lan.phone) == ("Nguyễn Thị Lan", "Chuyên viên", "+84983822612")


def test_a_header_of_two_rows_is_read() -> None:
    top = ["STT", "Đơn vị", "Trưởng đoàn", "", "", "Thời gian", "", "Số người"]
    under = ["", "", "Họ và tên", "Chức vụ", "Điện thoại", "Ngày", "Giờ", ""]
    row = [1.0, "Sở Y tế", "Lê Văn Hòa", "Giám đốc", "0983822612", "12/10/2020", "9 giờ", 5.0]
    for merged in ([], [(0, 2, 0, 4), (0, 5, 0, 6), (0, 0, 1, 0), (0, 1, 1, 1), (0, 7, 1, 7)]):
        (delegation,) = read(top, under, row, merged=merged).delegations
        assert (delegation.leader, delegation.leader_title, delegation.phone) == (
            "Lê Văn Hòa",
            "Giám đốc",
            "+84983822612",
        )
        assert (delegation.day, delegation.begins, delegation.size) == (date(2020, 10, 12), time(9, 0), 5)


def test_contacts_under_one_title_are_read() -> None:
    top = ["STT", "Họ và tên", "Thông tin liên hệ", "", "Ghi chú"]
    reading = read(
        top, ["", "", "Điện thoại", "Email", ""], [1.0, "Nguyễn Thị Lan", "0983822612", "lan@example.vn", ""]
    )
    (lan,) = reading.members
    assert (lan.phone, lan.email) == ("+84983822612", "lan@example.vn")


def test_men_and_women_are_added_up() -> None:
    reading = read(
        ["STT", "Đơn vị", "Số lượng", "", "Ngày"], ["", "", "Nam", "Nữ", ""], [1.0, "Sở Y tế", 7.0, 5.0, "12/10/2020"]
    )
    assert reading.delegations[0].size == 12


@pytest.mark.parametrize(
    "titles",
    [["STT", "Họ", "Tên", "Chức vụ"], ["STT", "Họ và tên đệm", "Tên", "Chức vụ"], ["STT", "Họ và tên", "", "Chức vụ"],
     ["STT", "Last name", "First name", "Position"]],
)  # fmt: skip
def test_a_name_in_two_columns_is_one_name(titles: list[str]) -> None:
    reading = read(titles, [1.0, "Nguyễn Thị", "Lan", "Chuyên viên"], [2.0, "Trần Văn", "Minh", "Kỹ sư"])
    assert names(reading) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert [member.title for member in reading.members] == ["Chuyên viên", "Kỹ sư"]


@pytest.mark.parametrize(
    "section",
    [["I. Sở Y tế"], ["I", "Sở Y tế"], ["", "Sở Y tế"], ["A. SỞ Y TẾ (12 người)"], ["II/ Sở Y tế"], ["1. Sở Y tế"]],
)
def test_a_section_says_the_organisation_of_those_below(section: list[str]) -> None:
    reading = read(BARE, section, LAN, MINH)
    assert names(reading) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert {member.section.upper() for member in reading.members} == {"SỞ Y TẾ"}
    assert not reading.errors


def test_a_section_of_delegations_says_their_kind() -> None:
    titles = ["STT", "Tên đơn vị", "Số người", "Ngày"]
    reading = read(
        titles,
        ["I", "Khối sở, ban, ngành"],
        [1.0, "Đơn vị một", 3.0, "12/10/2020"],
        ["II. Quận, huyện"],
        [2.0, "Đơn vị hai", 3.0, "12/10/2020"],
    )
    assert [row.kind for row in reading.delegations] == ["agency", "district"]


@pytest.mark.parametrize(
    "foot",
    [
        [["", "Tổng cộng", "", 25.0]],
        [["Tổng cộng: 2 người"]],
        [["Cộng:", "", "", 2.0]],
        [["TỔNG SỐ", 2.0]],
        [["Danh sách có 25 người./."]],
        [["(Danh sách này có 02 người)"]],
        [["", "Danh sách gồm 2 đại biểu."], [""], ["", "", "", "GIÁM ĐỐC"], ["", "", "", "(Ký tên)"], ["", "", "", "Lê Văn Hòa"]],
        [["", "", "TP. Hồ Chí Minh, ngày 10 tháng 10 năm 2020"], ["Người lập biểu", "", "TM. ỦY BAN NHÂN DÂN"], ["Trần Thị Hoa", "", "Lê Văn Hòa"]],
        [["Nơi nhận:"], ["- Như trên;"], ["- Lưu: VT."]],
        [["Ghi chú: đoàn đi xe 16 chỗ"]],
        [["", NoValue("formula", "=SUM(A1)"), "", ""], ["Tổng cộng", "", "", NoValue("formula", "=SUM(D2:D3)")]][1:],
    ],
)  # fmt: skip
def test_totals_and_closing_rows_are_skipped(foot: list[list[Any]]) -> None:
    reading = read(BARE, LAN, MINH, *foot)
    assert names(reading) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert (reading.rows, codes(reading)) == (2, [])


def test_a_list_goes_on_after_a_subtotal() -> None:
    reading = read(BARE, ["I. Sở Y tế"], LAN, ["", "Cộng: 1"], ["II. Sở Công Thương"], MINH, ["", "Tổng cộng: 2"])
    assert [member.section for member in reading.members] == ["Sở Y tế", "Sở Công Thương"]


def test_a_general_corporation_is_no_total() -> None:
    reading = read(["STT", "Đơn vị", "Số người"], ["", "Tổng công ty Điện lực", 5.0], [2.0, "Công đoàn Sở Y tế", 4.0])
    assert [row.organisation for row in reading.delegations] == ["Tổng công ty Điện lực", "Công đoàn Sở Y tế"]


@pytest.mark.parametrize("sign", ['"', "nt", "-nt-", "như trên", "''"])
def test_ditto_means_as_above(sign: str) -> None:
    titles = ["STT", "Họ và tên", "Đơn vị", "Chức vụ"]
    reading = read(
        titles,
        [1.0, "Nguyễn Thị Lan", "Sở Y tế", "Kỹ sư"],
        [2.0, "Trần Văn Minh", sign, sign],
        [3.0, "Lê Thị Hoa", sign, sign],
    )
    assert {(member.organisation, member.title) for member in reading.members} == {("Sở Y tế", "Kỹ sư")}


def test_cells_merged_downwards_hold_for_each_row() -> None:
    rows: list[list[Any]] = [
        ["STT", "Mã đoàn", "Họ và tên", "Đơn vị"],
        [1.0, "D017", "Nguyễn Thị Lan", "Sở Y tế"],
        [2.0, "", "Trần Văn Minh", ""],
    ]
    reading = read(*rows, merged=[(1, 1, 2, 1), (1, 3, 2, 3)])
    assert [(member.code, member.organisation) for member in reading.members] == [("D017", "Sở Y tế")] * 2


def test_a_row_of_column_numbers_is_skipped() -> None:
    for numbers in ([1.0, 2.0, 3.0, 4.0, 5.0], ["(1)", "(2)", "(3)", "(4)", "(5)"], ["A", "B", 1.0, 2.0, 3.0]):
        assert names(read(BARE, numbers, LAN, MINH)) == ["Nguyễn Thị Lan", "Trần Văn Minh"]


def test_a_header_repeated_on_each_page_is_skipped() -> None:
    reading = read(BARE, LAN, BARE, MINH)
    assert (len(reading.members), codes(reading)) == (2, [])


def test_a_second_table_below_has_columns_of_its_own() -> None:
    reading = read(
        BARE, LAN, [""], ["STT", "Chức vụ", "Họ và tên", "Email"], [1.0, "Kỹ sư", "Trần Văn Minh", "minh@example.vn"]
    )
    assert [(member.name, member.email) for member in reading.members] == [
        ("Nguyễn Thị Lan", None),
        ("Trần Văn Minh", "minh@example.vn"),
    ]


def test_numbered_rows_without_content_are_no_rows() -> None:
    reading = read(BARE, LAN, [2.0, "", "", "", ""], [3.0, None, None, None, None])
    assert (reading.rows, codes(reading)) == (1, [])


def test_every_mistake_is_told_at_once_with_its_row() -> None:
    good = [1.0, "D001", "Sở Y tế", "Cơ quan", "Lê Văn Hòa", "0983822612", 3.0, "12/10/2020", "8h"]
    bad: list[tuple[int, Any, str]] = [
        (2, "", "missing_organisation"),
        (2, "x" * 201, "name_too_long"),
        (4, "12345", "bad_name"),
        (5, "12", "bad_phone"),
        (6, 0.0, "impossible_size"),
        (7, "31/02/2020", "impossible_date"),
        (8, "25h", "impossible_time"),
        (7, NoValue("formula", "=B2"), "formula_without_value"),
        (6, NoValue("error", "#REF!"), "formula_error"),
    ]
    rows = [[*good[:column], value, *good[column + 1 :]] for column, value, _ in bad]
    reading = read(DELEGATIONS, *rows, good)
    assert codes(reading) == [(number, code) for number, (_, _, code) in enumerate(bad, 2)]
    assert [row.is_good for row in reading.delegations] == [False] * len(bad) + [True]


def test_one_row_may_have_many_mistakes() -> None:
    row = [1.0, "D001", "", "Cơ quan", "Lê Văn Hòa", "12", 0.0, "31/02/2020", "25h"]
    found = {code for _, code in codes(read(DELEGATIONS, row))}
    assert found >= {"bad_phone", "impossible_size", "impossible_date", "impossible_time"}


def test_people_without_a_name_or_with_one_too_long_are_refused() -> None:
    reading = read(
        MEMBERS,
        [1.0, "D001", "", "Kỹ sư"],
        [2.0, "D001", "Lan" * 70],
        [3.0, "D001", "Nguyễn Thị Lan", "", "", "", "lan@"],
    )
    assert codes(reading) == [(2, "missing_name"), (3, "name_too_long"), (4, "bad_email")]


def test_markup_in_a_name_is_data() -> None:
    reading = read(BARE, [1.0, "<b>Lan</b>", "=1+1", "", "@lan"])
    assert (reading.members[0].name, reading.members[0].title, reading.members[0].notes) == (
        "<b>Lan</b>",
        "=1+1",
        "@lan",
    )


def test_an_unknown_kind_is_other_with_a_warning() -> None:
    reading = read(DELEGATIONS, [1.0, "D001", "Sở Y tế", "Hạng nhất", "", "", 3.0, "12/10/2020", "8h"])
    assert reading.delegations[0].kind == "other"
    assert [(warning.row, warning.code, warning.value) for warning in reading.warnings] == [
        (2, "unknown_kind", "Hạng nhất")
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Sở ban ngành", "agency"), ("Quận/Huyện", "district"), ("Phường, xã", "commune"), ("DN", "enterprise"), ("Trường học", "school"),
     ("Người dân", "citizens"), ("Quốc tế", "international"), ("Báo chí", "press"), ("Khác", "other"), ("Khối doanh nghiệp", "enterprise"),
     ("school", "school")],
)  # fmt: skip
def test_kinds_have_many_names(text: str, kind: str) -> None:
    assert read(DELEGATIONS, [1.0, "D001", "X Y", text, "", "", 3.0, "12/10/2020", "8h"]).delegations[0].kind == kind


def test_a_list_in_an_old_font_is_converted_with_a_warning() -> None:
    reading = read(
        ["STT", "Hä vµ tªn", "Chøc vô"], [1.0, "NguyÔn ThÞ Lan", "Chuyªn viªn"], [2.0, "TrÇn V¨n Minh", "Kü s\u00ad"]
    )
    assert names(reading) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert [warning.code for warning in reading.warnings] == ["converted_font"] * 2


def test_decomposed_unicode_is_composed() -> None:
    reading = read(["STT", "Ho\u0323 va\u0300 te\u0302n"], [1.0, "Nguye\u0302\u0303n Thi\u0323 Lan"])
    assert names(reading) == ["Nguyễn Thị Lan"]


def test_a_date_with_its_time_in_one_column_is_both() -> None:
    titles = ["STT", "Đơn vị", "Số người", "Thời gian"]
    for when in (
        "8h30 ngày 12/10/2020",
        "12/10/2020 08:30",
        datetime(2020, 10, 12, 8, 30),
        "08:30, ngày 12 tháng 10 năm 2020",
    ):
        (row,) = read(titles, [1.0, "Sở Y tế", 3.0, when]).delegations
        assert (row.day, row.begins) == (date(2020, 10, 12), time(8, 30))


def test_what_stands_above_a_bare_list_says_whose_it_is() -> None:
    above = [
        ["DANH SÁCH ĐOÀN"],
        ["Đơn vị: Sở Y tế"],
        ["Ngày tham quan:", "12/10/2020"],
        ["Giờ: 8h30"],
        ["Số lượng: 25 người"],
    ]
    reading = read(*above, BARE, LAN, MINH)
    assert reading.about is not None
    assert (reading.about.organisation, reading.about.day, reading.about.begins) == (
        "Sở Y tế",
        date(2020, 10, 12),
        time(8, 30),
    )
    assert (reading.about.size, reading.is_owner_said, reading.is_bare) == (25, True, True)


@pytest.mark.parametrize(
    "above",
    [[["SỞ Y TẾ"], ["DANH SÁCH CÁN BỘ THAM QUAN"]], [["UBND THÀNH PHỐ HỒ CHÍ MINH"], ["SỞ Y TẾ"], ["DANH SÁCH"]],
     [["DANH SÁCH CÁN BỘ SỞ Y TẾ THAM QUAN"]]],
)  # fmt: skip
def test_a_letterhead_or_title_names_the_organisation(above: list[list[str]]) -> None:
    about = read(*above, BARE, LAN).about
    assert about is not None
    assert about.organisation.upper().startswith("SỞ Y TẾ")


def test_identity_numbers_and_birthdays_are_left_out() -> None:
    reading = read(
        ["STT", "Họ và tên", "Ngày sinh", "Số CCCD", "Giới tính"],
        [1.0, "Nguyễn Thị Lan", "31/02/1990", "079190000001", "Nữ"],
    )
    assert not reading.errors
    assert "079190000001" not in repr(reading.members)


def test_a_sheet_without_a_list_is_not_understood() -> None:
    assert not read(["Hướng dẫn"], ["Điền đầy đủ thông tin"]).is_understood
    assert not read_sheet(sheet()).is_understood


def test_columns_can_be_corrected() -> None:
    from server.domain.registry import Layout

    layout = Layout(0, 1, {0: Field.NAME, 1: Field.TITLE}, {0: "A", 1: "B"})
    reading = read_sheet(sheet(["A", "B"], ["Nguyễn Thị Lan", "Kỹ sư"]), layout=layout)
    assert [(member.name, member.title) for member in reading.members] == [("Nguyễn Thị Lan", "Kỹ sư")]


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.none(),
                st.text(max_size=12),
                st.floats(),
                st.booleans(),
                st.dates(),
                st.sampled_from([*DELEGATIONS, *MEMBERS]),
            ),
            max_size=8,
        ),
        max_size=12,
    )
)
def test_no_sheet_makes_the_reader_fail(rows: list[list[Any]]) -> None:
    reading = read(*rows)
    assert reading.rows >= len([row for row in reading.members if row.is_good])


@given(st.permutations(range(len(DELEGATIONS))))
def test_the_order_of_columns_does_not_matter(order: list[int]) -> None:
    row = [1.0, "D017", "Sở Y tế", "Cơ quan", "Lê Văn Hòa", "0983822612", 18.0, "12/10/2020", "8h30"]
    (there,) = read([DELEGATIONS[place] for place in order], [row[place] for place in order]).delegations
    assert there == read(DELEGATIONS, row).delegations[0]


@pytest.mark.parametrize("text", ["Trường Giang", "Phương Anh", "Đoàn Văn Hậu", "Bảo Anh", "Ban Thị Mai", "Nguyễn Sở"])
def test_people_are_not_taken_for_organisations(text: str) -> None:
    assert names(read(["Họ và tên", "Chức vụ"], ["Nguyễn Thị Lan", "Kỹ sư"], [text, ""])) == ["Nguyễn Thị Lan", text]


def test_parts_in_the_delegation_are_no_organisations() -> None:
    reading = read(["Sở Y tế"], BARE, ["I. Trưởng đoàn"], LAN, ["II. Thành viên"], MINH)
    assert names(reading) == ["Nguyễn Thị Lan", "Trần Văn Minh"]
    assert {member.section for member in reading.members} == {""}


def test_somebody_added_below_the_last_number_is_read() -> None:
    added = ["", "Lê Thị Hoa", "Kỹ sư", "", ""]
    assert names(read(BARE, LAN, MINH, added)) == ["Nguyễn Thị Lan", "Trần Văn Minh", "Lê Thị Hoa"]
    apart = read(BARE, LAN, MINH, [""], added)
    assert [warning.code for warning in apart.warnings] == ["row_skipped"]
    assert len(apart.members) == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Các doanh nghiệp công nghệ", "enterprise"), ("Đoàn học sinh THPT", "school"), ("UBND quận và phòng ban", "district"),
     ("Cơ quan báo chí", "press")],
)  # fmt: skip
def test_a_kind_may_be_told_by_a_word_within(text: str, kind: str) -> None:
    assert read(DELEGATIONS, [1.0, "D001", "X Y", text, "", "", 3.0, "12/10/2020", "8h"]).delegations[0].kind == kind
