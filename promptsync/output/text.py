"""A plan for people: a line for each prompt, what changes below it, the sum at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from promptsync.model.shell import command, typed
from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.excerpt import shorten
from promptsync.output.fields import field_lines, legend
from promptsync.output.shown import facts
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

    from promptsync.model.compare import FieldDiff
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Plan, Sides

_INDENT = 5
_MARGIN = " " * _INDENT
_WORD = max(len(action) for action in ACTIONS)
_FIELD = "field"
_THERE = "changed on the service:"


def render_plan(plan: ShownPlan, layout: Layout) -> str:
    """The plan in lines of about the layout's width, without a final newline; the last line is the sum.

    Where the layout is not whole, a create or delete is told in few words, and what is left out of a text is counted.
    """
    lines = list(_head(plan, layout))
    keys = key_column(change.key for change in plan.changes)
    spaced = False
    for change in plan.changes:
        details = list(_details(change, layout))
        if details or spaced or change is plan.changes[0]:
            lines.append("")
        spaced = bool(details)
        lines.append(change_line(change, keys, layout.style))
        lines.extend(details)
    lines += ["", summary_line(plan, layout.style)]
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


def place(target: str, host: str, path_prefix: str) -> str:
    """Where something is or would be done: the target, its host, and what stands before every path there."""
    at = f" ({host})" if host else ""
    return f"target “{target}”{at}, {f'path prefix “{path_prefix}”' if path_prefix else 'no path prefix'}"


def _all_well(unchanged: int) -> str:
    if unchanged == 0:
        return "There are no prompts."
    return "1 prompt is as its file says." if unchanged == 1 else f"{unchanged} prompts are as the files say."


def _head(plan: Plan, layout: Layout) -> Iterator[str]:
    style = layout.style
    if plan.offline:
        yield style("yellow", "Offline: the files against the lockfile alone. What the service holds is not known.")
    where = terminal(place(plan.target, plan.host, plan.path_prefix))
    yield style("dim", f"{where[0].upper()}{where[1:]}.")
    if any(change.diff and _tells_fields(change, layout) for change in plan.changes):
        yield style("dim", legend("service → file"))
    if plan.refreshed:
        number = len(plan.refreshed)
        entries = "1 lockfile entry is" if number == 1 else f"{number} lockfile entries are"
        yield style("dim", f"{entries} to be recorded anew; nothing differs there.")


def _details(change: Change, layout: Layout) -> Iterator[str]:
    sides = change.sides if isinstance(change, Drift | Conflict) else None
    yield from (f"{_MARGIN}{line}" for line in _remarks(change, layout))
    if sides is not None:
        yield f"{_MARGIN}{terminal(sides.since)}"
    if sides is not None and sides.there and isinstance(change, Conflict):
        yield from _by_side(change.diff, sides, layout)
    elif _tells_fields(change, layout):
        yield from _fields(change.diff, layout)
    elif change.diff:
        yield f"{_MARGIN}{layout.style('dim', f'… {counted(len(change.diff), _FIELD)}: -v shows them')}"
    for warning in change.warnings:
        if sides is None or warning != sides.since:
            yield f"{_MARGIN}{layout.style('yellow', 'warning:')} {terminal(warning)}"


def _tells_fields(change: Change, layout: Layout) -> bool:
    """Whether each field is told; on a terminal few words are enough for all that comes or goes."""
    return layout.whole or not isinstance(change, Create | Delete)


def _by_side(items: Iterable[FieldDiff], sides: Sides, layout: Layout) -> Iterator[str]:
    """The fields by who changed them, each as service → file like all others."""
    groups: dict[str, list[FieldDiff]] = {}
    for item in items:
        here, there = _is_among(item, sides.here), _is_among(item, sides.there)
        who = "changed on both sides:" if here and there else _THERE if there else "changed in the file:"
        groups.setdefault(who, []).append(item)
    for title, group in groups.items():
        yield f"{_MARGIN}{layout.style('bold', title)}"
        yield from _fields(group, layout)


def _is_among(item: FieldDiff, others: Iterable[FieldDiff]) -> bool:
    """Whether one of the others is about the same field, a part of it, or what it is a part of."""
    return any(_within(item.field, other.field) or _within(other.field, item.field) for other in others)


def _within(field: str, part: str) -> bool:
    return part.startswith(field) and part[len(field) :][:1] in ("", ".", "[")


def _fields(items: Iterable[FieldDiff], layout: Layout) -> Iterator[str]:
    for item in items:
        yield from field_lines(item, layout, _INDENT)


def _remarks(change: Change, layout: Layout) -> Iterator[str]:
    """What there is to say of a change besides its fields."""
    style = layout.style
    match change:
        case Create():
            if not (layout.whole and change.diff):
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
            pull, undo = command("pull", change.key), typed("--overwrite", change.key)
            yield _help(terminal(f"{pull} takes it into the file, {undo} undoes it"), style)
        case Conflict():
            yield f"{style('red', 'conflict:')} {terminal(change.reason)}"
            yield _help(terminal(change.hint), style)
        case Orphan():
            pass  # Its warning says all of it.
        case _:
            assert_never(change)


def _help(text: str, style: Style) -> str:
    return f"{style('cyan', 'help:')} {text}"


def _compact(change: Create, layout: Layout) -> Iterator[str]:
    for name, value in facts(change):
        label = layout.style("dim", f"{name + ':':<10}")
        yield f"{label}{shorten(value, layout.room(_INDENT + 10))}"
