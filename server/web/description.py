"""The description of API v1 in OpenAPI 3.1, written by spectree when it is asked for: it takes half a second."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.models import InType, SecureType, SecuritySchemeData
from starlette.routing import BaseRoute, Route

from server.web.auth import DEVICE_COOKIE, SESSION_COOKIE
from server.web.openapi import OPERATIONS, Handler, Operation, Raw


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable; further members are arguments of the sentence."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""


def _cookie(name: str) -> SecuritySchemeData:
    return SecuritySchemeData(type=SecureType.API_KEY, field_in=InType.COOKIE, name=name)


_PROBLEMS_OF_ALL = (400, 401, 403, 413, 422, 429, 503)
_SCHEMES = [
    SecurityScheme(name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer")),
    SecurityScheme(name="deviceCookie", data=_cookie(DEVICE_COOKIE)),
    SecurityScheme(name="sessionCookie", data=_cookie(SESSION_COOKIE)),
]


def describe(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of those routes whose endpoint is an operation."""
    ours = [route for route in routes if isinstance(route, Route) and route.endpoint in OPERATIONS]
    spec = SpecTree(
        "starlette",
        title="Sảnh",
        version="v1",
        path="apidoc",
        annotations=False,
        naming_strategy=lambda model: model.__name__,
        nested_naming_strategy=lambda _parent, child: child,
        security_schemes=_SCHEMES,
    )
    spec.app = _Routes(
        [
            Route(route.path, _described(spec, OPERATIONS[route.endpoint]), methods=list(route.methods or ()))
            for route in ours
        ]
    )
    document: dict[str, Any] = spec._generate_spec()
    for route in ours:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
        for method in (route.methods or set()) - {"HEAD"}:
            _correct(document["paths"][path][method.lower()], OPERATIONS[route.endpoint])
    return document


def _described(spec: SpecTree, operation: Operation) -> Handler:
    async def endpoint() -> None:
        """Stand in for the operation: spectree only describes it."""

    endpoint.__name__, endpoint.__doc__ = operation.name, operation.text
    codes = {*operation.problems, *_PROBLEMS_OF_ALL} | ({415} if operation.body or operation.upload else set())
    models: dict[str, Any] = {f"HTTP_{status}": Problem for status in codes}
    models |= {f"HTTP_{code}": None if isinstance(model, Raw) else model for code, model in operation.answers.items()}
    described: Handler = spec.validate(
        json=operation.body,
        query=operation.query,
        resp=Answers(**models),
        tags=[operation.tag],
        security=[] if operation.right == "everybody" else [{scheme.name: []} for scheme in _SCHEMES],
        skip_validation=True,
        operation_id=operation.name,
    )(endpoint)
    return described


class _Routes:
    """What spectree takes for an application."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes


def _correct(described: dict[str, Any], operation: Operation) -> None:
    """Say what spectree cannot: problem documents, pictures, uploads."""
    for status, answer in described["responses"].items():
        if int(status) >= 400 and "content" in answer:
            answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
    for code, answer in operation.answers.items():
        if isinstance(answer, Raw):
            described["responses"][str(code)]["content"] = {answer.content_type: {}}
    if not operation.needs_body:
        described["requestBody"]["required"] = False
    if operation.upload:
        file = {"type": "string", "format": "binary"}
        schema = {"type": "object", "properties": {operation.upload: file}, "required": [operation.upload]}
        described["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
