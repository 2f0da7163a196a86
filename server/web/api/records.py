"""The fields of delegations and visitors as programs send them: each cleaned and checked once, with a stable code."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from server.domain.delegations import MAX_PLANNED
from server.domain.errors import DomainError
from server.domain.phones import parse_phone
from server.domain.registry.cells import Unreadable, read_email
from server.domain.text import clean, search_key
from server.services.desk import Desk
from server.web.auth import principal_of
from server.web.i18n import gettext as _
from server.web.i18n import mark
from server.web.openapi import Model
from server.web.problems import Problem, add_problems
from server.web.templating import house_of

add_problems(
    {
        "unknown_delegation": Problem(404, mark("Không có đoàn %(delegation)s.")),
        "unknown_visitor": Problem(404, mark("Không có khách này.")),
        "cancelled_delegation": Problem(409, mark("Đoàn %(delegation)s đã hủy.")),
        "covers_below_inside": Problem(
            409, mark("Đang có %(inside)s người bên trong, nhiều hơn %(covers)s người của đoàn.")
        ),
        "member_is_inside": Problem(409, mark("Khách đang ở bên trong nên chưa thể chuyển sang đoàn khác.")),
        "visitor_erased": Problem(409, mark("Dữ liệu của khách này đã được xóa.")),
        "edit_conflict": Problem(409, mark("Người khác vừa sửa mục này, xin tải lại rồi sửa tiếp.")),
        "slot_not_on_day": Problem(422, mark("Khung giờ không thuộc ngày tham quan.")),
        "no_such_zone": Problem(422, mark("Không có khu %(zone)s.")),
        "bad_cursor": Problem(422, mark("Vị trí tiếp theo của danh sách không đúng.")),
    }
)

_NO_CONTROLS = "[^\\x00-\\x1F\\x7F-\\x9F]"
_LINE = f"^{_NO_CONTROLS}*$"
_SOMETHING = f"^{_NO_CONTROLS}*[^\\s\\x00-\\x1F\\x7F-\\x9F]{_NO_CONTROLS}*$"
_LINES = "^[^\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F]*$"
_IS_LINE = re.compile(_LINE)
_YEARS = range(2000, 2100)
_VERSION = re.compile(r'\s*(?:W/)?"?(\d{1,9})"?\s*')
MOST_ROW = 2**31 - 1
_CURSOR_NUMBER = re.compile(r"[0-9]{1,18}")
_CURSOR_ID = re.compile(r"[0-9a-f]{32}")


def _tidy(value: Any) -> Any:
    # Control characters are left for the pattern to refuse: cleaning would turn them into spaces.
    return clean(value) if isinstance(value, str) and _IS_LINE.match(value) else value


def _tidy_lines(value: Any) -> Any:
    return "\n".join(_tidy(line) for line in value.strip().splitlines()) if isinstance(value, str) else value


def _phone(value: str) -> str | None:
    if not value.strip():
        return None
    number = parse_phone(value)
    if number is None:
        raise PydanticCustomError("bad_phone", _("Số điện thoại không đúng."))
    return number


def _email(value: str) -> str | None:
    if not value.strip():
        return None
    try:
        return read_email(value)
    except Unreadable:
        raise PydanticCustomError("bad_email", _("Địa chỉ thư điện tử không đúng.")) from None


def _plausible_day(day: date) -> date:
    if day.year not in _YEARS:
        raise PydanticCustomError("impossible_date", _("Ngày phải nằm trong khoảng từ năm 2000 đến 2099."))
    return day


def _plausible_moment(moment: datetime) -> datetime:
    _plausible_day(moment)
    return moment


Name = Annotated[Annotated[str, Field(min_length=1, max_length=200, pattern=_SOMETHING)], BeforeValidator(_tidy)]
Short = Annotated[Annotated[str, Field(max_length=200, pattern=_LINE)], BeforeValidator(_tidy)]
Notes = Annotated[Annotated[str, Field(max_length=4_000, pattern=_LINES)], BeforeValidator(_tidy_lines)]
Phone = Annotated[Annotated[str, Field(max_length=60, pattern=_LINE)], AfterValidator(_phone)]
"""A number as people write it; kept in E.164."""
Email = Annotated[Annotated[str, Field(max_length=254, pattern=_LINE)], AfterValidator(_email)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,4})?$")]
Day = Annotated[date, AfterValidator(_plausible_day)]


def _iso_day(text: Any) -> Any:
    """Pydantic would take a number for seconds since 1970."""
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is None:
        raise PydanticCustomError("impossible_date", _("Ngày phải có dạng 2020-10-12."))
    return text


QueryDay = Annotated[date, BeforeValidator(_iso_day)]
Slot = Annotated[AwareDatetime, AfterValidator(_plausible_moment)]
Planned = Annotated[int, Field(ge=1, le=MAX_PLANNED)]
Minutes = Annotated[int, Field(ge=1, le=1_440)]
ZoneIds = Annotated[list[Annotated[str, Field(max_length=40, pattern=_LINE)]], Field(max_length=50)]
Code = Annotated[str, Field(max_length=20, pattern=_LINE)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


def unset() -> Any:
    """Return the field of a change that may be left out: what is not sent is not changed, and null is no default."""
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def words_of(q: str | None) -> list[str] | None:
    """Return the folded words of a search; None when it asks for something that no text can hold."""
    if q is None or not q.strip():
        return []
    return search_key(q).split() or None


def number_cursor(cursor: str) -> int:
    """Return where a list of numbered rows goes on, or raise `bad_cursor`."""
    if cursor and not _CURSOR_NUMBER.fullmatch(cursor):
        raise DomainError("bad_cursor")
    # No row is numbered higher, and PostgreSQL takes no higher number.
    return min(int(cursor or 0), MOST_ROW)


def id_cursor(cursor: str) -> str:
    """Return where a list of rows with ids goes on, or raise `bad_cursor`."""
    if cursor and not _CURSOR_ID.fullmatch(cursor):
        raise DomainError("bad_cursor")
    return cursor


def wanted_version(request: Request, version: int | None) -> int | None:
    """Return the version that a change was made on, from the body or `If-Match`; None when the sender does not care.

    An `If-Match` that is none of our versions fits none of them: -1.
    """
    header = request.headers.get("if-match")
    if version is not None or header is None or header.strip() == "*":
        return version
    match = _VERSION.fullmatch(header)
    return int(match[1]) if match else -1


async def desk_of(request: Request) -> Desk:
    """Return the surroundings of a change that this request makes."""
    house = house_of(request)
    principal = await principal_of(request)
    return Desk(house.database, house.space, principal.actor, house.clock.now())


class Leader(Model):
    name: Short = ""
    title: Short = ""


class Force(Model):
    """To take a slot although it has no room: why, for the audit log."""

    reason: Annotated[Name, Field(max_length=300)]
