"""log: which apply made a version live, and from which commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import log as telling
from promptsync.model.errors import ExitCode
from promptsync.output.log import log_json, render_log

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.command()
@click.argument("key", required=False)
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many commits.")
@click.option("--offline", is_flag=True, help="Ask git and the lockfile alone, not what is live.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For a person, or for a program.",
)
@click.option("-v", "--verbose", is_flag=True, help="Tell each prompt of a commit.")
@common.on_target
def log(target: Target, key: str | None, limit: int, offline: bool, form: str, verbose: bool) -> int:
    """Show which apply made what live: when, from which commit, by whom. With KEY, of that prompt alone.

    First of all comes what is live and has no commit, such as an edit in orq.ai. A deleted key can be asked for, too.
    """
    with console.waiting("Reading git and service"):
        found = telling.log(target, key, limit, offline=offline, observer=console.watch())
    if form == "json":
        console.show(log_json(found))
    else:
        console.show(render_log(found, common.layout_of_stdout(whole=verbose)))
    if found.cut:
        console.tell("help: `git fetch --unshallow` brings the rest of the history into this clone")
    return ExitCode.DONE
