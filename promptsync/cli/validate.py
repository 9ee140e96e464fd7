"""validate: the check of the files alone. An editor or a pre-commit hook runs it, so it loads little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import validate as validating
from promptsync.model.errors import ExitCode, UsageError
from promptsync.output.resolved import render_resolved

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option("--resolved", metavar="KEY", help="Show all that a prompt says, and the file and line of each value.")
@common.on_target
def validate(target: Target, files: tuple[str, ...], resolved: str | None) -> int:
    """Check the prompt files, offline."""
    if resolved is not None:
        if files:
            raise UsageError("--resolved shows one prompt, and takes no files", hint="leave one of the two out")
        _, values = validating.resolved(target, resolved)
        console.show(render_resolved(values, common.layout_of_stdout()))
        return ExitCode.DONE
    count, warnings = validating.validate(target, files)
    common.show_warnings(warnings)
    console.say(f"{count} prompt file{'s are' if count != 1 else ' is'} valid")
    return ExitCode.DONE
