"""Errors to answers: a problem document (RFC 9457) for programs, a page for people. One table."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from server.domain.errors import DomainError
from server.web.i18n import gettext, mark
from server.web.templating import render

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    """How a code is answered: the status and a sentence with `%(argument)s` places."""

    status: int
    sentence: str


PROBLEMS: dict[str, Problem] = {
    "bad_request": Problem(400, mark("Yêu cầu không đọc được.")),
    "malformed_scans": Problem(422, mark("Danh sách lượt quét phải là một mảng.")),
    "too_many_scans": Problem(422, mark("Mỗi lần gửi tối đa %(most)s lượt quét.")),
    "storage_unavailable": Problem(503, mark("Chưa ghi được dữ liệu, xin gửi lại sau.")),
    "unknown_zone": Problem(404, mark("Không có khu %(zone)s.")),
    "bad_space_file": Problem(500, mark("Tệp cấu hình không gian có lỗi ở %(where)s: %(why)s")),
    "invalid_fields": Problem(422, mark("Có trường chưa đúng.")),
    "not_found": Problem(404, mark("Không tìm thấy trang hoặc mục này.")),
    "method_not_allowed": Problem(405, mark("Địa chỉ này không nhận cách gọi đó.")),
    "forged_request": Problem(403, mark("Yêu cầu không xuất phát từ trang của hệ thống.")),
    "too_large": Problem(413, mark("Nội dung gửi lên quá lớn.")),
    "unsupported_media_type": Problem(415, mark("Nội dung phải là JSON.")),
    "not_allowed": Problem(403, mark("Tài khoản này không có quyền làm việc đó.")),
    "sign_in_needed": Problem(401, mark("Cần đăng nhập hoặc mã truy cập.")),
    "bad_token": Problem(401, mark("Mã truy cập không đúng hoặc đã bị thu hồi.")),
    "too_many_attempts": Problem(429, mark("Quá nhiều lần thử, xin đợi một lát.")),
    "malformed_json": Problem(400, mark("Nội dung không phải JSON hợp lệ.")),
    "invalid_request": Problem(422, mark("Có trường chưa đúng.")),
    "wrong_credentials": Problem(401, mark("Tên đăng nhập hoặc mật khẩu chưa đúng.")),
    "wrong_code": Problem(401, mark("Mã chưa đúng, đã dùng rồi hoặc đã hết hạn.")),
    "wrong_set_up_code": Problem(422, mark("Mã thiết lập chưa đúng; mã có trong nhật ký máy chủ và sanh doctor.")),
    "step_expired": Problem(401, mark("Đã chờ quá lâu, xin đăng nhập lại.")),
    "second_step_is_on": Problem(409, mark("Xác thực hai bước đang bật.")),
    "no_second_step": Problem(409, mark("Mã bí mật này không còn dùng, hãy bật lại từ đầu.")),
    "oidc_state": Problem(400, mark("Lần đăng nhập này đã hết hạn hoặc đã dùng, xin bắt đầu lại.")),
    "oidc_refused": Problem(401, mark("Nơi cấp tài khoản không cho đăng nhập, xin thử lại hoặc dùng mật khẩu.")),
    "oidc_invalid": Problem(401, mark("Không xác minh được câu trả lời của nơi cấp tài khoản, xin thử lại.")),
    "oidc_unreachable": Problem(503, mark("Chưa liên lạc được với nơi cấp tài khoản, xin dùng mật khẩu.")),
    "oidc_unknown": Problem(403, mark("Tài khoản này chưa được dùng bàn lễ tân, hãy hỏi quản trị của không gian.")),
    "account_locked": Problem(403, mark("Tài khoản này đã bị khóa, hãy hỏi quản trị của không gian.")),
    "unknown_pass": Problem(404, mark("Không có thẻ này.")),
    "revoked_pass": Problem(409, mark("Thẻ này đã bị hủy.")),
    "unknown_account": Problem(404, mark("Không có tài khoản %(account)s.")),
    "account_exists": Problem(409, mark("Đã có tài khoản %(account)s.")),
    "last_administrator": Problem(409, mark("Đây là quản trị cuối cùng, phải còn ít nhất một quản trị.")),
    "wrong_password": Problem(422, mark("Mật khẩu đang dùng chưa đúng.")),
    "same_password": Problem(422, mark("Mật khẩu mới phải khác mật khẩu đang dùng.")),
    "weak_password": Problem(422, mark("Mật khẩu cần ít nhất %(least)s ký tự.")),
    "bad_role": Problem(422, mark("Không có vai trò %(role)s; các vai trò: %(roles)s.")),
    "bad_name": Problem(422, mark("Tên phải có từ 1 đến 100 ký tự.")),
    "unknown_token": Problem(404, mark("Không có mã truy cập %(token)s đang dùng.")),
    "unknown_device": Problem(404, mark("Không có thiết bị này.")),
    "unknown_code": Problem(404, mark("Không có màn hình nào đang hiện mã này.")),
    "unknown_secret": Problem(404, mark("Không có lần ghép này, hãy xin mã mới.")),
    "code_used": Problem(409, mark("Mã này đã được duyệt.")),
    "secret_used": Problem(410, mark("Thiết bị đã nhận mã truy cập rồi.")),
    "pairing_expired": Problem(410, mark("Mã đã hết hạn, hãy lấy mã mới.")),
    "bad_secret_file": Problem(500, mark("Tệp khóa %(path)s không dùng được: %(why)s")),
    "backup_needs_sqlite": Problem(409, mark("Chỉ sao lưu được SQLite; với PostgreSQL hãy dùng pg_dump.")),
    "no_database": Problem(404, mark("Chưa có cơ sở dữ liệu %(file)s.")),
    "database_exists": Problem(409, mark("Đã có cơ sở dữ liệu %(file)s; thêm --replace để thay.")),
    "database_in_use": Problem(409, mark("Cơ sở dữ liệu %(file)s đang được dùng; hãy dừng máy chủ trước.")),
    "bad_backup": Problem(422, mark("Tệp %(file)s không phải bản sao lưu dùng được: %(why)s")),
    "too_many_frames": Problem(429, mark("Gửi quá nhanh, kết nối bị ngắt.")),
    "binary_frame": Problem(415, mark("Chỉ nhận tin dạng chữ.")),
    "unknown_message": Problem(422, mark("Không có loại tin này.")),
    "malformed_topics": Problem(422, mark("Danh sách chủ đề phải là một mảng chữ.")),
    "topic_not_allowed": Problem(403, mark("Không được theo dõi: %(topics)s.")),
    "workers_need_bus": Problem(409, mark("%(workers)s tiến trình cần PostgreSQL và một bus; hãy dùng --workers 1.")),
    "bad_bus_url": Problem(500, mark("SANH_BUS_URL phải là redis://… hoặc để trống.")),
    "nothing_to_print": Problem(422, mark("Không có thẻ nào để in.")),
    "too_many_badges": Problem(422, mark("Mỗi lần in tối đa %(most)s thẻ.")),
    "unknown_format": Problem(422, mark("Chỉ xuất được ra xlsx hoặc csv.")),
    "cannot_write_file": Problem(500, mark("Không ghi được tệp %(path)s: %(why)s")),
    "print_failed": Problem(503, mark("Chưa in được: %(why)s")),
    "visitor_or_delegation": Problem(422, mark("Cần đúng một trong hai: khách hoặc đoàn.")),
    "already_came": Problem(409, mark("Đoàn %(delegation)s đã đến.")),
    "confirmed_already": Problem(409, mark("Đoàn %(delegation)s đã xác nhận rồi.")),
    "not_open": Problem(409, mark("Đoàn %(delegation)s đã đến hoặc đã hủy.")),
    "not_cancelled": Problem(409, mark("Đoàn %(delegation)s không mở lại được.")),
    "same_delegation": Problem(409, mark("Đây là cùng một đoàn.")),
    "merge_while_inside": Problem(409, mark("Đoàn %(delegation)s đang có %(inside)s người bên trong, chưa thể gộp.")),
    "unknown_organisation": Problem(404, mark("Không có đơn vị này.")),
    "same_organisation": Problem(409, mark("Hai đơn vị này không gộp được.")),
    "successor_circle": Problem(409, mark("Đơn vị kế tiếp không thể dẫn ngược về chính đơn vị này.")),
    "span_ends_first": Problem(422, mark("Ngày kết thúc phải sau ngày bắt đầu.")),
    "bad_organisation_name": Problem(422, mark("Tên đơn vị phải có từ 1 đến %(most)s ký tự.")),
    "no_such_successor": Problem(422, mark("Danh mục không có đúng một đơn vị tên %(name)s.")),
    "bad_tax_code": Problem(422, mark("Mã số thuế không đúng.")),
    "check_in:already_inside": Problem(409, mark("Cả đoàn đã vào.")),
    "check_in:too_many_people": Problem(409, mark("Đoàn đông hơn số đã đăng ký, xin sửa số khách trước.")),
    "check_in:space_full": Problem(409, mark("Không gian đã đủ khách, còn %(free)s chỗ.")),
    "check_in:zone_full": Problem(409, mark("Khu này đã đủ khách, còn %(free)s chỗ.")),
    "check_in:space_closed": Problem(409, mark("Không gian đang đóng cửa.")),
    "check_in:too_early": Problem(409, mark("Chưa đến ngày của đoàn này.")),
    "check_in:expired": Problem(409, mark("Thẻ của đoàn đã hết hạn.")),
    "check_in:cancelled_delegation": Problem(409, mark("Đoàn này đã hủy.")),
    "check_in:revoked_pass": Problem(409, mark("Thẻ của đoàn đã bị hủy.")),
    "nobody_chosen": Problem(422, mark("Chưa chọn ai.")),
    "bad_people": Problem(422, mark("Số người phải từ 1.")),
    "slot_missing": Problem(409, mark("Đoàn %(delegation)s chưa có giờ hẹn.")),
    "unknown_message_id": Problem(404, mark("Không có tin này.")),
    "message_is_being_sent": Problem(409, mark("Tin này đang được gửi.")),
    "unknown_request": Problem(404, mark("Không tìm thấy yêu cầu này, hoặc số điện thoại không khớp.")),
    "request_settled": Problem(409, mark("Đoàn đã đến hoặc đã hủy, không rút yêu cầu được nữa.")),
    "internal_error": Problem(500, mark("Hệ thống gặp lỗi. Sự việc đã được ghi lại.")),
}
_BY_STATUS = {
    400: "bad_request",
    401: "sign_in_needed",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_attempts",
    503: "storage_unavailable",
}


def add_problems(problems: dict[str, Problem]) -> None:
    """Add a feature's codes to the table."""
    PROBLEMS.update(problems)


