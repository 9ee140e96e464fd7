"""Tables of measurements, in Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.measure import Run


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised of a measurement: at most `limit`, or at `least`, and the `value` that was measured."""

    what: str
    value: float
    limit: float
    least: bool = False

    @property
    def is_kept(self) -> bool:
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def cells(self) -> list[str]:
        """What, measured, promised, and whether that was kept."""
        promised = f"at {'least' if self.least else 'most'} {self.limit:,g}"
        return [self.what, f"{self.value:,.2f}", promised, "kept" if self.is_kept else "BROKEN"]

    def __str__(self) -> str:
        what, measured, promised, kept = self.cells
        return f"{kept:6} {what}: {measured} ({promised})"


@dataclass(slots=True)
class Table:
    """What was measured under one heading. `base` is the run that others are told as a multiple of."""

    title: str
    base: Run | None = None
    rows: list[list[str]] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, run: Run, *, base: bool = False) -> None:
        """A row."""
        if base:
            self.base = run
        ratio = f"{run.seconds / self.base.seconds:.1f}" if self.base is not None else ""
        requests = f"{run.requests:,}" if run.requests else ""
        self.rows.append([what, f"{run.seconds:.3f}", ratio, requests, f"{run.cpu:.2f}", f"{run.peak:.0f}"])

    def judge(self, what: str, value: float, limit: float, *, least: bool = False) -> None:
        """A promise beside what was measured."""
        self.promises.append(Promise(what, value, limit, least))

    def __str__(self) -> str:
        head = ["", "seconds", "times the first", "requests", "processor s", "peak MB"]
        lines = [f"- {line}" for line in (*self.promises, *self.notes)]
        return "\n".join([f"## {self.title}", "", *markdown([head, *self.rows]), "", *lines, ""])


@dataclass(frozen=True, slots=True)
class Shares:
    """What each phase of some runs took, in seconds of processor time."""

    title: str
    runs: dict[str, dict[str, float]]
    promises: tuple[Promise, ...] = ()

    def __str__(self) -> str:
        phases = dict.fromkeys(phase for spent in self.runs.values() for phase in spent)
        first = next(iter(self.runs.values()))
        rows = [
            [phase, *(cell for spent in self.runs.values() for cell in _share(phase, spent))]
            for phase in sorted(phases, key=lambda phase: -first.get(phase, 0.0))
        ]
        total = [
            "together",
            *(cell for spent in self.runs.values() for cell in (f"{sum(spent.values()):.2f}", "100 %")),
        ]
        head = ["", *(cell for name in self.runs for cell in (f"{name}, s", "share"))]
        return "\n".join([f"## {self.title}", "", *markdown([head, *rows, total]), ""])


def promise_table(tables: Iterable[Table | Shares]) -> str:
    """All promises of several tables in one."""
    head = ["promise", "measured", "promised", ""]
    rows = [
        [f"{table.title}: {what}", *measured]
        for table in tables
        for what, *measured in (promise.cells for promise in table.promises)
    ]
    return "\n".join(["## Promises", "", *markdown([head, *rows]), ""])


def _share(phase: str, spent: dict[str, float]) -> tuple[str, str]:
    if phase not in spent:
        return "", ""
    return f"{spent[phase]:.3f}", f"{spent[phase] / sum(spent.values()):.0%}".replace("%", " %")


def markdown(cells: list[list[str]]) -> list[str]:
    """The lines of a table whose first row is its head: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = [
        "| "
        + " | ".join(f"{cell:{'<' if column == 0 else '>'}{widths[column]}}" for column, cell in enumerate(row))
        + " |"
        for row in cells
    ]
    rule = (
        "|" + "|".join("-" * (width + 1) + ("-" if column == 0 else ":") for column, width in enumerate(widths)) + "|"
    )
    return [lines[0], rule, *lines[1:]]
