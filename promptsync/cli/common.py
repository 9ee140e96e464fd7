"""What the commands share: the options that say where they work, and what they tell besides their results."""

from __future__ import annotations

import functools
import os
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import console
from promptsync.commands.completion import offered_keys, offered_targets
from promptsync.commands.home import TO_BRING_BACK, left_behind
from promptsync.files.config import DEFAULT_TARGET
from promptsync.files.target import open_target
from promptsync.model.errors import BranchError, ExitCode, LockfileError, NotHomeError
from promptsync.output.escape import terminal
from promptsync.output.layout import Layout
from promptsync.output.problems import render_problems
from promptsync.output.style import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Pushed
    from promptsync.files.target import Target
    from promptsync.model.errors import PromptsyncError
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


_AGO = re.compile(r"([0-9]{1,6})([dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def _hush(_: click.Context, __: click.Parameter, wanted: bool) -> None:
    if wanted:
        console.be_quiet()


def time_ago(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    """A time in the past: a date, a date and time, or how long ago. Without a zone it is this machine's."""
    if value is None:
        return None
    ago = _AGO.fullmatch(value)
    try:
        if ago:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(value).astimezone()
    except (ValueError, OverflowError):
        raise click.BadParameter(f"“{value}” is neither a date as 2026-11-30 nor a time ago as 7d, 12h, 30m") from None


def where(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where a command works: it gets `root`, `target` (a name) and `base_url`."""

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
    @click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=_hush, help="Say results and errors alone."
    )
    @functools.wraps(command)
    def wrapped(**options: Any) -> Any:
        return command(**options)

    return wrapped


def on_target(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of nearly every command; the command gets the target that they name.

    What was recorded for a branch that the configuration names no more is told: no command reads it.
    """

    @where
    @functools.wraps(command)
    def wrapped(root: Path, target: str, base_url: str | None, **options: Any) -> Any:
        opened = open_target(root, target, base_url=base_url, environ=os.environ)
        if opened.config.lock_branch is None:
            for path in left_behind(opened):
                console.tell(f"{path} is not read, since promptsync.yaml names no branch of lockfiles; {TO_BRING_BACK}")
        return command(replace(opened, notify=console.tell), **options)

    return wrapped


def in_git(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where in git the lockfile belongs; the command gets `branch` and `remote`."""
    remote = click.option("--remote", help="The name of a remote, or a URL; by default origin.")
    branch = "The branch it belongs on; by default that of the CI's run, or the one that is followed."
    return click.option("--branch", help=branch)(remote(command))


def brings_home(command: Callable[..., int]) -> Callable[..., int]:
    """A command that changes the lockfile: at its end it is brought to its branch, where it lives on one.

    Where that fails it is told, and the exit code says so unless something worse happened.
    """

    @functools.wraps(command)
    def wrapped(target: Target, **options: Any) -> int:
        code = command(target, **options)
        if target.lock_branch is None or not target.lock_path.exists():
            return code
        from promptsync.commands.push import bring_home  # Few roots keep their lockfile on a branch.

        try:
            tell_pushed(bring_home(target))
        except (BranchError, LockfileError) as error:
            return tell_not_home(target, error, code)
        return code

    return wrapped


def tell_held(target: Target) -> None:
    """Says when to bring home what was recorded along with files."""
    if target.lock_branch is not None and target.held_path.exists():
        console.tell("once the files are merged, and this clone is up to date: `promptsync lock push`")


def tell_pushed(pushed: Pushed) -> None:
    """Says where the lockfile is home now."""
    if pushed.is_proposed:
        console.tell(f"the lockfile waits on the branch {pushed.branch} ({pushed.commit[:10]}); merge it soon")
        console.tell(pushed.url or "open a pull request from that branch")
    elif pushed.commit:
        console.tell(f"the lockfile is on the branch {pushed.branch}, {pushed.commit[:10]}")
    if pushed.held:
        what = f"what was recorded of {counted(pushed.held, 'prompt')}"
        console.tell(f"{what} waits until the files are merged, and this clone is up to date")


def tell_not_home(target: Target, error: PromptsyncError, code: int = ExitCode.DONE) -> int:
    """Says what kept the lockfile from coming home, and gives the exit code: `code`, if that tells of worse."""
    from promptsync.cli import errors

    # What was recorded of a preview is brought home by the preview's own commands.
    push = "this again" if target.settings.preview else "`promptsync lock push`"
    hint = f"{error.hint}; then run {push}" if error.hint else f"run {push} to try again"
    recorded = next((path for path in (target.lock_path, target.held_path) if path.exists()), None)
    what = f"{recorded} holds what did not come home" if recorded else "no lockfile could be brought home"
    own = errors.tell(NotHomeError(f"{what}: {error.message}", hint=hint))
    return code or own


only = click.option("--only", multiple=True, metavar="GLOB", shell_complete=complete_key, help="Only these keys.")
verbose = click.option("-v", "--verbose", is_flag=True, help="Tell each request, and every text whole.")
timeout = click.option(
    "--timeout",
    "patience",
    type=click.FloatRange(0, min_open=True),
    help="Seconds that one call to the service may take in all, waits and repeats included; 120 by default.",
)


def layout_of_stdout(*, whole: bool = False) -> Layout:
    """How to lay out what goes to stdout: only a terminal is spared long texts, unless they are wanted `whole`."""
    stream = sys.stdout
    return Layout(color=console.has_color(stream), width=console.width(stream), whole=whole or not stream.isatty())


def show_warnings(warnings: tuple[Problem, ...]) -> None:
    """What is odd about the files, on stderr."""
    if warnings:
        console.show_talk(render_problems(warnings, color=console.has_color(sys.stderr)))
