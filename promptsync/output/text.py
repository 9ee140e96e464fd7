"""A plan for people: a line for each prompt, what changes below it, the sum at the end."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, assert_never

from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import shorten
from promptsync.output.fields import field_lines
from promptsync.output.shown import facts
from promptsync.output.style import LOOKS, Style
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

    from promptsync.model.compare import FieldDiff
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Plan, Sides

_INDENT = 5
_MARGIN = " " * _INDENT
_WORD = max(len(action) for action in ACTIONS)


def render_plan(plan: ShownPlan, layout: Layout) -> str:
    """The plan in lines of about the layout's width, without a final newline; the last line is the sum.

    A verbose layout tells every field of a create or delete, and leaves out no line of a diff.
    """
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
    counts = {action: LOOKS[action].summed(summary[action]) for action in ACTIONS if summary[action]}
    parts = [text for action, text in counts.items() if action in DECIDED] or ["nothing to apply"]
    parts += [text for action, text in counts.items() if action not in DECIDED]
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
    sides = change.sides if isinstance(change, Drift | Conflict) else None
    yield from (f"{_MARGIN}{line}" for line in _remarks(change, layout))
    if sides is not None:
        yield f"{_MARGIN}{terminal(sides.since)}"
    if sides is not None and sides.there:
        yield from _sides(sides, layout)
    elif layout.verbose or not isinstance(change, Create | Delete):
        yield from _fields(change.diff, layout)
    for warning in change.warnings:
        if sides is None or warning != sides.since:
            yield f"{_MARGIN}{layout.style('yellow', 'warning:')} {terminal(warning)}"


def _sides(sides: Sides, layout: Layout) -> Iterator[str]:
    for title, items in (("changed on the service:", sides.there), ("changed in the file:", sides.here)):
        if items:
            yield f"{_MARGIN}{layout.style('bold', title)}"
        yield from _fields(items, layout)


def _fields(items: Iterable[FieldDiff], layout: Layout) -> Iterator[str]:
    for item in items:
        yield from field_lines(item, layout, _INDENT)


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
            elif not change.is_sent:
                yield style("dim", "only the lockfile changes, and nothing is sent")
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
            delete = "`--prune` deletes it"
            if change.entry.protected:
                delete = f"`promptsync lock unprotect {_word(change.key)}` lets `--prune` delete it"
            yield _help(f"{delete}; bring the file back to keep it", style)
        case _:
            assert_never(change)


def _help(text: str, style: Style) -> str:
    return f"{style('cyan', 'help:')} {text}"


def _word(key: str) -> str:
    """A key as it is typed in a shell."""
    return shlex.quote(terminal(key))


def _compact(change: Create, layout: Layout) -> Iterator[str]:
    for name, value in facts(change):
        label = layout.style("dim", f"{name + ':':<10}")
        yield f"{label}{shorten(value, layout.room(_INDENT + 10))}"
