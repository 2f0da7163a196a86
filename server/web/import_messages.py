"""What an import found, said to people: one table from the codes of findings, and of files, to sentences."""

from server.domain.registry import Finding
from server.web.i18n import gettext, mark
from server.web.problems import Problem, add_problems

FINDINGS: dict[str, str] = {
    "missing_name": mark("Thiếu họ tên."),
    "missing_organisation": mark("Thiếu tên đoàn hoặc đơn vị."),
    "missing_delegation": mark("Không rõ khách thuộc đoàn nào."),
    "name_too_long": mark("Tên dài quá 200 ký tự."),
    "text_too_long": mark("Nội dung ô quá dài."),
    "bad_name": mark("Tên phải có chữ cái: %(value)s"),
    "impossible_date": mark("Không có ngày như vậy: %(value)s"),
    "impossible_time": mark("Không có giờ như vậy: %(value)s"),
    "impossible_size": mark("Số người phải là số nguyên từ 1 đến 10.000: %(value)s"),
    "bad_phone": mark("Số điện thoại không đúng: %(value)s"),
    "bad_email": mark("Địa chỉ email không đúng: %(value)s"),
    "formula_without_value": mark("Công thức chưa được tính: %(value)s. Hãy mở tệp, lưu lại rồi nhập lần nữa."),
    "formula_error": mark("Công thức bị lỗi: %(value)s"),
    "unknown_delegation": mark("Không có đoàn mang mã %(value)s trong tệp hay trong hệ thống."),
    "delegation_refused": mark("Dòng của đoàn %(value)s có lỗi nên chưa nhận khách của đoàn này."),
    "headcount_below_inside": mark("Số người %(value)s ít hơn số người của đoàn đang có mặt."),
    "code_taken": mark("Mã đoàn này đã thuộc về đoàn khác; đoàn mang mã %(value)s."),
    "code_unusable": mark("Không dùng được mã đoàn như vậy; đoàn mang mã %(value)s."),
    "duplicate_row": mark("Dòng này lặp lại một dòng đã có: %(value)s"),
    "shared_phone": mark("Số %(value)s cũng là của người khác trong danh sách."),
    "unknown_kind": mark("Không rõ loại đoàn “%(value)s”, tạm xếp vào loại khác."),
    "unknown_language": mark("Không rõ ngôn ngữ “%(value)s”."),
    "converted_font": mark("Đã đổi từ phông chữ cũ: %(value)s"),
    "approximate_time": mark("Giờ chỉ ghi theo buổi: %(value)s"),
    "several_phones": mark("Ô có nhiều số điện thoại, chỉ lấy số đầu: %(value)s"),
    "several_emails": mark("Ô có nhiều địa chỉ email, chỉ lấy địa chỉ đầu: %(value)s"),
    "organisation_guessed": mark("Danh sách không ghi đơn vị; đoàn lấy tên “%(value)s”."),
    "row_skipped": mark("Bỏ qua dòng nằm ngoài danh sách: %(value)s"),
    "hidden_sheet": mark("Bỏ qua trang tính bị ẩn."),
    "sheet_skipped": mark("Không tìm thấy danh sách trong trang tính này."),
    "past_date": mark("Ngày tham quan đã qua: %(value)s"),
    "closed_day": mark("Không gian không mở cửa ngày %(value)s."),
    "outside_hours": mark("Ngoài giờ mở cửa, ngày %(value)s."),
    "over_capacity": mark("Vượt sức chứa vào giờ này, ngày %(value)s."),
    "overlap": mark("Đơn vị đã có một đoàn vào giờ này, ngày %(value)s."),
}

FILES: dict[str, str] = {
    "file_missing": mark("Không mở được tệp %(file)s."),
    "file_empty": mark("Tệp %(file)s trống."),
    "file_too_large": mark("Tệp %(file)s lớn hơn 20 MB."),
    "too_many_rows": mark("Tệp %(file)s có hơn 100.000 dòng."),
    "wrong_type": mark("Tệp %(file)s không phải bảng tính (.xlsx, .xls, .ods) hay tệp .csv."),
    "broken_file": mark("Tệp %(file)s bị hỏng."),
    "encrypted_file": mark("Tệp %(file)s có mật khẩu; hãy lưu một bản không có mật khẩu."),
    "zip_bomb": mark("Tệp %(file)s nén bất thường nên không được mở."),
    "hostile_file": mark("Tệp %(file)s chứa khai báo không an toàn nên không được mở."),
    "file_too_demanding": mark("Đọc tệp %(file)s tốn quá nhiều bộ nhớ hoặc thời gian."),
    "no_list_found": mark("Không tìm thấy danh sách đoàn hay khách nào trong tệp %(file)s."),
}

add_problems({code: Problem(422, sentence) for code, sentence in FILES.items()})
add_problems(
    {
        "unknown_import": Problem(404, mark("Không có lần nhập này.")),
        "import_busy": Problem(409, mark("Lần nhập này đang được xử lý hoặc đã xong, chưa sửa được.")),
        "nothing_to_undo": Problem(409, mark("Lần nhập này chưa ghi gì nên không có gì để hoàn tác.")),
        "no_such_cell": Problem(422, mark("Tệp không có ô hoặc cột này.")),
        "file_not_sent": Problem(422, mark("Chưa chọn tệp.")),
        "import_failed": Problem(500, mark("Việc nhập bị gián đoạn. Những dòng đã ghi có thể hoàn tác.")),
    }
)
add_problems({"unknown_delegation": Problem(404, mark("Không có đoàn %(delegation)s."))})


def sentence_of_finding(finding: Finding) -> str:
    """Return what was found, in the current language."""
    return gettext(FINDINGS[finding.code], value=finding.value)
