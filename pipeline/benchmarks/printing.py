"""How findings are shown: the machine, tables and goals on stdout, everything as JSON in a file."""

from __future__ import annotations

import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.benchmarks.findings import Findings, Goal, TextTable, shown
from pipeline.benchmarks.machine import machine_line

WIDTH = 150  # of tables; a file or a pipe has no width of its own


class FindingsPrinter:
    """Prints the machine and the seed at once, findings when they are there."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._machine = machine_line(seed)
        self._console = Console(width=WIDTH, highlight=False)
        self.say(self._machine)

    def say(self, line: str) -> None:
        """Print one line."""
        self._console.print(line, markup=False)

    def show(self, found: Findings) -> None:
        """Print tables and goals."""
        for table in found.tables:
            self._console.print(_printed(table))
        for goal in found.goals:
            self.say(goal_line(goal))

    def write(self, what: str, found: Findings, path: Path) -> None:
        """Write every figure as JSON."""
        text = json.dumps(self._document(what, found), indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")

    def _document(self, what: str, found: Findings) -> dict[str, object]:
        return {
            "benchmark": what,
            "simulation": True,
            "machine": self._machine,
            "seed": self._seed,
            "goals": [
                {"name": g.name, "value": g.value, "limit": g.limit, "is_met": g.is_met}
                for g in found.goals
            ],
            **found.data,
        }


def _printed(table: TextTable) -> Table:
    printed = Table(
        title=Text(table.title, "table.title"), title_justify="left", box=box.SIMPLE_HEAD
    )
    for name in table.header:
        printed.add_column(Text(name), no_wrap=True)
    for row in table.rows:
        printed.add_row(*map(Text, row))
    printed.caption, printed.caption_justify = Text(table.caption, "table.caption"), "left"
    return printed


def goal_line(goal: Goal) -> str:
    """One line that says whether a goal is met."""
    verdict = "met" if goal.is_met else "NOT MET"
    relation = "at most" if goal.is_most else "at least"
    return f"{verdict:<8} {goal.name}: {shown(goal.value, 3)} ({relation} {goal.limit:g})"
