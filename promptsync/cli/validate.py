"""validate: the check of the files alone. An editor or a pre-commit hook runs it, so it loads little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import validate as validating
from promptsync.model.errors import ExitCode

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@common.on_target
def validate(target: Target, files: tuple[str, ...]) -> int:
    """Check the prompt files, offline."""
    count, warnings = validating.validate(target, files)
    common.show_warnings(warnings)
    console.say(f"{count} prompt file{'s are' if count != 1 else ' is'} valid")
    return ExitCode.DONE
