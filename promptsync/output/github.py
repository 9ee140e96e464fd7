"""A plan as annotations of GitHub Actions: a line for each prompt, shown beside its file in the pull request.

GitHub shows ten annotations of a kind for a step and drops the others; so what is left out is counted in the last one.
Source: docs.github.com, "Workflow commands for GitHub Actions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from promptsync.model.naming import few
from promptsync.output.applied import not_approved
from promptsync.output.details import details
from promptsync.output.escape import terminal
from promptsync.output.shown import shown
from promptsync.output.style import Style, counted
from promptsync.output.text import summary_line
from promptsync.plan.changes import Conflict, Recreate, ahead
from promptsync.plan.origins import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.commands.results import Applied
    from promptsync.model.compare import FieldDiff
    from promptsync.model.prompt import Problem
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.approved import Held
    from promptsync.plan.changes import Change

Level: TypeAlias = Literal["error", "warning", "notice"]

MOST = 10
"""Annotations of a kind that GitHub shows for a step."""

_MAX_FIELDS = 5


def render_github(plan: ShownPlan, _: Layout) -> str:
    """Workflow commands, the worst first, and the sum in a line that is none; without a final newline."""
    found = [(_level(change), _command(_level(change), change)) for change in plan.changes]
    return "\n".join([*_worst(found, "prompt", ", in the summary of the job"), summary_line(plan, Style(False))])


def annotate(problems: Sequence[Problem]) -> str:
    """A workflow command for each complaint about files, at its line, the errors first; of many the first ones."""
    return "\n".join(_worst([(problem.severity, _complaint(problem)) for problem in problems], "problem"))


def annotate_applied(applied: Applied, held: Sequence[Held]) -> str:
    """A workflow command for each prompt that was not applied as it was planned, or waits for a person."""
    changes = {change.key: change for change in applied.plan.changes}
    found: list[tuple[Level, str]] = []
    for one in held:
        level: Level = "notice" if one.is_foreign else "error"
        title = f"{one.change.action} {one.change.key}"
        found.append((level, annotation(level, title, f"not approved: {not_approved(one)}", _path_of(one.change))))
    for outcome in applied.outcomes:
        if outcome.status != "done":
            level = "error" if outcome.status in ("failed", "not converged") else "warning"
            said = [outcome.status, outcome.message, outcome.hint]
            title, file = f"{outcome.action} {outcome.key}", _path_of(changes[outcome.key])
            found.append((level, annotation(level, title, "\n".join(part for part in said if part), file)))
    told = shown(applied.plan).changes
    found += [(_level(change), _command(_level(change), change)) for change in told if not change.is_decided]
    return "\n".join(_worst(found, "prompt", ", in the summary of the job"))


def _worst(found: Sequence[tuple[Level, str]], noun: str, where: str = "") -> Iterator[str]:
    """The commands, the worst first, as many of a level as GitHub shows; the last one counts those left out."""
    for level in get_args(Level):
        told = [line for one, line in found if one == level]
        kept = told if len(told) <= MOST else told[: MOST - 1]
        yield from kept
        if len(told) > len(kept):
            yield annotation(level, "promptsync", f"and {counted(len(told) - len(kept), f'more {noun}')}{where}")


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
    is_odd = isinstance(change, Recreate) or ahead(change) == "service" or bool(change.warnings)
    return "warning" if is_odd else "notice"


def _command(level: Level, change: Change) -> str:
    told = details(change)
    lines = [*(remark.text for remark in told.remarks), *_fields(told.fields), *told.warnings]
    message = "\n".join(lines) or change.key
    return annotation(level, f"{change.action} {change.key}", message, _path_of(change))


def _path_of(change: Change) -> str | None:
    file = file_of(change)
    return file.file if file else None


def _fields(items: tuple[FieldDiff, ...]) -> Iterator[str]:
    if items:
        yield few([item.field for item in items], _MAX_FIELDS)


def _data(text: str) -> str:
    """Escaped as the runner's own toolkit does it, after what acts on a terminal or hides was made visible."""
    shown = "\n".join(terminal(line) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return terminal(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
