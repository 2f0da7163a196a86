"""The form of a visitor: what was typed, and one sentence for each field that cannot be so."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from server.web.i18n import gettext as _

FIELDS = ("name", "title", "organisation", "phone", "email", "language", "visit_date", "delegation", "needs", "notes")
_LONGEST = {"name": 200, "title": 200, "organisation": 200, "needs": 4_000, "notes": 4_000}


def languages(known: str = "vi") -> list[tuple[str, str]]:
    """Return the languages that visitors speak here, each by its own name; `known` too, whatever it is."""
    choices = {
        "vi": "Tiếng Việt",
        "en": "English",
        "zh": "中文",
        "ja": "日本語",
        "ko": "한국어",
        "fr": "Français",
        "km": "ខ្មែរ",
        "lo": "ລາວ",
    }
    return list((choices | ({} if known in choices else {known: known})).items())


def typed_visitor(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a form as a visitor's values: what was left empty is nobody's phone, day or delegation."""
    values: dict[str, Any] = {name: form[name] for name in FIELDS if name in form}
    for name in ("phone", "email", "visit_date", "delegation"):
        if name in values:
            values[name] = values[name].strip() or None
    return values


def sentences_of(error: ValidationError) -> dict[str, str]:
    """Return what is wrong with each field, as one sentence that says how to mend it."""
    return {str(one["loc"][0]): _sentence(str(one["loc"][0]), one["type"]) for one in error.errors() if one["loc"]}


def _sentence(field: str, kind: str) -> str:
    if field == "name":
        return _("Cần họ và tên, nhiều nhất 200 ký tự.")
    if field == "phone":
        return _("Số điện thoại không đúng; ví dụ 0903 123 456 hoặc +82 10 1234 5678.")
    if field == "email":
        return _("Địa chỉ thư điện tử không đúng; ví dụ lan@example.vn.")
    if field == "visit_date":
        return _("Cần một ngày trong khoảng từ năm 2000 đến 2099.")
    if kind == "string_too_long":
        return _("Dài quá %(most)s ký tự.", most=_LONGEST.get(field, 200))
    return _("Có ký tự không dùng được.")
