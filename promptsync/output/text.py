"""A plan for people: a line for each prompt, what changes below it, the sum at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.details import details
from promptsync.output.escape import terminal
from promptsync.output.excerpt import shorten
from promptsync.output.fields import field_lines, legend
from promptsync.output.reach import reach_lines
from promptsync.output.style import LOOKS, Style, counted
from promptsync.plan.changes import ACTIONS, DECIDED, Create, Delete

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.output.details import Remark
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Change, Plan

_INDENT = 5
_MARGIN = " " * _INDENT
_WORD = max(len(action) for action in ACTIONS)
_FIELD = "field"


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
    yield from (style("dim", f"{terminal(line)}.") for line in reach_lines(plan))
    if plan.refreshed:
        number = len(plan.refreshed)
        entries = "1 lockfile entry is" if number == 1 else f"{number} lockfile entries are"
        yield style("dim", f"{entries} to be recorded anew; nothing differs there.")


def _details(change: Change, layout: Layout) -> Iterator[str]:
    told = details(change)
    style = layout.style
    is_short = not _tells_fields(change, layout)
    if told.facts and (is_short or not told.groups):
        yield from _compact(told.facts, layout)
    for remark in told.remarks:
        yield _MARGIN + _remark(remark, style)
    if is_short and told.groups:
        yield f"{_MARGIN}{style('dim', f'… {counted(len(told.fields), _FIELD)}: -v shows them')}"
    for group in () if is_short else told.groups:
        if group.title:
            yield f"{_MARGIN}{style('bold', group.title)}"
        for item in group.fields:
            yield from field_lines(item, layout, _INDENT)
    for warning in told.warnings:
        yield f"{_MARGIN}{style('yellow', 'warning:')} {terminal(warning)}"


def _tells_fields(change: Change, layout: Layout) -> bool:
    """Whether each field is told; on a terminal few words are enough for all that comes or goes."""
    return layout.whole or not isinstance(change, Create | Delete)


def _remark(remark: Remark, style: Style) -> str:
    text = terminal(remark.text)
    match remark.kind:
        case "plain" | "since":
            return text
        case "aside":
            return style("dim", text)
        case "loud":
            return style("magenta", text)
        case "conflict":
            return f"{style('red', 'conflict:')} {text}"
        case "help":
            return f"{style('cyan', 'help:')} {text}"
        case _:
            assert_never(remark.kind)


def _compact(facts: Iterable[tuple[str, str]], layout: Layout) -> Iterator[str]:
    for name, value in facts:
        label = layout.style("dim", f"{name + ':':<10}")
        yield f"{_MARGIN}{label}{shorten(value, layout.room(_INDENT + 10))}"
