"""Cases: what the rules would have refused and what the counts do not explain; each is closed with a reason."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field
from starlette.requests import Request
from starlette.responses import Response

from server.domain.cases import CaseWish
from server.domain.errors import DomainError
from server.domain.roles import Right
from server.services import cases as service
from server.services.cases import CaseLine, CaseSheet
from server.services.corrections import Closing
from server.services.corrections import close_case as close
from server.web.api.records import MOST_ROW, desk_of, number_cursor
from server.web.i18n import gettext as _
from server.web.i18n import mark
from server.web.openapi import NO_CONTROLS, Line, Model, Page, Paragraphs, operation, reply
from server.web.problems import Problem, add_problems
from server.web.templating import house_of

add_problems(
    {
        "unknown_case": Problem(404, mark("Không có trường hợp này.")),
        "unknown_choice": Problem(422, mark("Trường hợp này không đóng được với lý do đó.")),
        "note_needed": Problem(422, mark("Hãy ghi rõ lý do.")),
        "time_needed": Problem(422, mark("Hãy ghi giờ khách ra.")),
        "bad_time": Problem(422, mark("Giờ ra phải sau lượt quét cuối và không muộn hơn bây giờ hoặc giờ đóng cửa.")),
        "case_closed": Problem(409, mark("%(by)s đã đóng trường hợp này trước.")),
    }
)


class CaseOut(Model):
    """A case. `scan` is the id of the scan that it is about; `people` the change that was counted, never negative."""

    id: int
    kind: str
    at: datetime
    opened_at: datetime
    scan: str | None
    holder: str | None
    visitor: str | None
    delegation: str | None
    device: str | None
    answer: str | None
    conflict: str | None
    people: int
    detail: dict[str, Any]
    closed_at: datetime | None
    closed_by: str | None
    choice: str | None
    reason: str | None


class MoveOut(Model):
    """A movement that a closing adds."""

    who: Literal["holder", "another"]
    direction: Literal["in", "out"]
    people: int
    when: Literal["now", "scan", "asked"]


class ChoiceOut(Model):
    """A way to close a case; `people_after` is how many would be inside then."""

    code: str
    moves: list[MoveOut]
    people_after: int
    needs_note: bool
    needs_time: bool


class EvidenceOut(Model):
    """A movement around a case, in order of corrected time."""

    scan: str
    at: datetime
    received_at: datetime
    answer: str
    code: str | None
    conflict: str | None
    from_zone: str | None
    to_zone: str | None
    people: int
    device: str | None
    offline: bool
    assumed: bool


class CaseRecord(CaseOut):
    choices: list[ChoiceOut]
    movements: list[EvidenceOut]
    corrections: list[str]


class CaseList(Model):
    items: list[CaseOut]
    next: str | None


class CaseQuery(Page):
    """`state` is open by default; `kind` and a span of opening times narrow."""

    state: Literal["open", "closed", "all"] = "open"
    kind: Annotated[str, Field(max_length=24, pattern=NO_CONTROLS)] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class CaseClosing(Model):
    """`choice` is one of the case's `choices`; `at` the time for one that needs it, `name` of another person."""

    choice: Line
    note: Paragraphs = ""
    at: Annotated[AwareDatetime, Field(strict=False)] | None = None
    name: Annotated[str, Field(max_length=200, pattern=NO_CONTROLS)] = ""


@operation("cases", right=Right.CLOSE_CASES, answers={200: CaseList})
async def list_cases(request: Request, query: CaseQuery) -> Response:
    """List cases, newest first."""
    state = {"open": False, "closed": True, "all": None}[query.state]
    wish = CaseWish(state, query.kind, query.since, query.until)
    before = number_cursor(query.cursor)
    page = await service.list_cases(house_of(request).database, wish, before=before, limit=query.limit)
    items = [_out(line) for line in page.lines]
    return reply(CaseList(items=items, next=str(page.next) if page.next else None))


@operation("cases", right=Right.CLOSE_CASES, answers={200: CaseRecord}, problems=(404,))
async def get_case(request: Request) -> Response:
    """Show a case with the movements around it and the ways to close it."""
    return reply(_record(await service.open_case(house_of(request).database, case_id(request))))


@operation("cases", right=Right.CLOSE_CASES, answers={200: CaseRecord}, problems=(404, 409))
async def close_case(request: Request, body: CaseClosing) -> Response:
    """Close a case; its choice's movements are added. The same closing again changes nothing."""
    closing = Closing(body.choice, body.note, body.at, body.name or _("Khách chưa rõ tên"))
    return reply(_record(await close(house_of(request), await desk_of(request), case_id(request), closing)))


def case_id(request: Request) -> int:
    """Return the number in the address, or raise `unknown_case`."""
    typed = request.path_params["id"]
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 10 or int(typed) > MOST_ROW:
        raise DomainError("unknown_case", case=typed[:20])
    return int(typed)


def _out(line: CaseLine) -> CaseOut:
    return CaseOut(**_fields(line))


def _fields(line: CaseLine) -> dict[str, Any]:
    scan = line.scan
    return {
        "id": line.id,
        "kind": line.kind,
        "at": line.at,
        "opened_at": line.opened_at,
        "scan": scan["scan_id"] if scan else None,
        "holder": line.holder,
        "visitor": line.who.name,
        "delegation": line.who.delegation,
        "device": line.device,
        "answer": scan["answer"] if scan else None,
        "conflict": scan["conflict"] if scan else None,
        "people": line.counted,
        "detail": dict(line.detail),
        "closed_at": line.closed_at,
        "closed_by": line.closed_by,
        "choice": line.choice,
        "reason": line.reason,
    }


def _record(sheet: CaseSheet) -> CaseRecord:
    return CaseRecord(
        **_fields(sheet.line),
        choices=[
            ChoiceOut(
                code=choice.code,
                moves=[MoveOut(who=m.who, direction=m.direction, people=m.people, when=m.when) for m in choice.moves],
                people_after=max(0, sheet.people + choice.change),
                needs_note=choice.needs_note,
                needs_time=choice.needs_time,
            )
            for choice in (sheet.choices if sheet.line.closed_at is None else ())
        ],
        movements=[_evidence(move) for move in sheet.movements],
        corrections=[str(scan["scan"]) for scan in sheet.corrections],
    )


def _evidence(move: Any) -> EvidenceOut:
    fields = "at received_at answer code conflict from_zone to_zone people offline assumed".split()
    return EvidenceOut(scan=move["scan_id"], device=move["device_id"], **{name: move[name] for name in fields})
