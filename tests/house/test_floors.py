"""Each contract of the floors is broken once, in a copy of the tree, to see that import-linter says so."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("server", "kiosk", "exhibits")

# contract, the file that offends, what it says
OFFENCES = [
    ("floors", "server/domain/offence.py", "import server.storage"),
    ("floors", "server/domain/offence.py", "import server.house.assets"),
    ("floors", "server/settings/offence.py", "import server.storage"),
    ("floors", "server/storage/offence.py", "import server.services"),
    ("floors", "server/services/offence.py", "import server.web.i18n"),
    ("floors", "server/web/offence.py", "import server.plugin"),
    ("floors", "server/plugin/offence.py", "import server.app"),
    ("floors", "server/app/offence.py", "import server.serving"),
    ("floors", "server/serving/offence.py", "import server.cli"),
    ("house-knows-no-plugin", "server/cli/offence.py", "import kiosk"),
    ("house-knows-no-plugin", "server/services/offence.py", "def late():\n    import exhibits.quiz"),
    ("kiosk", "kiosk/offence.py", "import exhibits.quiz"),
    ("kiosk", "kiosk/offence.py", "from server import storage"),
    ("kiosk", "kiosk/offence.py", "import sqlalchemy"),
    ("exhibits-independent", "exhibits/quiz/offence.py", "import exhibits.egov"),
    ("exhibit-contract", "exhibits/quiz/offence.py", "import server.domain.errors"),
    ("exhibit-contract", "exhibits/quiz/offence.py", "import starlette"),
    ("pure-domain", "server/domain/offence.py", "import starlette"),
    ("pure-domain", "server/domain/offence.py", "from sqlalchemy import select"),
    ("pure-domain", "server/domain/offence.py", "from sqlmodel import SQLModel"),
    ("pure-domain", "server/domain/offence.py", "import asyncio"),
    ("pure-domain", "server/domain/offence.py", "import logging"),
    ("pure-domain", "server/domain/offence.py", "import structlog"),
    ("pure-domain", "server/domain/offence.py", "from server import settings"),
    ("web-without-sql", "server/web/offence.py", "from sqlalchemy import text"),
    ("web-without-sql", "server/web/offence.py", "import server.storage"),
    ("simulator-outside", "server/simulator/offence.py", "import server.services"),
    ("simulator-outside", "server/simulator/offence.py", "import server.storage"),
    ("no-circles", "server/services/offence.py", "import server.services.other_offence"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code with two small exhibits and a pair of files, one importing the other."""
    copy = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            copy / package,
            ignore=lambda folder, names: [
                name for name in names if Path(folder, name).is_file() and not name.endswith(".py")
            ],
        )
        (copy / package / "__init__.py").touch()
    for exhibit in ("quiz", "egov"):
        (copy / "exhibits" / exhibit).mkdir()
        (copy / "exhibits" / exhibit / "__init__.py").touch()
    for module in ("server/serving", "server/app", "server/plugin", "server/settings"):
        # As packages, so that an offence can be laid beside what they say.
        (copy / module).mkdir()
        source = copy / f"{module}.py"
        (copy / module / "__init__.py").write_text(source.read_text() if source.exists() else "")
        source.unlink(missing_ok=True)
    (copy / "server/services/other_offence.py").write_text("import server.services.offence\n")
    (copy / "server/services/offence.py").touch()
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", *chosen],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_house_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "file", "offence"), OFFENCES)
def test_a_broken_contract_is_seen(tree: Path, contract: str, file: str, offence: str) -> None:
    before = (tree / file).read_text() if (tree / file).exists() else None
    (tree / file).write_text(offence + "\n")
    try:
        result = lint(tree, contract)
    finally:
        (tree / file).unlink() if before is None else (tree / file).write_text(before)

    assert "1 broken" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1


def test_every_contract_has_an_offence_that_breaks_it() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}

    assert contracts == {contract for contract, _, _ in OFFENCES}


@pytest.mark.slow
def test_an_exhibit_may_import_the_exhibit_contract(tree: Path) -> None:
    (tree / "server/domain/exhibits.py").touch()
    (tree / "exhibits/quiz/machine.py").write_text("from server.domain import exhibits\n")

    result = lint(tree, "exhibit-contract")

    assert result.returncode == 0, result.stdout + result.stderr
