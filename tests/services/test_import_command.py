"""`sanh import` as programs and people use it: JSON on standard output, 0 good, 1 bad rows, 2 no such file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.cli import main
from server.domain.registry import Finding, Placed
from server.services.import_report import ImportReport
from server.web.i18n import use_language
from server.web.import_messages import FILES, FINDINGS, sentence_of_finding
from tests.services.spreadsheets import xlsx

HEADER = ["STT", "Mã đoàn", "Đơn vị", "Số người", "Ngày tham quan"]
GOOD, BAD = [1, "D001", "Sở Y tế", 3, "12/10/2020"], [2, "D002", "Sở Công Thương", 3, "31/02/2020"]


@pytest.fixture(autouse=True)
def _own_house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> Iterator[None]:
    monkeypatch.setenv("SANH_DATABASE_URL", database_url)
    monkeypatch.setenv("SANH_SECRET_FILE", str(tmp_path / "secret.json"))
    monkeypatch.chdir(tmp_path)
    with use_language("vi"):
        yield


def so(*rows: list[Any]) -> str:
    Path("so.xlsx").write_bytes(xlsx(("Đoàn", [HEADER, *rows])))
    return "so.xlsx"


def test_a_good_file_ends_with_0_and_its_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", so(GOOD), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["delegations"] == {"new": 1, "changed": 0, "unchanged": 0}
    assert (report["rows"], report["errors"]) == (1, [])


def test_a_bad_row_ends_with_1_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", so(GOOD, BAD), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    (error,) = report["errors"]
    assert {key: error[key] for key in ("file", "sheet", "row", "column", "cell", "code")} == {
        "file": "so.xlsx", "sheet": "Đoàn", "row": 3, "column": "Ngày tham quan", "cell": "E3", "code": "impossible_date",
    }  # fmt: skip
    assert "31/02/2020" in error["message"]
    assert report["delegations"]["new"] == 1


def test_a_file_that_cannot_be_read_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    Path("hong.xlsx").write_bytes(b"PK\x03\x04 broken")
    assert main(["import", "hong.xlsx", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["errors"][0]["code"] == "broken_file"
    assert said.err.strip() == "Tệp hong.xlsx bị hỏng."
    assert main(["import", "khong-co.xlsx"]) == 2


def test_people_are_told_in_their_language(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["import", so(GOOD, BAD)]) == 1
    vietnamese = capsys.readouterr()
    monkeypatch.setenv("SANH_LANGUAGE", "en")
    assert main(["import", so(GOOD, BAD)]) == 1
    english = capsys.readouterr()
    assert "dòng 3" in vietnamese.err
    assert "There is no such date: 31/02/2020" in english.err


def test_a_dry_run_keeps_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", so(GOOD), "--dry-run", "--json"]) == 0
    assert main(["import", so(GOOD), "--json"]) == 0
    assert '"new": 1' in capsys.readouterr().out


def test_every_code_has_its_sentence() -> None:
    """Look through the sources for every code that a finding or a refused file may bear."""
    root = Path(__file__).parents[2] / "server"
    sources = [*root.glob("domain/registry/*.py"), *root.glob("services/import*.py")]
    text = "\n".join(path.read_text() for path in sources)
    pattern = r'(?:Unreadable|Finding|refuse|warn)\(\s*"(\w+)"|, "(\w+_delegation|delegation_\w+)"$|append\(\("(\w+)"'
    said = {code for match in re.finditer(pattern, text, re.MULTILINE) for code in match.groups() if code}
    assert len(said) > 20
    assert said <= FINDINGS.keys()
    files = "\n".join(path.read_text() for path in root.glob("services/workbook*.py"))
    refused = set(re.findall(r'(?:Refused|DomainError)\(\s*"(\w+)"', files))
    assert refused | {"no_list_found"} == FILES.keys()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_value_with_a_percent_sign_is_shown_as_it_stands(language: str) -> None:
    with use_language(language):
        assert "100%" in sentence_of_finding(Finding("impossible_size", 2, value="100%"))


def test_cells_are_named_as_spreadsheets_name_them() -> None:
    report = ImportReport(
        errors=[Placed("so.xlsx", "Đoàn", Finding("bad_phone", 7, column)) for column in (0, 25, 26, 701)]
    )
    assert [error["cell"] for error in report.as_json(lambda _: "")["errors"]] == ["A7", "Z7", "AA7", "ZZ7"]
