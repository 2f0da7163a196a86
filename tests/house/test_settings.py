"""What the operator decides holds, and a value that cannot hold is refused by its name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.settings import Settings


def test_the_space_lives_by_the_time_zone_that_is_set_with_a_space_file_or_without(tmp_path: Path):
    file = tmp_path / "space.toml"
    file.write_text('[space]\nname = "Nhà văn hóa"\n')
    for space_file in (None, file):
        settings = Settings(timezone="America/Lima", space_file=space_file, _env_file=None)
        assert settings.space().timezone == "America/Lima"


@pytest.mark.parametrize("timezone", ["Mars/Phobos", "Asia", "../etc", ""])
def test_a_time_zone_that_nobody_knows_is_refused(timezone: str):
    with pytest.raises(ValidationError, match="timezone"):
        Settings(timezone=timezone, _env_file=None)
