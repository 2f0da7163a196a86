"""API v1: one decorator that parses, checks rights, and notes what the description says (`description.py`).

    @operation("passes", right=Right.ISSUE_PASSES, answers={201: PassOut}, problems=(404, 409))
    async def issue_pass(request: Request, body: PassRequest) -> Response:
        \"\"\"Issue a pass.\"\"\"

A handler names what it reads: `body` (JSON; `Model | None` when it may lack) and `query`, each annotated with a
model. The first line of its docstring is the summary. Parsing is ours, since spectree's own lets a body of another
content type through.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.web.auth import principal_of, require, require_device

Handler = Callable[..., Awaitable[Response]]
Allowed = Right | Literal["device", "anyone known", "everybody"]

# What a database, a spreadsheet or a page cannot bear stays outside.
NO_CONTROLS = r"^[^\x00-\x1F\x7F]*$"
Line = Annotated[str, Field(max_length=300, pattern=NO_CONTROLS)]
Paragraphs = Annotated[str, Field(max_length=4_000, pattern=r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F]*$")]


class Model(BaseModel):
    """What a program sends or gets: no field that is not named, no type that is merely similar."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """Parameters of an address. They are texts, so that `"5"` is a number here."""

    model_config = ConfigDict(extra="ignore")


class Page(Query):
    """Which part of a list: what follows `cursor`, at most `limit` items."""

    cursor: Annotated[str, Field(max_length=100, pattern=NO_CONTROLS)] = ""
    limit: Annotated[int, Field(ge=1, le=1_000)] = 100


def reply(answer: BaseModel, status: int = 200) -> Response:
    return Response(answer.model_dump_json(), status, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is no JSON."""

    content_type: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What the description says of a handler; `answers` and `problems` by status."""

    name: str
    text: str | None
    tag: str
    right: Allowed
    answers: Mapping[int, type[BaseModel] | Raw | None]
    problems: tuple[int, ...]
    body: type[BaseModel] | None
    needs_body: bool
    query: type[BaseModel] | None
    upload: str


OPERATIONS: dict[Handler, Operation] = {}
"""What each endpoint that is served does."""


def operation(
    tag: str,
    *,
    right: Allowed,
    answers: Mapping[int, type[BaseModel] | Raw | None],
    problems: Iterable[int] = (),
    upload: str = "",
) -> Callable[[Handler], Handler]:
    """Make a handler an operation of API v1.

    `right` is what the principal must have, "device" for a paired device, "anyone known" for these and the staff,
    or "everybody". `problems` lists the statuses of refusals beside those that any operation may give. `upload`
    names the field of a multipart file, which the handler reads by itself.
    """

    def decorate(handler: Handler) -> Handler:
        hints = get_type_hints(handler)
        body_model, query_model = hints.get("body"), hints.get("query")
        needs_body = type(None) not in get_args(body_model)
        if not needs_body:
            body_model = next(model for model in get_args(body_model) if model is not type(None))

        async def endpoint(request: Request) -> Response:
            await _check(request, right)
            values: dict[str, Any] = {}
            if query_model is not None:
                values["query"] = _read_query(request, query_model)
            if body_model is not None:
                may_lack = not needs_body and not await request.body()
                values["body"] = None if may_lack else await _read_body(request, body_model)
            return await handler(request, **values)

        endpoint.__name__ = handler.__name__
        OPERATIONS[endpoint] = Operation(
            handler.__name__, handler.__doc__, tag, right, answers, tuple(problems), body_model, needs_body,
            query_model, upload,
        )  # fmt: skip
        return endpoint

    return decorate


async def _check(request: Request, right: Allowed) -> None:
    if any("\x00" in str(value) for value in request.path_params.values()):
        raise DomainError("not_found")
    if right == "everybody":
        return
    principal = await principal_of(request)
    if right == "device" or (right == "anyone known" and not principal.is_staff):
        require_device(principal)
    elif right != "anyone known":
        require(principal, right)


def _read_query(request: Request, model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise _invalid(error, "query") from None


async def _read_body(request: Request, model: type[BaseModel]) -> BaseModel:
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json" and not content_type.endswith("+json"):
        raise DomainError("unsupported_media_type", expected="application/json")
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise _invalid(error, "body") from None


def _invalid(error: ValidationError, part: str) -> DomainError:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return DomainError("malformed_json", why=errors[0]["msg"])
    found = [
        {"where": ".".join(map(str, (part, *entry["loc"]))), "type": entry["type"], "why": entry["msg"]}
        for entry in errors[:50]
    ]
    return DomainError("invalid_request", errors=found)
