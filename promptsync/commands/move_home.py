"""Move-home: takes the lockfiles of a root from the tree to a branch of their own, or back, byte for byte."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.apply.journal import Journal
from promptsync.commands.ci import branch_of_run
from promptsync.commands.configure import configured
from promptsync.commands.home import fetch_home, folder_of, forget_home, home_at
from promptsync.commands.preview import previews
from promptsync.commands.results import Moved
from promptsync.files.config import DEFAULT_TARGET, SANDBOX_TARGET, why_no_lock_branch
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.git import committed, head, upstream
from promptsync.files.run_lock import alone
from promptsync.files.target import CONFIG_NAME, check_state, preview_of
from promptsync.model.errors import LockfileError, UsageError
from promptsync.model.lockfile import parse
from promptsync.model.shell import command

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.branches import Branches
    from promptsync.files.target import Target

_HEADLINE = "Move the lockfile here"


def move_to_branch(target: Target, branches: Branches, branch: str) -> Moved:
    """Takes the lockfiles of the root from the tree to a branch, which is begun where it is not there.

    What is to be committed then is told. Raises UsageError where they live on a branch already, or nothing can live on
    that one; LockfileError where they are not as committed and pushed, where a run was interrupted, and where the
    branch holds something else already.
    """
    problem = why_no_lock_branch(branch)
    if problem is not None:
        raise UsageError(f"the branch {problem}", hint="name a branch of its own, as in `promptsync/state`")
    if target.config.lock_branch is not None:
        raise UsageError(f"the lockfile lives on the branch {target.config.lock_branch} already")
    with ExitStack() as stack:
        _hold_all(stack, target)
        _refuse_previews(target)
        folder = folder_of(target)
        paths = sorted(target.root.glob("promptsync*.lock.json"))
        files = {folder + path.name: _as_committed(path) for path in paths}
        _check_pushed(target, branches, files)
        tip = branches.tip(branch)
        home = home_at(target, branches, branch, tip)
        for place in home.locks:
            if tip is None or branches.read(place, tip) != files.get(place):
                raise LockfileError(
                    f"the branch {branch} holds {place} already, and it says something else",
                    hint="name another branch, or delete that one if no one needs it",
                )
        new = {place: data for place, data in files.items() if place not in home.locks}
        if new:
            branches.commit(branch, tip, new, _HEADLINE, f"It lay in the tree until {head(target.root)}.")
        configured(target, "lock", {"branch": branch})
        for path in paths:
            path.unlink()
    return Moved(branch, _names(target, paths))


def move_to_tree(target: Target, branches: Branches) -> Moved:
    """Takes the lockfiles of the root from their branch into the tree; the branch stays, and is read no more.

    Raises UsageError where they lie in the tree already, BranchError where the branch cannot be reached, LockfileError
    where something recorded here is not on it, or a lockfile lies in the tree all the same.
    """
    branch = target.config.lock_branch
    if branch is None:
        raise UsageError("the lockfile lies in the tree already")
    with ExitStack() as stack:
        _hold_all(stack, target)
        _refuse_previews(target)
        home = fetch_home(replace(target, settings=target.config.target(DEFAULT_TARGET)), branches)
        found = {place.rpartition("/")[2]: branches.read(place, home.commit or "") or b"" for place in home.locks}
        paths = [target.root / name for name in found]
        for path in paths:
            if read_bytes(path) not in (None, found[path.name]):
                raise LockfileError(f"{path} is there already, and says something else", hint="move it out of the way")
        for path in paths:
            write_atomic(path, found[path.name])
        configured(target, "lock", None)
        forget_home(target)
    return Moved(None, _names(target, paths))


def _refuse_previews(target: Target) -> None:
    """Raises LockfileError where there are previews: their lockfiles stay behind, and with them what they made."""
    for name in sorted({DEFAULT_TARGET, *target.config.targets} - {SANDBOX_TARGET}):
        one = replace(target, settings=target.config.target(name))
        for preview in previews(one):
            if not preview_of(one, preview.name).settings.is_embedded:
                options = ("--name", preview.name, "--target", name)
                raise LockfileError(
                    f"the target “{name}” has the preview {preview.name}, whose lockfile would stay behind",
                    hint=f"run {command('preview delete', options=options)} first",
                )


def _hold_all(stack: ExitStack, target: Target) -> None:
    """Keeps runs on all targets out. Raises LockfileError where one left what is to be recorded or brought home."""
    for name in sorted({DEFAULT_TARGET, *target.config.targets} - {SANDBOX_TARGET}):
        one = replace(target, settings=target.config.target(name))
        stack.enter_context(alone(one))
        check_state(one)
        if not Journal(one.journal_path).recover().is_empty:
            raise LockfileError(
                f"a run on the target “{name}” was interrupted, and the lockfile does not hold yet what it did",
                hint="run `promptsync apply`, which finishes it, then again",
            )
        waiting = [path for path in (one.lock_path, one.held_path) if path.exists()] if one.lock_branch else []
        if waiting:
            raise LockfileError(
                f"{waiting[0]} holds what is not on the branch {one.lock_branch}",
                hint="run `promptsync lock push`, then again",
            )


def _names(target: Target, paths: list[Path]) -> tuple[str, ...]:
    return tuple(str(path) for path in (target.root / CONFIG_NAME, *paths))


def _as_committed(path: Path) -> bytes:
    data = read_bytes(path)
    if data is None or data != committed(path):
        raise LockfileError(f"{path} is not as it was committed", hint="commit or restore it, then again")
    parse(data, str(path))
    return data


def _check_pushed(target: Target, branches: Branches, files: dict[str, bytes]) -> None:
    """Raises LockfileError where the branch that is followed holds other lockfiles: they would be lost by the move."""
    followed = branch_of_run(target.environ) or upstream(target.root)
    tip = branches.tip(followed) if followed else None
    if tip is None:
        return
    for place, data in files.items():
        if branches.read(place, tip) != data:
            raise LockfileError(
                f"{place} is another one on {followed}", hint="bring this checkout up to date and push it, then again"
            )
