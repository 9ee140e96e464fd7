"""What a target's runs have recorded: the lockfile, and what a run that died left beside it. Read and written here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.apply.journal import Journal, Recovered
from promptsync.commands.held import NOTHING, held_here, hold, with_held, without_held
from promptsync.commands.home import last_home, read_home, unpushed_elsewhere, with_unpushed, write_unpushed
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.target import PREVIEWS, check_state, prepare_state
from promptsync.merge.locks import merge_locks
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import Lockfile, dump, parse
from promptsync.plan.differ import Scope

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.commands.home import Unpushed
    from promptsync.files.target import Target


@dataclass(frozen=True, slots=True)
class State:
    """`on_disk` is the lockfile as it was found, `lock` the same with what an earlier run had recorded besides.

    `recovered` is what that run left open. `journal` knows it too: another one would drop it when it is compacted.
    `home` is the lockfile of the branch where it lives on one, without what was recorded here and is not there yet;
    `held` is what of that waits for the merge of files, and counts in this checkout.
    """

    on_disk: Lockfile
    lock: Lockfile
    recovered: Recovered
    journal: Journal
    home: Lockfile | None = None
    held: Unpushed = NOTHING


def read_state(target: Target) -> State:
    """The state of a target; an empty lock where there is none.

    Raises LockfileError for a lockfile that cannot be trusted, BranchError where it lives on a branch that cannot be
    reached and was never read here, PromptsyncError for a journal that cannot be read or is not of a run of ours.
    """
    check_state(target)
    home = read_home(target).lock(target) if target.lock_branch is not None else None
    on_disk, held = (read_lock(target), NOTHING) if home is None else _with_recorded(target, home)
    journal = Journal(target.journal_path)
    recovered = journal.recover()
    return State(on_disk, recovered.onto(on_disk), recovered, journal, home, held)


def record(target: Target, state: State, lock: Lockfile) -> None:
    """Writes `lock`, and then drops from the journal what it holds."""
    write_lock(target, lock, home=state.home, held=state.held)
    state.journal.compact()


def record_with_files(target: Target, state: State, lock: Lockfile) -> None:
    """Writes `lock`, which goes with files of this checkout; where it lives on a branch, it waits for their merge."""
    if target.lock_branch is None:
        record(target, state, lock)
    else:
        hold(target, state.lock, lock)


def read_lock(target: Target) -> Lockfile:
    """The lockfile, empty where there is none. Raises LockfileError for one that cannot be trusted."""
    if target.lock_branch is not None:
        return _with_recorded(target, read_home(target).lock(target))[0]
    data = read_bytes(target.lock_path)
    return parse(data, str(target.lock_path)) if data is not None else Lockfile()


def write_lock(
    target: Target,
    lock: Lockfile,
    *,
    since: Lockfile | None = None,
    home: Lockfile | None = None,
    held: Unpushed = NOTHING,
) -> None:
    """Writes the lockfile, if it says something new.

    `since` is what it held when `lock` was begun: what others wrote into it meanwhile is merged, prompt by prompt.
    Raises LockfileError where that cannot be, and leaves the file as it is. A lockfile that lives on a branch is kept
    here until it is brought there; `home` is what the branch held when it was read, `held` what waits on.
    """
    if target.lock_branch is not None:
        write_unpushed(target, without_held(lock, held), home or Lockfile())
        return
    found = read_bytes(target.lock_path)
    if since is not None and found is not None:
        lock = _merged(target, lock, since, parse(found, str(target.lock_path)))
    data = dump(lock)
    if data != found and (lock.prompts or target.lock_path.exists()):
        if target.lock_path.is_relative_to(target.state_folder):
            prepare_state(target)
        write_atomic(target.lock_path, data)


def scope_of(target: Target, *, offline: bool = False) -> Scope:
    """What the differ must know of the target. Raises LockfileError for another lockfile that cannot be read."""
    return Scope(
        target=target.name,
        path_prefix=target.settings.path_prefix,
        exclusive=target.settings.exclusive,
        elsewhere=ids_elsewhere(target),
        only=target.settings.only,
        excepted=target.settings.excepted,
        host="" if offline else target.connection.host,
    )


def ids_elsewhere(target: Target) -> frozenset[str]:
    """The ids in the other lockfiles of this root. One that cannot be read would hide what is managed: an error."""
    if target.lock_branch is not None:
        home = last_home(target) or read_home(target)
        locks = [lock for path, lock in home.locks.items() if path != home.path(target)]
        return frozenset().union(*(lock.ids() for lock in [*locks, *unpushed_elsewhere(target)]))
    ids: set[str] = set()
    for path in _lock_paths(target):
        if path != target.lock_path:
            ids |= parse(read_bytes(path) or b"", str(path)).ids()
    return frozenset(ids)


def _lock_paths(target: Target) -> list[Path]:
    """The lockfiles of a root that lie in its tree, and those of previews."""
    previews = (target.state_folder / PREVIEWS).glob("*.lock.json")
    own = target.state_folder.glob("promptsync.sandbox.lock.json") if target.settings.is_embedded else ()
    return sorted([*target.root.glob("promptsync*.lock.json"), *previews, *own])


def check_workspace(target: Target, lock: Lockfile, owners: set[str]) -> None:
    """Raises LockfileError where the service's prompts all belong to another workspace than the lockfile's."""
    if lock.owner is not None and owners and lock.owner not in owners:
        raise LockfileError(
            f"{target.lock_name} belongs to the workspace {lock.owner}, "
            f"and this key reaches {', '.join(sorted(owners)[:3])}",
            hint="use the key of that workspace, or another --target",
        )


def _with_recorded(target: Target, home: Lockfile) -> tuple[Lockfile, Unpushed]:
    """The lockfile of the branch with all that was recorded here, and what of that is held."""
    lock = with_unpushed(target, home)
    held = held_here(target, lock)
    return with_held(target, lock, held), held


def _merged(target: Target, lock: Lockfile, since: Lockfile, found: Lockfile) -> Lockfile:
    if found == since:
        return lock
    merged = merge_locks(since, lock, found)
    if merged.conflicts:
        raise LockfileError(
            f"{target.lock_path} was changed by someone else while this run worked, "
            f"and says something else about {', '.join(merged.conflicts[:5])}",
            hint="what this run did is in its journal: put the lockfile right, then run again",
        )
    return merged.lock
