"""Complaints: about places in files, and about a run as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.errors import LoadError, PromptsyncError, RefusedError
from promptsync.output.cells import cut, cut_left
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import shorten
from promptsync.output.mask import mask_text
from promptsync.output.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.model.prompt import Problem

_SNIPPET = 88
_TAB = 4
_DETAIL = 400


def render_problems(problems: Sequence[Problem], *, color: bool) -> str:
    """`file:line:column: error: message` for each, with the line complained about; without a final newline."""
    style = Style(color)
    return "\n".join(line.rstrip() for problem in problems for line in _problem(problem, style))


def render_error(error: PromptsyncError, *, color: bool) -> str:
    """`error: message` and `help: hint`; before that all problems of a LoadError. Without a final newline."""
    style = Style(color)
    lines = [f"{style('red', 'error:')} {terminal(error.message)}"]
    if isinstance(error, LoadError) and error.problems:
        lines[:0] = [render_problems(error.problems, color=color), ""]
    if isinstance(error, RefusedError) and error.detail and error.detail not in error.message:
        lines.append(f"  the service says: {shorten(mask_text(error.detail), _DETAIL)}")
    if error.hint:
        lines.append(f"{style('cyan', 'help:')} {terminal(error.hint)}")
    return "\n".join(lines)


def _problem(problem: Problem, style: Style) -> Iterator[str]:
    severity = style("red" if problem.severity == "error" else "yellow", f"{problem.severity}:")
    said = terminal(problem.message) + _rule(problem, style)
    yield f"{style('bold', terminal(problem.place) + ':')} {severity} {said}"
    if problem.snippet is not None and problem.line:
        yield from _snippet(problem.snippet, problem.line, problem.column, style)
    if problem.hint:
        yield f"    {style('cyan', 'help:')} {terminal(problem.hint)}"


def _rule(problem: Problem, style: Style) -> str:
    return style("dim", f" [{problem.rule}]") if problem.rule else ""


def _snippet(snippet: str, line: int, column: int, style: Style) -> Iterator[str]:
    number = f"{line:>5}"
    at = min(max(column - 1, 0), len(snippet))
    before, after = _shown(snippet[:at]), _shown(snippet[at:])
    lead = trail = ""
    if cells(before) > _SNIPPET // 2:
        before, lead = cut_left(before, _SNIPPET // 2), "… "
    room = _SNIPPET - cells(before)
    if cells(after) > room:
        after, trail = cut(after, room), " …"
    yield f"{style('dim', number + ' |')} {lead}{before}{after}{trail}"
    if column:
        caret = style("red", "^")
        yield f"{style('dim', ' ' * len(number) + ' |')} {' ' * cells(lead + before)}{caret}"


def _shown(text: str) -> str:
    """Escaped, with tabs as blanks. A line of a file never stands at the beginning of a line of ours."""
    return terminal(text, tabs=True).replace("\t", " " * _TAB)
