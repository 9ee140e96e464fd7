"""What a pull or restore did to the files, and what it left to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.compare import FieldDiff
from promptsync.model.shell import command
from promptsync.output.escape import terminal
from promptsync.output.fields import field_lines, legend
from promptsync.output.shown import masked
from promptsync.output.style import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.commands.results import Pulled
    from promptsync.merge.prompts import FieldConflict
    from promptsync.output.layout import Layout

_INDENT = 5
_MARGIN = " " * _INDENT


def render_pulled(done: Sequence[Pulled], layout: Layout) -> str:
    """A block for each file: the fields taken over, then each conflict with both sides; the sum at the end.

    What was decided for the file beforehand is told as a conflict is: the next apply writes it over the service's.
    """
    edited = any(pulled.fields for pulled in done)
    lines = [layout.style("dim", legend("the file before → now")), ""] if edited else []
    for pulled in done:
        lines += [*_block(pulled, layout), ""]
    changed = sum(bool(pulled.edits) for pulled in done)
    waiting = sum(pulled.is_open for pulled in done)
    kept = sum(len(pulled.kept) for pulled in done)
    decided = f", {kept} decided for the file" if kept else ""
    lines.append(f"{counted(changed, 'file')} changed, {waiting} to decide{decided}.")
    return "\n".join(line.rstrip() for line in lines)


def _block(pulled: Pulled, layout: Layout) -> Iterator[str]:
    yield layout.style("bold", terminal(pulled.key))
    for item in pulled.fields:
        yield from field_lines(masked(item), layout, _INDENT)
    if pulled.problem is not None:
        yield f"{_MARGIN}{layout.style('red', 'left alone:')} {terminal(pulled.problem)}"
    if pulled.base_is_gone and pulled.conflicts:
        yield f"{_MARGIN}the service no longer has the locked version: file and service are compared alone"
    for conflict in pulled.kept:
        yield from _sides(layout.style("yellow", "kept as in the file:"), conflict, layout)
    for conflict in pulled.conflicts:
        yield from _sides(layout.style("red", "conflict:"), conflict, layout)
    if pulled.conflicts:
        word = layout.style("cyan", "help:")
        pull = terminal(command("pull", pulled.key, options=("--ours",)))
        yield f"{_MARGIN}{word} {pull} keeps the file's side, `--theirs` takes the service's"
    if pulled.is_unsettled:
        overwrite = terminal(command("apply", options=("--overwrite", pulled.key)))
        yield f"{_MARGIN}{layout.style('cyan', 'help:')} once the file is merged, {overwrite} applies it"


def _sides(word: str, conflict: FieldConflict, layout: Layout) -> Iterator[str]:
    yield f"{_MARGIN}{word} {terminal(conflict.field)}, service → file"
    sides = FieldDiff(conflict.field, "replace", conflict.theirs, conflict.ours)
    yield from field_lines(masked(sides), layout, _INDENT)
