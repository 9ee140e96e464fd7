"""A plan and its outcomes for people: a line for each prompt, what changes below it, the sum at the end."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, assert_never

from promptsync.model.prompt import CLASSIC
from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import shorten
from promptsync.output.fields import Layout, field_lines
from promptsync.output.mask import mask_text
from promptsync.output.outcomes import render_outcomes
from promptsync.output.problems import render_error, render_problems
from promptsync.output.style import LOOKS, Style, counted
from promptsync.plan.changes import (
    ACTIONS,
    DECIDED,
    Adopt,
    Change,
    Conflict,
    Create,
    Delete,
    Drift,
    Forget,
    Move,
    Orphan,
    Recreate,
    Update,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.model.prompt import PromptFile
    from promptsync.plan.changes import Plan, Sides

__all__ = ["change_line", "render_error", "render_outcomes", "render_plan", "render_problems", "summary_line"]

_INDENT = 5
_WORD = max(len(action) for action in ACTIONS)
_MAX_ROLES = 6


def render_plan(plan: Plan, *, color: bool, width: int = 100, verbose: bool = False) -> str:
    """The plan in lines of about `width` columns, without a final newline; the last line is the sum.

    `verbose` tells every field of a create or delete, and leaves out no line of a diff.
    """
    layout = Layout(Style(color), width, _INDENT, verbose)
    lines = list(_head(plan, layout.style))
    keys = key_column(change.key for change in plan.changes)
    spaced = False
    for change in plan.changes:
        details = list(_details(change, layout))
        if lines and (details or spaced):
            lines.append("")
        spaced = bool(details)
        lines.append(change_line(change, keys, layout.style))
        lines.extend(details)
    if lines:
        lines.append("")
    lines.append(summary_line(plan, layout.style))
    return "\n".join(line.rstrip() for line in lines)


def key_column(keys: Iterable[str]) -> int:
    """How wide the column of the keys is; the few keys that are wider stand out of it."""
    return min(max((cells(terminal(key)) for key in keys), default=0), 60)


def change_line(change: Change, keys: int, style: Style) -> str:
    """Sign, action, key (in a column of `keys`) and id of one change."""
    look = LOOKS[change.action]
    sign = style(look.colour, f"{look.sign:<2} {change.action:<{_WORD}}")
    return f"{sign}  {style('bold', pad(terminal(change.key), keys))}  {terminal(change.id or '')}"


def summary_line(plan: Plan, style: Style) -> str:
    """`Plan: 2 to create, 1 to update, 1 drifted; 12 unchanged.`, or that there is nothing to do."""
    summary = plan.summary
    if not plan.changes:
        return style("green", "No changes.") + f" {_all_well(plan.unchanged)}"
    parts = [f"{summary[action]} {LOOKS[action].counted}" for action in DECIDED if summary[action]] or [
        "nothing to apply"
    ]
    if summary["drift"]:
        parts.append(f"{summary['drift']} drifted")
    parts += [counted(summary[action], action) for action in ("conflict", "orphan") if summary[action]]
    return style("bold", "Plan:") + f" {', '.join(parts)}; {summary['unchanged']} unchanged."


def _all_well(unchanged: int) -> str:
    if unchanged == 0:
        return "There are no prompts."
    return "1 prompt is as its file says." if unchanged == 1 else f"{unchanged} prompts are as the files say."


def _head(plan: Plan, style: Style) -> Iterator[str]:
    if plan.offline:
        yield style("yellow", "Offline: the files against the lockfile alone. What the service holds is not known.")
    if any(item.op == "replace" for change in plan.changes for item in change.diff):
        yield style("dim", f"Target {terminal(plan.target)}. Fields are told as service → file.")
    if plan.refreshed:
        number = len(plan.refreshed)
        entries = "1 lockfile entry is" if number == 1 else f"{number} lockfile entries are"
        yield style("dim", f"{entries} to be recorded anew; nothing differs there.")


def _details(change: Change, layout: Layout) -> Iterator[str]:
    indent = " " * layout.indent
    sides = change.sides if isinstance(change, Drift | Conflict) else None
    yield from (f"{indent}{line}" for line in _remarks(change, layout))
    if sides is not None:
        yield f"{indent}{terminal(sides.since)}"
    if sides is not None and sides.there:
        yield from _sides(sides, layout)
    elif layout.verbose or not isinstance(change, Create | Delete):
        for item in change.diff:
            yield from field_lines(item, layout)
    for warning in change.warnings:
        if sides is None or warning != sides.since:
            yield f"{indent}{layout.style('yellow', 'warning:')} {terminal(warning)}"


def _sides(sides: Sides, layout: Layout) -> Iterator[str]:
    for title, fields in (("changed on the service:", sides.there), ("changed in the file:", sides.here)):
        if fields:
            yield f"{' ' * layout.indent}{layout.style('bold', title)}"
        for item in fields:
            yield from field_lines(item, layout)


def _remarks(change: Change, layout: Layout) -> Iterator[str]:
    """What there is to say of a change besides its fields."""
    style = layout.style
    match change:
        case Create():
            if not (layout.verbose and change.diff):
                yield from _compact(change, layout)
        case Update():
            if change.remote is None and not change.diff:
                yield style("dim", "the file changed since the last apply; which fields, only the service can tell")
        case Move():
            yield f"from {terminal(change.old_key)}; the id stays"
        case Adopt():
            yield "is there already: its id is recorded" + (", and it is updated" if change.diff else "")
        case Recreate():
            yield style("magenta", "THE ID CHANGES: this prompt was deleted on the service and is made anew.")
            yield style("magenta", f"Whoever calls {terminal(change.id)} must be given the new id.")
        case Delete():
            yield "its file is gone; the content is archived first"
        case Forget():
            yield "neither the file nor the prompt is there any more; the entry leaves the lockfile"
        case Drift():
            yield "changed on the service, the file is as it was; it is left as it is"
            pull = f"`promptsync pull {_word(change.key)}`"
            yield _help(f"{pull} takes it into the file, `--overwrite {_word(change.key)}` undoes it", style)
        case Conflict():
            yield f"{style('red', 'conflict:')} {terminal(change.reason)}"
            yield _help(terminal(change.hint), style)
        case Orphan():
            yield "its file is gone, the prompt is left on the service"
            yield _help("`--prune` deletes it; bring the file back to keep it", style)
        case _:
            assert_never(change)


def _help(text: str, style: Style) -> str:
    return f"{style('cyan', 'help:')} {text}"


def _word(key: str) -> str:
    """A key as it is typed in a shell."""
    return shlex.quote(terminal(key))


def _compact(change: Create, layout: Layout) -> Iterator[str]:
    facts = [("name", change.display_name), ("path", change.path), *_of_file(change.file)]
    for name, value in facts:
        if value:
            label = layout.style("dim", f"{name + ':':<10}")
            yield f"{label}{shorten(mask_text(value), layout.room(layout.indent + 10))}"


def _of_file(file: PromptFile) -> Iterator[tuple[str, str]]:
    block = file.prompt.block
    model, provider = block.get("model"), block.get("provider")
    if isinstance(model, str):
        bare = file.prompt.dialect == CLASSIC and isinstance(provider, str) and not model.startswith(f"{provider}/")
        yield "model", f"{provider}/{model}" if bare else model
    messages = block.get("messages")
    if isinstance(messages, list):
        yield "messages", _roles(messages)
    tools = block.get("tools")
    if isinstance(tools, list) and tools:
        yield "tools", str(len(tools))


def _roles(messages: list[Any]) -> str:
    roles = [str(message.get("role", "?")) if isinstance(message, dict) else "?" for message in messages]
    told = ", ".join(roles[:_MAX_ROLES]) + (", …" if len(roles) > _MAX_ROLES else "")
    return f"{len(roles)} ({told})" if roles else "0"
