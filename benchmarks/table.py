"""Tables of measurements, in Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.measure import Run


@dataclass(slots=True)
class Table:
    """What was measured under one heading. `base` is the run that others are told as a multiple of."""

    title: str
    base: Run | None = None
    rows: list[list[str]] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)

    def add(self, what: str, run: Run, *, base: bool = False) -> None:
        """A row."""
        if base:
            self.base = run
        ratio = f"{run.seconds / self.base.seconds:.1f}" if self.base is not None else ""
        requests = f"{run.requests:,}" if run.requests else ""
        self.rows.append([what, f"{run.seconds:.3f}", ratio, requests, f"{run.cpu:.2f}", f"{run.peak:.0f}"])

    def judge(self, what: str, value: float, limit: float, *, least: bool = False) -> None:
        """A promise beside what was measured."""
        kept = value >= limit if least else value <= limit
        sign = "at least" if least else "at most"
        self.verdicts.append(f"{'kept  ' if kept else 'BROKEN'} {what}: {value:,.2f} ({sign} {limit:,g})")

    def __str__(self) -> str:
        head = ["", "seconds", "times the first", "requests", "processor s", "peak MiB"]
        return "\n".join(
            [f"## {self.title}", "", *markdown([head, *self.rows]), "", *(f"- {v}" for v in self.verdicts), ""]
        )


@dataclass(frozen=True, slots=True)
class Shares:
    """What each phase of some runs took, in seconds of processor time."""

    title: str
    runs: dict[str, dict[str, float]]
    verdicts: tuple[str, ...] = ()

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
