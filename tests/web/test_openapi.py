"""The description of API v1 names every operation and what it may answer."""

import json
import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from server.web.description import describe
from server.web.routes import build_routes
from tests.web.records_house import Programs, open_programs


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("openapi"), module_database_url) as opened:
        yield opened


def test_every_address_of_the_api_is_described():
    document = describe(build_routes())
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    served = {
        (re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path), method)
        for route in build_routes()
        if isinstance(route, Route) and route.path.startswith("/api/v1/") and not route.path.endswith("openapi.json")
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert described == served


def test_every_reference_leads_somewhere(programs: Programs):
    document = programs.client.get("/api/v1/openapi.json").json()
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references
    assert references <= set(document["components"]["schemas"])


def test_a_refusal_is_described_as_a_problem_document(programs: Programs):
    document = programs.client.get("/api/v1/openapi.json").json()
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]


def test_two_operations_never_share_an_id(programs: Programs):
    document = programs.client.get("/api/v1/openapi.json").json()
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
