"""The form of a delegation: its fields as texts, what of them was changed, and what is wrong with them."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from pydantic import ValidationError

from server.domain.delegations import MAX_PLANNED, DelegationRecord
from server.domain.errors import DomainError
from server.domain.space import Space
from server.web.api.delegations import DelegationChange, DelegationIn, columns_of
from server.web.i18n import gettext as _
from server.web.problems import PROBLEMS, sentence_of

FIELDS = (
    *("name", "organisation", "kind", "planned", "visit_date", "time", "minutes", "leader_name", "leader_title"),
    *("contact_name", "phone", "email", "language", "letter", "purpose", "sector", "needs", "notes", "guide", "zones"),
)
"""The fields of the form in the order of the page. `time` is the slot's hour; `zones` the ids with spaces between."""

_PEOPLE = {"leader_name": ("leader", "name"), "leader_title": ("leader", "title")} | {
    "contact_name": ("contact", "name"),
    "phone": ("contact", "phone"),
    "email": ("contact", "email"),
}
_OF_PART = {f"{part}.{name}": field for field, (part, name) in _PEOPLE.items()}
_NUMBERS = ("planned", "minutes")
EMPTY = dict.fromkeys(FIELDS, "") | {"kind": "agency", "minutes": "60", "language": "vi"}


class WrongFieldsError(Exception):
    """What was typed cannot be kept: a sentence for each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = dict(errors)


def texts_of(record: DelegationRecord, space: Space) -> dict[str, str]:
    """Return a delegation as its form shows it. What it needs is never shown without having been opened."""
    slot = space.local(record.slot_at) if record.slot_at else None
    texts = {name: str(getattr(record, name, "") or "") for name in FIELDS if name not in ("time", "zones", "needs")}
    texts["phone"] = f"0{record.phone[3:]}" if record.phone and record.phone.startswith("+84") else record.phone or ""
    texts |= {"time": f"{slot:%H:%M}" if slot else "", "zones": " ".join(sorted(record.zones or ())), "needs": ""}
    return {name: texts[name] for name in FIELDS}


def read_texts(form: Mapping[str, str], zones: list[str]) -> dict[str, str]:
    """Return what was typed; a field that was not sent is empty."""
    texts = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in FIELDS}
    return texts | {"zones": " ".join(sorted(set(zones)))}


def read_base(text: str) -> dict[str, str]:
    """Return the texts that a form was opened with, as its hidden field bears them."""
    try:
        base = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        base = {}
    found = base if isinstance(base, dict) else {}
    return EMPTY | {name: str(value) for name, value in found.items() if name in FIELDS}


def write_base(texts: Mapping[str, str]) -> str:
    """Return texts for a hidden field."""
    return orjson.dumps(dict(texts)).decode()


def changed_fields(texts: Mapping[str, str], base: Mapping[str, str]) -> list[str]:
    """Return the fields that were changed on the page. Needs that were left empty stay as they are."""
    return [name for name in FIELDS if texts[name] != base[name].strip().replace("\r\n", "\n")]


def new_columns(texts: Mapping[str, str], status: str, space: Space) -> dict[str, Any]:
    """Return the columns of a new delegation. Raise `WrongFieldsError`."""
    filled = [name for name in FIELDS if texts[name] or (name == "visit_date" and texts["time"])]
    return _checked(DelegationIn, _body(texts, filled, space) | {"status": status}, texts)


def changed_columns(texts: Mapping[str, str], fields: list[str], space: Space) -> dict[str, Any]:
    """Return the columns that the changed fields stand for. Raise `WrongFieldsError`."""
    if "time" in fields and "visit_date" not in fields:
        fields = [*fields, "visit_date"]
    return _checked(DelegationChange, _body(texts, fields, space), texts)


def error_of(error: DomainError) -> dict[str, str]:
    """Return a refusal as the sentence of the field that it is about; an empty name stands for the whole form."""
    fields = {
        "covers_below_inside": "planned",
        "slot_taken": "time",
        "slot_not_on_day": "time",
        "no_such_zone": "zones",
    }
    reason = PROBLEMS.get(f"{error.code}:{error.arguments.get('reason', '')}")
    sentence = _(reason.sentence, **error.arguments) if reason else sentence_of(error)
    return {fields.get(error.code, ""): sentence}


def _body(texts: Mapping[str, str], fields: list[str], space: Space) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in fields:
        value = texts[name]
        if name in _PEOPLE:
            part, key = _PEOPLE[name]
            body.setdefault(part, {})[key] = value or (None if key in ("phone", "email") else "")
        elif name in _NUMBERS:
            body[name] = int(value) if value.isdecimal() and len(value) < 10 else value
        elif name == "zones":
            body[name] = value.split() or None
        elif name == "organisation":
            body[name] = value or None
        elif name == "visit_date":
            body |= _appointment(texts, space)
        elif name != "time":
            body[name] = value
    return body


def _appointment(texts: Mapping[str, str], space: Space) -> dict[str, str | None]:
    day, hour = texts["visit_date"], texts["time"]
    if not hour:
        return {"visit_date": day or None, "slot_at": None}
    if not day:
        raise WrongFieldsError({"visit_date": _("Có giờ hẹn thì cần ngày.")})
    try:
        at = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), ZoneInfo(space.timezone))
    except ValueError:
        raise WrongFieldsError({"time": _("Giờ phải có dạng 09:30.")}) from None
    return {"visit_date": day, "slot_at": at.isoformat()}


def _checked(
    model: type[DelegationIn] | type[DelegationChange], body: dict[str, Any], texts: Mapping[str, str]
) -> dict[str, Any]:
    try:
        return columns_of(model.model_validate_json(orjson.dumps(body)))
    except ValidationError as error:
        raise WrongFieldsError({_field(item["loc"]): _sentence(item, texts) for item in error.errors()}) from None


def _field(place: tuple[int | str, ...]) -> str:
    path = ".".join(str(part) for part in place[:2])
    if not place:
        return "name"
    return _OF_PART.get(path, {"slot_at": "time"}.get(str(place[0]), str(place[0])))


def _sentence(item: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    field = _field(item["loc"])
    if field == "planned":
        return _("Số khách là một số từ 1 đến %(most)s.", most=MAX_PLANNED)
    if field == "minutes":
        return _("Thời lượng là số phút, từ 1 đến 1440.")
    if field == "name" and not texts["name"]:
        return _("Cần tên đoàn hoặc tên đơn vị.")
    return {
        "string_too_long": _("Nội dung dài quá, xin rút gọn."),
        "bad_phone": _("Số điện thoại không đúng."),
        "bad_email": _("Địa chỉ thư điện tử không đúng."),
        "impossible_date": _("Ngày phải nằm trong khoảng từ năm 2000 đến 2099."),
    }.get(str(item["type"]), _("Nội dung này chưa đúng."))
