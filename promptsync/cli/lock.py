"""lock: the lockfile, for people and for git."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, console
from promptsync.commands import lock as locking
from promptsync.commands.state import read_state
from promptsync.model.errors import ExitCode, UsageError
from promptsync.output.tables import render_lock

if TYPE_CHECKING:
    from promptsync.files.target import Target


@click.group()
def lock() -> None:
    """The lockfile: look at it, check it, mend it."""


@lock.command()
@common.on_target
def show(target: Target) -> int:
    """List the locked prompts with their ids and versions."""
    console.show(render_lock(read_state(target).lock, color=console.has_color(sys.stdout)))
    return ExitCode.DONE


@lock.command()
@common.on_target
def verify(target: Target) -> int:
    """Compare lockfile, files and service. Exits 3 where they do not fit."""
    found = locking.lock_verify(target, observer=console.watch())
    for sentence in found:
        console.say(sentence)
    if not found:
        console.say("lockfile, files and service fit")
    return ExitCode.CONFLICT if found else ExitCode.DONE


@lock.command()
@click.argument("keys", nargs=-1, required=True, shell_complete=common.complete_key)
@common.on_target
def forget(target: Target, keys: tuple[str, ...]) -> int:
    """Take KEYS out of the lockfile. Their prompts stay on the service, unmanaged."""
    for key, entry in locking.lock_forget(target, keys).items():
        console.say(f"{key} is forgotten; {entry.id} stays on the service")
    return ExitCode.DONE


@lock.command()
@click.argument("keys", nargs=-1, required=True, shell_complete=common.complete_key)
@common.on_target
def unprotect(target: Target, keys: tuple[str, ...]) -> int:
    """Let `--prune` delete the prompts of KEYS, whose files are gone and which are protected."""
    locking.lock_unprotect(target, keys)
    for key in keys:
        console.say(f"{key} is protected no longer; `promptsync apply --prune` deletes it")
    return ExitCode.DONE


@lock.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--ours", "side", flag_value="ours", help="Where the two disagree, keep our side's.")
@click.option("--theirs", "side", flag_value="theirs", help="Where the two disagree, take their side's.")
@common.on_target
def merge(target: Target, paths: tuple[Path, ...], side: Any) -> int:
    """Join two sides of a lockfile, prompt by prompt.

    Without PATHS, or with one, the conflict markers that git left in the lockfile are resolved. With three it is a
    git merge driver: `promptsync lock merge %O %A %B`.
    """
    if len(paths) not in (0, 1, 3):
        raise UsageError("lock merge takes no path, the conflicted lockfile, or BASE OURS THEIRS")
    base, ours, theirs = paths if len(paths) == 3 else (None, paths[0] if paths else target.lock_path, None)
    merged = locking.lock_merge(base, ours, theirs, side)
    for sentence in [*merged.conflicts, *merged.decided]:
        console.tell(sentence)
    if merged.conflicts:
        console.tell("help: `promptsync lock merge --ours` or `--theirs` decides all of these for one side")
        return ExitCode.CONFLICT
    console.tell(f"{ours} is merged")
    return ExitCode.DONE
