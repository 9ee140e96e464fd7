"""fmt: the layout of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import fmt as formatting
from promptsync.model.errors import ExitCode, LoadError
from promptsync.output.formatted import render_reformatted

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--check", "dry", is_flag=True, help="Write nothing; show what would change, and exit 2 if there is any.")
@common.on_target
def fmt(target: Target, files: tuple[str, ...], dry: bool) -> int:
    """Lay the prompt files out in one way, comments kept. What they ask for stays the same."""
    done = formatting.fmt(target, files, write=not dry)
    common.show_warnings(done.warnings)
    for item in done.changed:
        if dry:
            console.show(render_reformatted(item, common.layout_of_stdout(whole=True)))
        else:
            console.say(" ".join((item.file, *item.texts)))
    what = "would be laid out anew" if dry else "laid out anew"
    console.tell(f"{len(done.changed)} of {done.count} prompt file{'s' if done.count != 1 else ''} {what}")
    if done.errors:
        raise LoadError(list(done.errors))
    return ExitCode.CHANGES_PENDING if dry and done.changed else ExitCode.DONE
