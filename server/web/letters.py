"""What messages say: subject, text, HTML, and the files that go with them, made when they are sent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from jinja2 import Environment

from server.domain.delegations import DelegationRecord, Kind, covers
from server.domain.passes import show_short_code
from server.services import badges, qr
from server.services.delegations import get_delegation
from server.services.house import House
from server.services.invitations import invitation
from server.services.message_doors import Attachment, Letter
from server.web.badges import print_badges
from server.web.i18n import format_date, format_time, use_language
from server.web.i18n import gettext as _
from server.web.words import day_in_words

_MOST_BADGES = 750


async def compose(house: House, templates: Environment, message: Mapping[str, Any]) -> Letter:
    """Return a message as it leaves now, in the delegation's language; an international one says it in both."""
    record = await get_delegation(house.database, message["delegation"])
    with use_language(message["language"]):
        return await _compose(house, templates, message, record)


async def _compose(
    house: House, templates: Environment, message: Mapping[str, Any], record: DelegationRecord
) -> Letter:
    step = message["step"]
    context = _facts(house, message, record)
    files: list[Attachment] = []
    if message["channel"] == "mail":
        if step in ("confirmed", "changed"):
            files += await _passes(house, record, context)
        if record.slot_at is not None and step != "requested":
            files.append(_calendar(house, message, record, context["title"]))
    context["files"] = [(one.name, len(one.content)) for one in files if not one.cid]
    context["other"] = _other(record, message["language"], context["step"])
    sender_name = context["space_name"]
    return Letter(
        id=message["id"],
        channel=message["channel"],
        recipient=message["recipient"],
        sender=house.settings.message_from,
        sender_name=sender_name,
        subject=context["title"],
        text=templates.get_template("messages/letter.txt").render(**context),
        html=templates.get_template("messages/letter.html").render(**context) if message["channel"] == "mail" else "",
        step=step,
        delegation=record.code,
        language=message["language"],
        attachments=tuple(files),
    )


def title_of(step: str, code: str) -> str:
    """Return a message's subject."""
    return {
        "requested": _("Đã nhận yêu cầu của đoàn %(code)s", code=code),
        "confirmed": _("Đã xác nhận chuyến thăm của đoàn %(code)s", code=code),
        "changed": _("Lịch của đoàn %(code)s đã thay đổi", code=code),
        "cancelled": _("Chuyến thăm của đoàn %(code)s đã hủy", code=code),
    }[step]


def _facts(house: House, message: Mapping[str, Any], record: DelegationRecord) -> dict[str, Any]:
    space = house.space
    people = covers(record.planned, record.named)
    start = space.local(record.slot_at) if record.slot_at else None
    end = start + timedelta(minutes=record.minutes) if start else None
    key = message["data"].get("key", "")
    english = message["language"] == "en"
    return {
        "step": message["step"],
        "title": title_of(message["step"], record.code),
        "language_code": "en" if english else "vi",
        "space_name": space.name_en if english else space.name,
        "record": record,
        "people": people,
        "day": start,
        "weekday": day_in_words(start).split(",")[0].split(" 2")[0] if start and not english else "",
        "when": f"{day_in_words(start, with_year=True)}, {format_time(start)} – {format_time(end)}"
        if start and end
        else "",
        "hours": f"{format_time(start)} – {format_time(end)}" if start and end else "",
        "wished_day": format_date(record.visit_date) if record.visit_date else "",
        "page": f"{house.settings.public_url.rstrip('/')}/register/{record.code}" + (f"?key={key}" if key else ""),
        "short": "",
        "has_code": False,
    }


async def _passes(house: House, record: DelegationRecord, context: dict[str, Any]) -> list[Attachment]:
    passes = await house.passes.of_delegation(record.code)
    if not passes:  # cancelled since: the next letter says so
        return []
    group, *members = passes
    context |= {"short": show_short_code(group.short), "has_code": True, "pass_text": group.text}
    ids = [one.id for one in (group, *members)][:_MOST_BADGES]
    pdf = await print_badges(house.space, await badges.read_badges(house.database, ids), "badge")
    return [
        Attachment(f"{record.code}.png", "image/png", qr.draw_png(group.text, pixels_per_module=6), cid="code"),
        Attachment(f"the-deo-{record.code}.pdf", "application/pdf", pdf),
    ]


def _calendar(house: House, message: Mapping[str, Any], record: DelegationRecord, title: str) -> Attachment:
    method = "CANCEL" if message["step"] == "cancelled" else "REQUEST"
    content = invitation(
        record,
        method=method,
        sequence=int(message["data"].get("sequence", 0)),
        title=title,
        place=house.space.name,
        organizer=house.settings.message_from,
        attendee=message["recipient"],
        stamp=message["created_at"],
    )
    return Attachment(f"{record.code}.ics", "text/calendar", content, parameters={"method": method})


def _other(record: DelegationRecord, language: str, step: str) -> str:
    """Return the subject in the other language, for those who may read only that."""
    if record.kind != Kind.INTERNATIONAL:
        return ""
    with use_language("vi" if language == "en" else "en"):
        return title_of(step, record.code)
