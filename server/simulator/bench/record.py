"""The results of a run as a Markdown table, kept in a file: one run for each engine and number of workers."""

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

_HEAD = """# Figures

What `make bench` measured: medians over interleaved rounds, and the lowest and highest round. Beside each figure
stands what the machine could do at most, measured in the same run with the same message, row or batch. Rates swing
with what else the machine does; ratios and CPU hold better. Every answer counted was a first answer. `sanh bench
--keep docs/bench.md` writes its run here, in the place of the last one of its engine and its number of workers.
"""
_PARTS = {"start": "Start and memory", "scans": "Scans", "screens": "Screens", "import": "A large import"}


def table_of(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the figures as rows of text: name and unit, median, lowest, highest, goal."""
    return [_cells(figure) for figure in result["figures"]]


def keep(file: Path, result: Mapping[str, Any]) -> None:
    """Write a run into a file, in the place of the last one of its kind; other kinds stay."""
    kind = kind_of(result)
    text = file.read_text(encoding="utf-8") if file.is_file() else _HEAD
    begins, ends = f"<!-- run: {kind} -->", "<!-- end of run -->"
    section = f"{begins}\n{_section(kind, result)}\n{ends}\n"
    there = re.compile(f"{re.escape(begins)}.*?{re.escape(ends)}\n", re.DOTALL)
    if there.search(text):
        text = there.sub(lambda _: section, text, count=1)
    else:
        text = f"{text.rstrip()}\n\n{section}"
    file.write_text(text, encoding="utf-8")


def kind_of(result: Mapping[str, Any]) -> str:
    """Return what a run is one of: its engine, and its workers if there are several."""
    parameters = result["parameters"]
    workers = parameters["workers"]
    return f"{parameters['engine']}, {workers} worker{'s' if workers > 1 else ''}"


def _section(kind: str, result: Mapping[str, Any]) -> str:
    machine = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result["machine"].items())
    parameters = ", ".join(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in result["parameters"].items())
    lines = [
        f"## {kind}",
        "",
        f"{result['at']}, commit `{result['commit']}`, {result['took_seconds']} s.",
        f"Machine: {machine}.",
        f"Parameters: {parameters}.",
    ]
    if result["failures"]:
        told = "; ".join(" ".join(map(str, failure.values())) for failure in result["failures"])
        lines += ["", f"Not measured: {told}."]
    for part, figures in groupby(result["figures"], key=lambda figure: figure["part"]):
        lines += ["", f"### {_PARTS[part]}", "", "| | median | low | high | goal |", "|---|--:|--:|--:|--:|"]
        lines += [f"| {' | '.join(_cells(figure))} |" for figure in figures]
    return "\n".join(lines)


def _cells(figure: Mapping[str, Any]) -> tuple[str, ...]:
    goal = ""
    if figure["goal"] is not None:
        goal = f"{'≤' if figure['at_most'] else '≥'} {figure['goal']:,} {'✓' if figure['met'] else '✗'}"
    numbers = (f"{figure[key]:,.2f}" for key in ("median", "low", "high"))
    return (f"{figure['name']}, {figure['unit']}".rstrip(", "), *numbers, goal)


def _plain(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, list) else str(value)
