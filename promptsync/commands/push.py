"""Push: brings the lockfile to where it lives, merged prompt by prompt with what others brought there meanwhile."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.ci import branch_of_run, provenance_of_run
from promptsync.commands.held import count_held, held_here, settle, with_held
from promptsync.commands.home import (
    branches_of,
    fetch_home,
    folder_of,
    forget_unpushed,
    parse_at,
    read_unpushed,
    remember,
)
from promptsync.commands.results import Pushed
from promptsync.files.config import SANDBOX_TARGET
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.git import committed, head, upstream, user
from promptsync.files.run_lock import alone
from promptsync.files.target import check_state
from promptsync.merge.locks import merge_locks
from promptsync.model.errors import DeniedError, LockfileError, MovedError, UsageError
from promptsync.model.lockfile import Lockfile, dump, parse
from promptsync.model.provenance import HEADLINE, Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from promptsync.commands.results import HeldFor
    from promptsync.files.branches import Branches
    from promptsync.files.target import Target

WAITING = "promptsync/lockfile"
"""The branch on which a lockfile waits to be merged, where the one it belongs on takes no commit of ours."""

_ATTEMPTS = 5
_PAUSE = 0.3
"""Seconds before the second attempt, twice as long before each further one."""


def push(
    target: Target,
    branches: Branches,
    *,
    branch: str | None = None,
    provenance: Provenance,
    held: HeldFor | None = None,
    joins: Callable[[], bool] = lambda: True,
    sleep: Callable[[float], object] = time.sleep,
) -> Pushed:
    """Brings what was recorded here to where the lockfile lives.

    In the tree that is `branch`: all lockfiles of the root, as one commit on its tip that changes nothing else. Where
    it takes no commit of ours, they go to the branch WAITING, one commit ahead of it, for the caller to open a pull
    request from. On a branch of lockfiles it is that of the target alone, and `branch` is not asked for; with `held`
    what was recorded along with files goes there too, by whether those are merged, or here at least.

    `joins` tells whether what lies on WAITING already is taken along, or else replaced: it may be anyone's.

    Raises LockfileError where what was recorded here and there contradicts, MovedError where the branch moved at each
    attempt, DeniedError where there is no way in, BranchError where there is no way there.
    """
    if target.name == SANDBOX_TARGET:
        raise UsageError("the lockfile of the sandbox stays on this machine")
    with alone(target):
        check_state(target)
        if target.lock_branch is not None:
            return _again(lambda: _push_home(target, branches, provenance, held=held), sleep)
        if branch is None:
            raise _unknown()
        return _push_tree(target, branches, branch, provenance, joins, sleep)


def take(target: Target, branches: Branches, *, branch: str, waiting: Iterable[str] = ()) -> list[str]:
    """Merges the lockfiles at the tip of `branch`, and of branches that wait to be merged into it, into those on disk.

    Of each branch only the lockfiles of this root are read, as data. Gives the names of those that changed. Raises
    LockfileError for one that cannot be trusted, or contradicts; nothing is written then.
    """
    if target.lock_branch is not None:
        return []
    with alone(target):
        folder = folder_of(target)
        tip = branches.tip(branch)
        merged: dict[Path, Lockfile] = {}
        for path in _lock_paths(target):
            place, base = folder + path.name, _parsed(committed(path), path)
            lock = _parsed(read_bytes(path), path) or Lockfile()
            if tip is not None:
                lock = _joined(base, lock, _read(branches, place, branch, tip) or lock, place, branch)
                for other in waiting:
                    lock = _with_waiting(branches, place, lock, tip, other, branch)
            merged[path] = lock
        return [path.name for path, lock in merged.items() if _write(path, lock)]


def take_home(target: Target, remote: str | None = None, branch: str | None = None) -> list[str]:
    """Takes what `take` does, by what this machine, or the CI it is in, says of the branch; waiting is WAITING."""
    branches, wanted = branches_of(target, remote), branch or _branch_here(target)
    if wanted is None:
        raise _unknown()
    return take(target, branches, branch=wanted, waiting=[WAITING])


def bring_home(
    target: Target, remote: str | None = None, branch: str | None = None, *, held: HeldFor | None = None
) -> Pushed:
    """Brings the lockfile home by what this machine, or the CI it is in, says of the branch and the run."""
    branches, wanted = branches_of(target, remote), branch or _branch_here(target)
    return push(target, branches, branch=wanted, provenance=provenance_of(target), held=held)


def provenance_of(target: Target) -> Provenance:
    """Which run this is, as the CI says it, else who by git; and the commit that is checked out.

    A job that waited checks out the tip of its branch, which is not the commit that its run began with.
    """
    commit = head(target.root) or ""
    found = provenance_of_run(target.name, commit, target.environ)
    return found or Provenance(target.name, commit, by=user(target.root) or "")


def _branch_here(target: Target) -> str | None:
    return branch_of_run(target.environ) or upstream(target.root)


def _unknown() -> UsageError:
    return UsageError("the branch of the lockfile is not known", hint="name it with --branch")


def _push_home(target: Target, branches: Branches, provenance: Provenance, *, held: HeldFor | None) -> Pushed:
    branch, unpushed = target.lock_branch or "", read_unpushed(target)
    if unpushed is None and (held is None or not target.held_path.exists()):
        return Pushed(branch)
    home = fetch_home(target, branches)
    place, there = home.path(target), home.lock(target)
    lock = there if unpushed is None else _joined(unpushed.base, unpushed.lock, there, place, branch)
    if held is not None:
        lock = with_held(target, lock, held_here(target, lock, merged=held == "merged"))
    commit = ""
    if lock != there:
        # A preview that is over leaves nothing behind.
        kept = {} if target.settings.preview and not lock.prompts else {place: lock}
        files = {place: dump(lock) if kept else None}
        if kept or place in home.locks:
            commit = branches.commit(branch, home.commit, files, HEADLINE, provenance.trailers)
            others = {path: one for path, one in home.locks.items() if path != place}
            remember(target, replace(home, commit=commit, locks={**others, **kept}))
    forget_unpushed(target)
    settle(target, lock)
    return Pushed(branch, commit, held=count_held(target))


def _push_tree(
    target: Target,
    branches: Branches,
    branch: str,
    provenance: Provenance,
    joins: Callable[[], bool],
    sleep: Callable[[float], object],
) -> Pushed:
    def directly() -> Pushed:
        tip, sides = _sides(target, branches, branch)
        files = {place: dump(lock) for place, (lock, there) in sides.items() if lock != there}
        return Pushed(branch, branches.commit(branch, tip, files, HEADLINE, provenance.trailers) if files else "")

    def proposed() -> Pushed:
        tip, sides = _sides(target, branches, branch)
        files, joined = {}, joins()
        for place, (ours, theirs) in sides.items():
            lock = _with_waiting(branches, place, ours, tip, WAITING, branch, ours=True) if joined else ours
            if lock != theirs:
                files[place] = dump(lock)
        if not files:
            return Pushed(branch)
        there = branches.tip(WAITING)
        if there is not None and _waits_already(branches, files, tip, there):
            return Pushed(WAITING, there, is_proposed=True)
        made = branches.propose(WAITING, branch, tip, files, HEADLINE, provenance.trailers)
        return Pushed(WAITING, made.commit, is_proposed=True, url=made.url)

    try:
        return _again(directly, sleep)
    except DeniedError:
        return _again(proposed, sleep)


def _waits_already(branches: Branches, files: dict[str, bytes], tip: str, there: str) -> bool:
    """Whether the commit `there` brings these files and nothing else, and the branch at `tip` has them as it had."""
    common = branches.merge_base(tip, there)
    changed = None if common is None else branches.changed(common, there)
    if common is None or changed is None or not files.keys() >= set(changed):
        return False
    return all(
        branches.read(place, there) == data and branches.read(place, common) == branches.read(place, tip)
        for place, data in files.items()
    )


def _sides(target: Target, branches: Branches, branch: str) -> tuple[str, dict[str, tuple[Lockfile, Lockfile | None]]]:
    """The tip of a branch, and by the place of each lockfile on disk: what it is to hold there, and what it holds."""
    tip = branches.tip(branch)
    if tip is None:
        raise UsageError(f"there is no branch {branch} to bring the lockfile to", hint="name another with --branch")
    folder = folder_of(target)
    sides: dict[str, tuple[Lockfile, Lockfile | None]] = {}
    for path in _lock_paths(target):
        place, before, data = folder + path.name, committed(path), read_bytes(path)
        if data is None:
            continue
        base, there = _parsed(before, path), _read(branches, place, branch, tip)
        if data == before:
            if there is not None:
                sides[place] = (there, there)
            continue
        if base is not None and there is None:
            hint = "see where it went, and bring this checkout up to date"
            raise LockfileError(f"there is no {place} any more on {branch}", hint=hint)
        sides[place] = (_joined(base, parse(data, str(path)), there or Lockfile(), place, branch), there)
    return tip, sides


def _again(attempt: Callable[[], Pushed], sleep: Callable[[float], object]) -> Pushed:
    """What an attempt gives, made again where the branch moved in between."""
    for number in range(_ATTEMPTS - 1):
        try:
            return attempt()
        except MovedError:
            sleep(_PAUSE * 2**number)
    return attempt()


def _with_waiting(
    branches: Branches, place: str, lock: Lockfile, tip: str, waiting: str, branch: str, *, ours: bool = False
) -> Lockfile:
    """The lockfile with what waits on another branch to be merged into `branch`, which is at `tip`.

    With `ours`, ours is kept where the two contradict: it is of a later write.
    """
    there = branches.tip(waiting)
    theirs = None if there is None else _read(branches, place, waiting, there)
    if there is None or theirs is None:
        return lock
    common = branches.merge_base(tip, there)
    base = None if common is None else _read(branches, place, branch, common)
    hint = f"merge the pull request of {waiting} by hand; if it was merged long ago, delete that branch"
    return merge_locks(base, lock, theirs).lock if ours else _joined(base, lock, theirs, place, waiting, hint)


def _joined(
    base: Lockfile | None,
    ours: Lockfile,
    theirs: Lockfile,
    place: str,
    branch: str,
    hint: str = "make a plan from the tip of the branch: it shows which of the two the service holds",
) -> Lockfile:
    merged = merge_locks(base, ours, theirs)
    if merged.conflicts:
        told = "; ".join(merged.reasons[key] for key in merged.conflicts[:3])
        raise LockfileError(
            f"{place} here and on {branch} contradict each other about {', '.join(merged.conflicts[:5])}: {told}",
            hint=hint,
        )
    return merged.lock


def _read(branches: Branches, place: str, branch: str, commit: str) -> Lockfile | None:
    data = branches.read(place, commit)
    return None if data is None else parse_at(data, place, branch)


def _parsed(data: bytes | None, path: Path) -> Lockfile | None:
    return None if data is None else parse(data, str(path))


def _write(path: Path, lock: Lockfile) -> bool:
    found, data = read_bytes(path), dump(lock)
    if data == found or (found is None and not lock.prompts):
        return False
    write_atomic(path, data)
    return True


def _lock_paths(target: Target) -> Iterator[Path]:
    """The lockfiles of a root, and where that of the target is to be."""
    return iter(sorted({*target.root.glob("promptsync*.lock.json"), target.root / target.lock_file}))
