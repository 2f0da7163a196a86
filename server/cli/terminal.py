"""How commands speak: JSON for programs, tables for people, complaints on standard error."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from server.domain.errors import DomainError
from server.settings import Settings


def print_json(value: object) -> None:
    """Print a value as JSON; times become RFC 3339."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def print_table(rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns, times by the space's clock."""
    lines = [[_shown(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def complain(problem: DomainError | str) -> int:
    """Say on standard error why a command was refused; return its exit code."""
    if isinstance(problem, DomainError):
        import server.web.routes  # noqa: F401 - every feature adds its sentences
        from server.web.problems import sentence_of

        problem = sentence_of(problem)
    print(problem, file=sys.stderr)
    return 1


def say(sentence: str) -> None:
    """Say on standard error how far a long command has come."""
    print(sentence, file=sys.stderr, flush=True)


def positive(text: str) -> float:
    """Read an option that is a number above 0."""
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")


def _shown(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(ZoneInfo(Settings().timezone)).strftime("%Y-%m-%d %H:%M")
    return "" if cell is None else str(cell)
