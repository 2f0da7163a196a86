"""Every list that leaves the house, on one page: whole, as a workbook or CSV."""

from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services.exports import TABLES, Subject, whole_list
from server.web.api.exports import RIGHTS
from server.web.api.records import desk_of
from server.web.auth import require
from server.web.exports import listing_response
from server.web.i18n import gettext as _
from server.web.pages.staff.desk import enter, render_desk


async def show_exports(request: Request) -> Response:
    """Show the lists that this person may take."""
    principal = await enter(request, Right.READ_VISITORS)
    if isinstance(principal, Response):
        return principal
    names = list_names()
    lists = [(name, *names[name]) for name in TABLES if RIGHTS[name] in principal.rights]
    return render_desk(request, principal, "staff/exports.html", lists=lists)


async def take_list(request: Request) -> Response:
    """Answer a whole list as a file."""
    principal = await enter(request, Right.READ_DELEGATIONS)
    if isinstance(principal, Response):
        return principal
    name = request.path_params["list"]
    if name not in RIGHTS:
        raise DomainError("not_found")
    subject = cast("Subject", name)
    require(principal, RIGHTS[subject])
    listing = whole_list(await desk_of(request), subject, title=list_names()[subject][0])
    return await listing_response(request, listing, request.path_params["format"])


def list_names() -> dict[Subject, tuple[str, str]]:
    """Return what each list is called, and in a few words what it holds."""
    return {
        "delegations": (_("Đoàn tham quan"), _("mọi đoàn với người liên hệ, số người và trạng thái")),
        "visitors": (_("Khách"), _("mọi khách với đoàn và liên hệ")),
        "movements": (_("Lượt di chuyển"), _("từng lần vào, ra, sang khu khác")),
        "visits": (_("Lượt tham quan"), _("từ lần vào đầu đến lúc ra về trong ngày")),
        "passes": (_("Thẻ đã cấp"), _("mã ngắn, ngày cấp, ngày hủy; không có mã quét")),
        "prints": (_("Lần in thẻ"), _("ai in bao nhiêu thẻ, lúc nào")),
        "devices": (_("Thiết bị"), _("máy đã ghép và đã thu hồi")),
        "organisations": (_("Cơ quan, đơn vị"), _("tên, loại, thời gian hiệu lực")),
        "accounts": (_("Tài khoản"), _("tên và vai trò; không có mật khẩu")),
        "cases": (_("Cần xử lý"), _("trường hợp mở và đã đóng, kèm lý do")),
        "audit": (_("Nhật ký"), _("ai làm gì, lúc nào")),
    }
