"""What the commands share: their options, and how a plan and its warnings are shown."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import console
from promptsync.commands.completion import offered_keys, offered_targets
from promptsync.files.config import DEFAULT_TARGET
from promptsync.files.target import open_target
from promptsync.output.escape import terminal
from promptsync.output.formats import DEFAULT, FOR_RUNNERS, render
from promptsync.output.layout import Layout
from promptsync.output.problems import render_problems
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Planned
    from promptsync.model.prompt import Problem

ROOT = "prompts"
"""The folder of the prompt files, if no other is named."""


def complete_key(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """The keys that begin so, for a shell; none that acts on what shows it."""
    root, target = ctx.params.get("root", Path(ROOT)), ctx.params.get("target", DEFAULT_TARGET)
    keys = offered_keys(root, target)
    return [key for key in keys if key.startswith(incomplete) and terminal(key) == key]


def _complete_target(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    names = offered_targets(ctx.params.get("root", Path(ROOT)))
    return [name for name in names if name.startswith(incomplete) and terminal(name) == name]


def on_target(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command; the command gets the target that they name."""

    @click.option(
        "--dir",
        "root",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="PROMPTSYNC_DIR",
        default=ROOT,
        show_default=True,
        help="The folder of the prompt files (PROMPTSYNC_DIR).",
    )
    @click.option(
        "--target",
        default=DEFAULT_TARGET,
        show_default=True,
        shell_complete=_complete_target,
        help="The target; `sandbox` is built in.",
    )
    @click.option("--base-url", help="Another host for the target (ORQ_BASE_URL).")
    @functools.wraps(command)
    def wrapped(root: Path, target: str, base_url: str | None, **options: Any) -> Any:
        return command(open_target(root, target, base_url=base_url, environ=os.environ), **options)

    return wrapped


only = click.option("--only", multiple=True, metavar="GLOB", shell_complete=complete_key, help="Only these keys.")
verbose = click.option("-v", "--verbose", is_flag=True, help="Tell each request, and every text whole.")
timeout = click.option(
    "--timeout",
    "patience",
    type=click.FloatRange(0, min_open=True),
    help="Seconds that one call to the service may take in all, waits and repeats included; 120 by default.",
)


def deciding(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that decide beforehand; the command gets them as `options` (PlanOptions)."""

    @click.option("--prune", is_flag=True, help="Delete prompts whose files are gone.")
    @click.option("--max-deletes", type=click.IntRange(0), help="Allow so many deletes, in place of 30 % of the lock.")
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


def layout_of_stdout(*, whole: bool = False) -> Layout:
    """How to lay out what goes to stdout: only a terminal is spared long texts, unless they are wanted `whole`."""
    stream = sys.stdout
    return Layout(color=console.has_color(stream), width=console.width(stream), whole=whole or not stream.isatty())


def show_planned(planned: Planned, form: str = DEFAULT, *, whole: bool = False) -> None:
    """Warnings and notes on stderr, the plan on stdout."""
    show_warnings(planned.warnings)
    if planned.notes:
        console.tell("the last run was interrupted:")
    for note in planned.notes:
        console.tell(f"  {note}")
    show = console.show_commands if form in FOR_RUNNERS else console.show
    show(render(planned.plan, layout_of_stdout(whole=whole), form))


def show_warnings(warnings: tuple[Problem, ...]) -> None:
    """What is odd about the files, on stderr."""
    if warnings:
        console.show_talk(render_problems(warnings, color=console.has_color(sys.stderr)))
