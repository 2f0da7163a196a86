"""The figures of a run: medians over the rounds, each with its goal if it has one."""

import statistics
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Figure:
    """One measured figure over the rounds. `goal` is a bound: at most, or at least."""

    part: str
    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    goal: float | None = None
    at_most: bool = True

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    def row(self) -> dict[str, Any]:
        return {
            "part": self.part, "name": self.name, "unit": self.unit, "rounds": len(self.values),
            "median": round(self.median, 2), "low": round(min(self.values), 2), "high": round(max(self.values), 2),
            "goal": self.goal, "at_most": self.at_most, "met": self.is_met,
        }  # fmt: skip


class Figures:
    """The figures of a run, in the order in which they were first measured."""

    def __init__(self) -> None:
        self.part = ""
        self._by_name: dict[tuple[str, str], Figure] = {}

    def add(self, name: str, unit: str, value: float, goal: float | None = None, *, at_most: bool = True) -> None:
        """Note one round's value, in the part that is being measured."""
        figure = self._by_name.setdefault((self.part, name), Figure(self.part, name, unit, [], goal, at_most))
        figure.values.append(value)

    def rows(self) -> list[dict[str, Any]]:
        return [figure.row() for figure in self._by_name.values()]
