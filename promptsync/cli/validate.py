"""validate: the check of the files alone. An editor or a pre-commit hook runs it, so it loads little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from promptsync.cli import common, console
from promptsync.commands import validate as validating
from promptsync.commands.lint import explain
from promptsync.model.errors import ExitCode, LoadError, UsageError

if TYPE_CHECKING:
    from promptsync.commands.results import Validated
    from promptsync.files.target import Target

_FORMATS = ("text", "json", "github", "sarif")


@click.command()
@click.argument("files", nargs=-1, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="For a person, a program, as annotations in GitHub Actions, or for code scanning.",
)
@click.option("--explain", "rule", metavar="RULE", help="Show the page of a rule.")
@click.option("--resolved", metavar="KEY", help="Show all that a prompt says, and the file and line of each value.")
@common.on_target
def validate(target: Target, files: tuple[str, ...], form: str, rule: str | None, resolved: str | None) -> int:
    """Check the prompt files and, by rules, what they say; offline."""
    if rule is not None:
        console.show(explain(rule))
        return ExitCode.DONE
    if resolved is not None:
        return _show(target, resolved, files)
    done = validating.validate(target, files)
    if form == "text":
        return _tell(done)
    from promptsync.output.reports import REPORTS  # Only those who ask for another format wait for it.

    (console.show_commands if form == "github" else console.show)(REPORTS[form](done.problems))
    return ExitCode.ERROR if done.errors else ExitCode.DONE


def _show(target: Target, key: str, files: tuple[str, ...]) -> int:
    """All that a prompt says."""
    from promptsync.output.resolved import render_resolved

    if files:
        raise UsageError("--resolved shows one prompt, and takes no files", hint="leave one of the two out")
    console.show(render_resolved(validating.resolved(target, key), common.layout_of_stdout()))
    return ExitCode.DONE


def _tell(done: Validated) -> int:
    common.show_warnings(done.warnings)
    if done.errors:
        raise LoadError(done.errors)
    console.say(f"{done.count} prompt file{'s are' if done.count != 1 else ' is'} valid")
    return ExitCode.DONE
