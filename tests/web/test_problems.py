"""Every broken promise has its answer: a status and a sentence in both languages."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import server.cli
import server.web
from server.web.problems import PROBLEMS
from tests.web.records_house import Programs, open_programs

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Iterator[Programs]:
    with open_programs(tmp_path_factory.mktemp("problems"), module_database_url) as opened:
        yield opened


def test_every_code_that_is_raised_has_an_answer():
    # Every feature adds its codes where its words are.
    for package in (server.web, server.cli):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    raised = {
        code
        for file in (ROOT / "server").rglob("*.py")
        if not {"simulator", "cli"}.intersection(file.parts)  # a command may say its own
        for code in re.findall(r'DomainError\(\s*"([a-z_]+)"', file.read_text())
    }
    raised.remove("not_a_demo_database")  # `sanh demo` says that itself
    raised.remove("second_step_needed")  # no refusal: the form goes on with a code
    assert raised
    assert raised <= set(PROBLEMS), f"without an answer: {sorted(raised - set(PROBLEMS))}"


def test_a_method_that_an_address_does_not_take_names_those_that_it_takes(programs: Programs):
    answer = programs.call("PUT", "/visitors/00")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PATCH"


def test_an_address_that_is_not_there_is_a_problem_document(programs: Programs):
    answer = programs.call("GET", "/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("says_length", [True, False])
def test_a_body_that_is_too_large_is_a_problem_document(programs: Programs, says_length: bool):
    body = b'{"q": "' + b"x" * (21 * 1024 * 1024) + b'"}'
    content = body if says_length else iter([body])
    answer = programs.call("POST", "/delegations", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert answer.json()["code"] == "too_large"
