"""The `sanh` command in the tests' own process."""

import json
from typing import Any

import pytest

from server.cli import main


class Sanh:
    """The command as a program calls it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        try:
            code = main(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str, code: int | None = 0) -> Any:
        """Return what it says in JSON; it ends with a code, or None for any."""
        answer = self(*words, "--json")
        assert code in (answer[0], None), answer
        return json.loads(answer[1])
