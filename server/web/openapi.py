"""API v1: one decorator that parses, checks rights and describes; and the description of it all.

    @operation("passes", right=Right.ISSUE_PASSES, answers={201: PassOut}, problems=(404, 409))
    async def issue_pass(request: Request, body: PassRequest) -> Response:
        \"\"\"Issue a pass.\"\"\"

A handler names what it reads: `body` (JSON; `Model | None` when it may lack) and `query`, each annotated with a
model. The first line of its docstring is the summary. spectree writes the description; parsing is ours, since its own
lets a body of another content type through.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.models import InType, SecureType, SecuritySchemeData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.domain.errors import DomainError
from server.domain.roles import Right
from server.web.auth import DEVICE_COOKIE, SESSION_COOKIE, principal_of, require, require_device

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


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable; further members are arguments of the sentence."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is no JSON."""

    content_type: str


def _cookie(name: str) -> SecuritySchemeData:
    return SecuritySchemeData(type=SecureType.API_KEY, field_in=InType.COOKIE, name=name)


_PROBLEMS_OF_ALL = (400, 401, 403, 413, 422, 429, 503)
_SCHEMES = [
    SecurityScheme(name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer")),
    SecurityScheme(name="deviceCookie", data=_cookie(DEVICE_COOKIE)),
    SecurityScheme(name="sessionCookie", data=_cookie(SESSION_COOKIE)),
]
_spec = SpecTree(
    "starlette",
    title="Sảnh",
    version="v1",
    path="apidoc",
    annotations=False,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
    security_schemes=_SCHEMES,
)


@dataclass(frozen=True, slots=True)
class _Operation:
    described: Handler
    raw: Mapping[int, Raw]
    upload: str
    needs_body: bool = True


_operations: dict[Handler, _Operation] = {}


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
        endpoint.__doc__ = handler.__doc__
        codes = {*problems, *_PROBLEMS_OF_ALL} | ({415} if body_model or upload else set())
        models: dict[str, Any] = {f"HTTP_{status}": Problem for status in codes}
        models |= {f"HTTP_{code}": None if isinstance(model, Raw) else model for code, model in answers.items()}
        described: Handler = _spec.validate(
            json=body_model,
            query=query_model,
            resp=Answers(**models),
            tags=[tag],
            security=[] if right == "everybody" else [{scheme.name: []} for scheme in _SCHEMES],
            skip_validation=True,
            operation_id=handler.__name__,
        )(endpoint)
        raw = {code: model for code, model in answers.items() if isinstance(model, Raw)}
        _operations[endpoint] = _Operation(described, raw, upload, needs_body)
        # The endpoint itself is served: spectree only describes it.
        return endpoint

    return decorate


def describe(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of those routes whose endpoint is an operation."""
    ours = [route for route in routes if isinstance(route, Route) and route.endpoint in _operations]
    _spec.app = _Routes(
        [Route(route.path, _operations[route.endpoint].described, methods=list(route.methods or ())) for route in ours]
    )
    models = deepcopy(_spec.models)
    document: dict[str, Any] = _spec._generate_spec()
    # It takes the models apart while it writes; the next description needs them whole.
    _spec.models = models
    for route in ours:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        for method in (route.methods or set()) - {"HEAD"}:
            _correct(document["paths"][path][method.lower()], _operations[route.endpoint])
    return document


class _Routes:
    """What spectree takes for an application."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes


def _correct(described: dict[str, Any], operation: _Operation) -> None:
    """Say what spectree cannot: problem documents, pictures, uploads."""
    for status, answer in described["responses"].items():
        if int(status) >= 400 and "content" in answer:
            answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
    for code, raw in operation.raw.items():
        described["responses"][str(code)]["content"] = {raw.content_type: {}}
    if not operation.needs_body:
        described["requestBody"]["required"] = False
    if operation.upload:
        file = {"type": "string", "format": "binary"}
        schema = {"type": "object", "properties": {operation.upload: file}, "required": [operation.upload]}
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


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
