"""lock: the lockfile, for people and for git."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from promptsync.cli import common, console
from promptsync.commands import lock as locking
from promptsync.commands import move_home as moving
from promptsync.commands.home import branches_of
from promptsync.commands.push import bring_home, take_home
from promptsync.commands.state import read_state
from promptsync.files.git import names_merged
from promptsync.model.errors import BranchError, ExitCode, LockfileError, UsageError
from promptsync.model.shell import typed
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
@common.brings_home
def forget(target: Target, keys: tuple[str, ...]) -> int:
    """Take KEYS out of the lockfile. Their prompts stay on the service, unmanaged."""
    for key, entry in locking.lock_forget(target, keys).items():
        console.say(f"{key} is forgotten; {entry.id} stays on the service")
    return ExitCode.DONE


@lock.command()
@click.argument("keys", nargs=-1, required=True, shell_complete=common.complete_key)
@common.on_target
@common.brings_home
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
    if not paths and target.lock_branch is not None:
        raise UsageError(f"the lockfile lives on the branch {target.lock_branch}, and nothing of it is in the tree")
    base, ours, theirs = paths if len(paths) == 3 else (None, paths[0] if paths else target.lock_path, None)
    merged = locking.lock_merge(base, ours, theirs, side)
    for sentence in [*merged.conflicts, *merged.decided]:
        console.tell(sentence)
    if merged.conflicts:
        console.tell("help: `promptsync lock merge --ours` or `--theirs` decides all of these for one side")
        return ExitCode.CONFLICT
    console.tell(f"{ours} is merged")
    return ExitCode.DONE


@lock.command()
@click.option("--unmerged", is_flag=True, help="Bring along what waits for the merge of files of this checkout.")
@common.in_git
@common.on_target
def push(target: Target, branch: str | None, remote: str | None, unmerged: bool) -> int:
    """Bring the lockfile to where it lives: its branch, or the tip of the branch it is committed to.

    It is merged prompt by prompt with what others brought there. Where the branch takes no direct commit, it waits on
    the branch promptsync/lockfile for a pull request. Says the branch it is on. Exits 6 where it did not come home.
    """
    try:
        pushed = bring_home(target, remote, branch, held="here" if unmerged else "merged")
    except (BranchError, LockfileError) as error:
        return common.tell_not_home(target, error)
    common.tell_pushed(pushed)
    if pushed.held and names_merged(target.root) is None:
        console.tell("this clone does not know what origin's default branch is: `git remote set-head origin --auto`")
    if not pushed.commit and not pushed.held:
        console.tell(f"the branch {pushed.branch} holds the lockfile already")
    console.say(pushed.branch)
    return ExitCode.DONE


@lock.command()
@common.in_git
@common.on_target
def take(target: Target, branch: str | None, remote: str | None) -> int:
    """Merge into the lockfile what its branch holds by now, and what waits on promptsync/lockfile to be merged.

    For the beginning of an apply in CI. Of both branches the lockfile alone is read, as data.
    """
    for name in take_home(target, remote, branch):
        console.say(f"{name} has changed")
    return ExitCode.DONE


@lock.command("move-home")
@click.option("--branch", help="Take the lockfile out of the tree, to this branch.")
@click.option("--tree", is_flag=True, help="Take it back into the tree.")
@common.on_target
def move_home(target: Target, branch: str | None, tree: bool) -> int:
    """Let the lockfiles of all targets live on a branch of their own, or in the tree again.

    promptsync.yaml is changed; what is to be committed for that is told.
    """
    if tree is (branch is not None):
        raise UsageError("lock move-home takes one of --branch and --tree")
    branches = branches_of(target)
    moved = moving.move_to_tree(target, branches) if branch is None else moving.move_to_branch(target, branches, branch)
    home = "lies in the tree" if moved.branch is None else f"lives on the branch {moved.branch}"
    console.say(f"the lockfile {home}; commit and push what changed for that:")
    console.say(typed("git", "add", "--all", "--", *moved.files).strip("`"))
    if moved.branch is None:
        console.tell(f"the branch {target.lock_branch} is read no more once that is merged, and may be deleted then")
    return ExitCode.DONE
