"""A database for each test: a SQLite file, or one on the server that `SANH_TEST_DATABASE` names.

With that variable only the tests that use a database run, those marked `sqlite` left out; without it those marked
`postgresql` are.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.shelf import Shelf, migrate_to_newest, run_apart, why_unusable

VARIABLE = "SANH_TEST_DATABASE"
SERVER = os.environ.get(VARIABLE, "")
FIXTURES = frozenset(("database_url", "new_database_url", "module_database_url"))


@pytest.fixture
def database_url(tmp_path: Path) -> Iterator[str]:
    """The address of a database of the test's own: migrated, and empty."""
    with _lend(tmp_path / "sanh.db") as url:
        yield url


@pytest.fixture
def new_database_url(tmp_path: Path) -> Iterator[str]:
    """The address of a database which nobody has made yet: no file, or no table."""
    with _lend(tmp_path / "new.db", migrated=False) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database that the tests of a module share."""
    with _lend(tmp_path_factory.mktemp("database") / "sanh.db") as url:
        yield url


@pytest.fixture(autouse=True)
def _nothing_known_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sanh doctor` knows no such setting."""
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine alone; on PostgreSQL also what uses no database."""
    other = "sqlite" if SERVER else "postgresql"
    kept = [item for item in items if not item.get_closest_marker(other) and (_uses_database(item) or not SERVER)]
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def pytest_sessionstart() -> None:
    if SERVER and (why := run_apart(why_unusable(SERVER))):
        pytest.exit(f"no PostgreSQL at {SERVER}: {why}", returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_sessionfinish() -> None:
    if _shelf.cache_info().currsize:
        _shelf().close()
    if _template.cache_info().currsize:
        shutil.rmtree(_template().parent)


@contextlib.contextmanager
def _lend(file: Path, *, migrated: bool = True) -> Iterator[str]:
    if SERVER:
        url = _shelf().lend(migrated=migrated)
        yield url
        _shelf().take_back(url)
        return
    if migrated:
        shutil.copyfile(_template(), file)
    yield f"sqlite:///{file}"


@cache
def _shelf() -> Shelf:
    return Shelf(SERVER)


@cache
def _template() -> Path:
    """Make a SQLite file to copy, which is quicker than to migrate each."""
    file = Path(tempfile.mkdtemp(prefix="sanh-test-")) / "template.db"
    run_apart(migrate_to_newest(f"sqlite:///{file}"))
    return file


def _uses_database(item: pytest.Item) -> bool:
    return bool(FIXTURES.intersection(getattr(item, "fixturenames", ())))


if __name__ == "__main__":
    # For the Makefile: exit code 1 and the reason, if no database can be made there.
    sys.exit(run_apart(why_unusable(SERVER)))
