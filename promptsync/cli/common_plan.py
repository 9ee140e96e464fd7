"""What the commands about plans share: the options that decide beforehand, and how a plan is read and shown."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import console
from promptsync.cli.common import complete_key, layout_of_stdout, only, show_warnings
from promptsync.files.disk import read_bytes
from promptsync.model.errors import UsageError
from promptsync.output.formats import DEFAULT, FOR_RUNNERS, FORMATS, render
from promptsync.plan.changes import PlanOptions
from promptsync.plan.saved import parse_saved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptsync.commands.results import Planned
    from promptsync.plan.saved import SavedPlan

plan_format = click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default=DEFAULT,
    show_default=True,
    help="For a terminal, a program, a comment, a browser, or as annotations in GitHub Actions.",
)


def deleting(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about what is deleted."""
    prune = click.option("--prune", is_flag=True, help="Delete prompts whose files are gone.")
    most = "Allow so many deletes, in place of 30 % of the lock."
    return prune(click.option("--max-deletes", type=click.IntRange(0), help=most)(command))


def deciding(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that decide beforehand; the command gets them as `options` (PlanOptions)."""

    @deleting
    @click.option(
        "--overwrite",
        multiple=True,
        metavar="GLOB",
        shell_complete=complete_key,
        help="The file wins for these keys (`**` crosses /).",
    )
    @click.option("--create-twins", is_flag=True, help="Create prompts even where others bear their names.")
    @only
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        prune: bool,
        max_deletes: int | None,
        overwrite: tuple[str, ...],
        create_twins: bool,
        only: tuple[str, ...],
        **kwargs: Any,
    ) -> Any:
        return command(*args, options=PlanOptions(prune, overwrite, create_twins, only, max_deletes), **kwargs)

    return wrapped


def show_planned(planned: Planned, form: str = DEFAULT, *, whole: bool = False) -> None:
    """Warnings and notes on stderr, the plan on stdout."""
    show_warnings(planned.warnings)
    if planned.notes:
        console.tell("the last run was interrupted:")
    for note in planned.notes:
        console.tell(f"  {note}")
    show_rendered(render(planned.plan, layout_of_stdout(whole=whole), form), form)


def show_rendered(text: str, form: str) -> None:
    """A plan in the format of that name, on stdout."""
    show = console.show_commands if form in FOR_RUNNERS else console.show
    show(text)


def read_saved(path: Path) -> SavedPlan:
    """The plan that was saved in a file. Raises UsageError where there is none, PlanError for what is none."""
    data = read_bytes(path)
    if data is None:
        raise UsageError(f"there is no plan {path}")
    return parse_saved(data, str(path))
