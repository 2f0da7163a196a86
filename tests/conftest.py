"""What every test may ask for."""

import os

import pytest
import structlog
from hypothesis import settings

# No deadline: two shared cores make any single example slow at times. In CI the same examples each time.
settings.register_profile("house", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _log_anew() -> None:
    """A command logs to the standard error of its own test, which is closed by the next one."""
    structlog.reset_defaults()
