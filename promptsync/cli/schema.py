"""schema: what editors know of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import schema as describing
from promptsync.model.errors import ExitCode
from promptsync.model.json_schema import as_text

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.argument("kind", type=click.Choice(["prompt", "defaults", "config"]), default="prompt")
@common.on_target
def schema(target: Target, kind: str) -> int:
    """Print the JSON Schema of prompt files, of _defaults.yaml or of promptsync.yaml, for editors."""
    console.show(as_text(describing.schema(target, kind)))
    return ExitCode.DONE
