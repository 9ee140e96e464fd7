"""doctor: one line for each thing that has to be right, and what to do where it is not."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import doctor as examining
from promptsync.model.errors import ExitCode
from promptsync.output.tables import findings_json, render_finding

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.commands.results import Finding


@click.command()
@click.option("--write", is_flag=True, help="Try whether the key may write: by a change of a prompt that is not there.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For a person, or for a program.",
)
@common.where
def doctor(root: Path, target: str, base_url: str | None, write: bool, form: str) -> int:
    """Look at what is set up and what is not: a line each, and what to do. Changes nothing; shows no key.

    Exits 1 where something would fail.
    """
    found: list[Finding] = []
    asked = examining.Asked(root, target, base_url, os.environ, write, console.watch())
    for finding in examining.doctor(asked):
        found.append(finding)
        if form == "text":
            console.show(render_finding(finding, color=console.has_color(sys.stdout)))
    if form == "json":
        console.show(findings_json(found))
    return ExitCode.ERROR if any(finding.level == "fails" for finding in found) else ExitCode.DONE
