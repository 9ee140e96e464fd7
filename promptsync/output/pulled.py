"""What a pull or restore did to the files, and what it left to decide."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from promptsync.model.compare import FieldDiff
from promptsync.output.escape import terminal
from promptsync.output.fields import FieldLayout, field_lines
from promptsync.output.mask import masked
from promptsync.output.style import Style, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.commands.results import Pulled
    from promptsync.merge.prompts import FieldConflict

_INDENT = 5


def render_pulled(done: Sequence[Pulled], *, color: bool, width: int) -> str:
    """A block for each file: the fields taken over, then each conflict with both sides; the sum at the end."""
    layout = FieldLayout(Style(color), width, _INDENT, verbose=False)
    lines: list[str] = []
    for pulled in done:
        lines += [*_block(pulled, layout), ""]
    changed = sum(bool(pulled.edits) for pulled in done)
    waiting = sum(pulled.is_open for pulled in done)
    lines.append(f"{counted(changed, 'file')} changed, {waiting} to decide.")
    return "\n".join(line.rstrip() for line in lines)


def _block(pulled: Pulled, layout: FieldLayout) -> Iterator[str]:
    indent = " " * layout.indent
    yield layout.style("bold", terminal(pulled.key))
    for item in pulled.fields:
        yield from field_lines(masked(item), layout)
    if pulled.problem is not None:
        yield f"{indent}{layout.style('red', 'left alone:')} {terminal(pulled.problem)}"
    if pulled.base_is_gone and pulled.conflicts:
        yield f"{indent}the service no longer has the locked version: file and service are compared alone"
    for conflict in pulled.conflicts:
        yield from _conflict(conflict, layout)
    if pulled.conflicts:
        word = layout.style("cyan", "help:")
        pull = f"`promptsync pull {shlex.quote(terminal(pulled.key))} --ours`"
        yield f"{indent}{word} {pull} keeps the file's side, `--theirs` takes the service's"


def _conflict(conflict: FieldConflict, layout: FieldLayout) -> Iterator[str]:
    yield f"{' ' * layout.indent}{layout.style('red', 'conflict:')} {terminal(conflict.field)}, service → file"
    yield from field_lines(masked(FieldDiff(conflict.field, "replace", conflict.theirs, conflict.ours)), layout)