def sentence_of(error: DomainError) -> str:
    """Return the sentence for an error, in the language of this context."""
    # One code may have a sentence for each of its reasons: `slot_taken:full`.
    problem = PROBLEMS.get(f"{error.code}:{error.arguments.get('reason')}") or PROBLEMS.get(error.code)
    if problem is None:
        return error.code
    try:
        return gettext(problem.sentence, **error.arguments)
    except KeyError:
        return gettext(problem.sentence)


def document(error: DomainError, status: int) -> dict[str, Any]:
    """Return the problem document of an error."""
    arguments = {key: value for key, value in error.arguments.items() if isinstance(value, str | int | float | list)}
    return {
        **arguments,
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": sentence_of(error),
    }


def answer_problem(request: Request, error: DomainError, headers: dict[str, str] | None = None) -> Response:
    """Answer an error: a document under /api, else a page."""
    problem = PROBLEMS.get(error.code)
    if problem is None:
        _log.error("unknown_problem_code", code=error.code)
    status = problem.status if problem else 500
    if request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", ""):
        return JSONResponse(document(error, status), status, headers, media_type="application/problem+json")
    response = render(request, "error.html", status, code=error.code, sentence=sentence_of(error))
    response.headers.update(headers or {})
    return response


async def on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return answer_problem(request, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal_error")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    return answer_problem(request, DomainError(code), headers)


def _methods_of(request: Request) -> set[str]:
    # The router names the methods of the first route only, and an address may have a route for each.
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return {method for route in fitting for method in route.methods or ()}


async def on_invalid_fields(request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    fields = [{"field": ".".join(str(part) for part in item["loc"]), "code": item["type"]} for item in error.errors()]
    return answer_problem(request, DomainError("invalid_fields", errors=fields))


async def on_failure(request: Request, _error: Exception) -> Response:
    return answer_problem(request, DomainError("internal_error"))


HANDLERS: dict[Any, Any] = {
    DomainError: on_domain_error,
    HTTPException: on_http_error,
    ValidationError: on_invalid_fields,
    Exception: on_failure,
}
