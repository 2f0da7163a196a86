"""A workbook to begin with: a list of members as the wizard reads it best."""

import io

import xlsxwriter

_TITLES = {
    "vi": ["STT", "Họ và tên", "Chức vụ", "Đơn vị", "Số điện thoại", "Email", "Cần hỗ trợ", "Ghi chú"],
    "en": ["No", "Full name", "Title", "Organisation", "Phone", "Email", "Special needs", "Notes"],
}
_ROWS = (
    (1, "Nguyễn Thị Lan", "Trưởng phòng", "Sở Y tế", "0903 114 208", "lan@soyte.example", "", ""),
    (2, "Trần Văn Minh", "Chuyên viên", "Sở Y tế", "0938 552 017", "minh@soyte.example", "", ""),
)
_WIDTHS = (6, 26, 20, 24, 16, 26, 18, 24)


def sample_workbook(language: str) -> bytes:
    """Return the workbook with its titles in a language."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Khách" if language == "vi" else "Visitors")
        bold = book.add_format({"bold": True, "bg_color": "#DFF2EA", "border": 1, "border_color": "#B4C1BB"})
        sheet.freeze_panes(1, 0)
        for column, (title, width) in enumerate(zip(_TITLES.get(language, _TITLES["vi"]), _WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(_ROWS, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                else:
                    sheet.write_string(number, column, cell)
    return content.getvalue()
