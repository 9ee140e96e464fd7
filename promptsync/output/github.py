"""A plan as annotations of GitHub Actions: a line for each prompt, shown beside its file in the pull request.

GitHub shows ten annotations of a kind for a step and drops the others; so what is left out is counted in the last one.
Source: docs.github.com, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from promptsync.output.details import details
from promptsync.output.escape import terminal
from promptsync.output.style import Style, counted
from promptsync.output.text import summary_line
from promptsync.plan.changes import Adopt, Conflict, Create, Drift, Move, Recreate, Update

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.model.compare import FieldDiff
    from promptsync.model.prompt import Problem
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Change

Level: TypeAlias = Literal["error", "warning", "notice"]

MOST = 10
"""Annotations of a kind that GitHub shows for a step."""

_MAX_FIELDS = 5


def render_github(plan: ShownPlan, _: Layout) -> str:
    """Workflow commands, the worst first, and the sum in a line that is none; without a final newline."""
    lines: list[str] = []
    for level in get_args(Level):
        told = [change for change in plan.changes if _level(change) == level]
        kept = told if len(told) <= MOST else told[: MOST - 1]
        lines += [_command(level, change) for change in kept]
        if len(told) > len(kept):
            left = f"and {counted(len(told) - len(kept), 'more prompt')}, in the summary of the job"
            lines.append(annotation(level, "promptsync", left))
    return "\n".join([*lines, summary_line(plan, Style(False))])


def annotate(problems: Sequence[Problem]) -> str:
    """A workflow command for each complaint about files, at its line, the errors first; of many the first ones."""
    lines: list[str] = []
    for level in ("error", "warning"):
        told = [problem for problem in problems if problem.severity == level]
        kept = told if len(told) <= MOST else told[: MOST - 1]
        lines += [_complaint(problem) for problem in kept]
        if len(told) > len(kept):
            lines.append(annotation(level, "promptsync", f"and {counted(len(told) - len(kept), 'more problem')}"))
    return "\n".join(lines)


def _complaint(problem: Problem) -> str:
    message = f"{problem.message}\n{problem.hint}" if problem.hint else problem.message
    title = f"promptsync: {problem.rule}" if problem.rule else "promptsync"
    return annotation(problem.severity, title, message, problem.file, max(problem.line, 1))


def annotation(level: Level, title: str, message: str, file: str | None = None, line: int = 1) -> str:
    """One workflow command. Nothing in it can end it, or begin another."""
    place = "" if file is None else f"file={_property(file)},line={line},"
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _level(change: Change) -> Level:
    if isinstance(change, Conflict):
        return "error"
    is_odd = isinstance(change, Recreate | Drift) or bool(change.warnings)
    return "warning" if is_odd else "notice"


def _command(level: Level, change: Change) -> str:
    told = details(change)
    lines = [*(remark.text for remark in told.remarks), *_fields(told.fields), *told.warnings]
    message = "\n".join(lines) or change.key
    return annotation(level, f"{change.action} {change.key}", message, _file(change))


def _fields(items: tuple[FieldDiff, ...]) -> Iterator[str]:
    names = [item.field for item in items]
    more = f" and {len(names) - _MAX_FIELDS} more" if len(names) > _MAX_FIELDS else ""
    if names:
        yield f"{', '.join(names[:_MAX_FIELDS])}{more}"


def _file(change: Change) -> str | None:
    if change.edited is not None:
        return change.edited.file.file
    file = change.file if isinstance(change, Create | Update | Move | Recreate | Adopt) else None
    return file.file if file is not None else None


def _data(text: str) -> str:
    """Escaped as the runner's own toolkit does it, after what acts on a terminal or hides was made visible."""
    shown = "\n".join(terminal(line) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return terminal(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
