"""What every test may ask for."""

from pathlib import Path

import pytest

from tests.skipping import pytest_make_collect_report, pytest_runtest_makereport  # noqa: F401 -- hooks


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The address of a database of the test's own, which nobody has made yet."""
    return f"sqlite:///{tmp_path / 'sanh.db'}"
