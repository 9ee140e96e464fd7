"""What was changed on the service alone, as GitHub's Markdown: for an issue, and for the pull request about it.

All that the service or a file says stands in code, as in every plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.compare import FieldDiff
from promptsync.model.shell import command
from promptsync.output.cells import cut
from promptsync.output.escape import terminal
from promptsync.output.fields import legend
from promptsync.output.markdown import code, field_lines, fitted, folding
from promptsync.output.shown import masked
from promptsync.output.style import counted
from promptsync.plan.standing import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promptsync.commands.results import DryRun, Pulled
    from promptsync.merge.prompts import FieldConflict
    from promptsync.output.layout import Layout
    from promptsync.plan.changes import Plan, Standing

_FEW = 20
"""Keys that are named for each side; all of them are told below."""
_LONG = 120
"""Columns of such a name."""

_TOLD: dict[Standing, str] = {
    "service": "<b>orq.ai is ahead:</b> edited there, and the file is as it was applied",
    "both": "<b>Both are ahead:</b> edited there too, or deleted, so that a person must decide",
    "lock": "<b>The lockfile is behind:</b> the service holds what an apply wrote, and the lockfile has not come home; "
    "merge the branch that has it, or let the next apply record it",
    "git": "<b>Git is ahead:</b> not applied yet",
}


def render_standing(plan: Plan) -> str:
    """A list of who is ahead with which prompts; nothing of it is cut but the names of very many."""
    keys: dict[Standing, list[str]] = {}
    for change in plan.changes:
        who = standing(change)
        if who is not None:
            keys.setdefault(who, []).append(change.key)
    lines = [f"<li>{told}: {_named(keys[who])}</li>" for who, told in _TOLD.items() if who in keys]
    return "\n".join(["<ul>", *lines, "</ul>"])


def render_proposed(made: DryRun, since: Mapping[str, str], top: str, layout: Layout) -> str:
    """The text of a pull request: `top`, then for each file what it takes over, and what is left to decide.

    `since` tells by key who edited a prompt and when. Within the layout's limit, without a final newline.
    """
    head = f"{top}\n\n{legend('the file before → now')}\n"
    told = [pulled for pulled in made.pulled if pulled.edits or pulled.is_open]
    parts = [_part(pulled, since.get(pulled.key), is_settled=pulled.key not in made.unsettled) for pulled in told]
    return fitted(head, parts, layout).rstrip("\n")


def _named(keys: Sequence[str]) -> str:
    more = f" and {counted(len(keys) - _FEW, 'other')}" if len(keys) > _FEW else ""
    return ", ".join(code(cut(terminal(key), _LONG)) for key in keys[:_FEW]) + more


def _part(pulled: Pulled, since: str | None, *, is_settled: bool) -> str:
    sign, word = ("!!", "to decide") if pulled.is_open else ("~", "taken over")
    lines = list(_lines(pulled, since))
    if not is_settled:
        overwrite = terminal(command("apply", options=("--overwrite", pulled.key)))
        lines.append(f"# help: both sides changed: once this is merged, {overwrite} applies it")
    return folding(f"{sign} {word} <b>{code(pulled.key)}</b>", lines)


def _lines(pulled: Pulled, since: str | None) -> Iterator[str]:
    if since:
        yield f"# {terminal(since)}"
    for item in pulled.fields:
        yield from field_lines(masked(item))
    if pulled.problem is not None:
        yield f"# left alone: {terminal(pulled.problem)}"
    for conflict in pulled.conflicts:
        yield f"# conflict: {terminal(conflict.field)} is left as in the file, service → file"
        yield from field_lines(_sides(conflict))
    if pulled.conflicts:
        pull = terminal(command("pull", pulled.key, options=("--ours",)))
        yield f"# help: {pull} keeps the file's side, `--theirs` takes the service's"


def _sides(conflict: FieldConflict) -> FieldDiff:
    return masked(FieldDiff(conflict.field, "replace", conflict.theirs, conflict.ours))
