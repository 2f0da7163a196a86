"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: two shared cores make any single example slow at times. In CI the same examples each time.
settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("house")


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The address of a database of the test's own, which nobody has made yet."""
    return f"sqlite:///{tmp_path / 'sanh.db'}"
