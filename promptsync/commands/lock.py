"""Lock: what is done to the lockfile by itself: verified, joined, parted from keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import read_prompts
from promptsync.commands.keys import locked_entry
from promptsync.commands.state import read_state, record
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.git import merge_stages
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.merge.conflict_markers import split_conflicted
from promptsync.merge.locks import merge_locks
from promptsync.model.canonical import form_of
from promptsync.model.errors import UsageError
from promptsync.model.lockfile import Lockfile, dump, parse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry


def lock_verify(target: Target) -> list[str]:
    """What does not fit between lock, files and service, one sentence each; empty if all is well."""
    files = load_tree(target).files
    state = read_state(target)
    with connect(target, read_only=True) as api:
        service = read_prompts(api, target, state, files)
    lock = state.lock
    found = [f"{key}: locked, and its file is gone" for key in sorted(lock.prompts.keys() - files.keys())]
    found += [f"{key}: a file that was never applied" for key in sorted(files.keys() - lock.prompts.keys())]
    for key, entry in sorted(lock.prompts.items()):
        remote = service.get(entry.id)
        if remote is None:
            found.append(f"{key}: {entry.id} is not on the service")
        elif remote.version(entry.dialect) != entry.version:
            found.append(f"{key}: locked at version {entry.version}, the service is at {remote.version(entry.dialect)}")
        elif form_of(entry.remote, remote, entry.dialect) is None and remote.display_name != entry.display_name:
            found.append(f"{key}: renamed on the service to “{remote.display_name}”")
    return found


def lock_forget(target: Target, keys: Iterable[str]) -> list[LockEntry]:
    """Takes keys out of the lockfile; their prompts stay on the service, unmanaged."""
    with alone(target):
        state = read_state(target)
        gone = [locked_entry(target, state.lock, key) for key in keys]
        ids = {entry.id for entry in gone}
        kept = {key: entry for key, entry in state.lock.prompts.items() if entry.id not in ids}
        record(target, state, replace(state.lock, prompts=kept))
    return gone


def lock_merge(base: Path | None, ours: Path, theirs: Path | None) -> list[str]:
    """Joins two sides of a lockfile into `ours`, prompt by prompt; gives a sentence for each true conflict.

    With three paths it is a git merge driver (%O %A %B); `base` and `ours` may not be there yet. With `ours` alone,
    that file holds git's conflict markers: its sides are those of the open merge, or what the markers tell. Where there
    is a true conflict nothing is written.
    """
    data = read_bytes(ours)
    if theirs is not None:
        sides = _sides(read_bytes(base) if base is not None else None, data, read_bytes(theirs) or b"", str(ours))
    elif data is None:
        raise UsageError(f"there is no lockfile {ours}")
    else:
        stages = merge_stages(ours)
        sides = _sides(*stages, str(ours)) if stages is not None else split_conflicted(data, str(ours))
    merged = merge_locks(*sides)
    if merged.conflicts:
        return [f"{key}: {merged.reasons[key]}" for key in merged.conflicts]
    write_atomic(ours, dump(merged.lock))
    return []


def _sides(
    base: bytes | None, ours: bytes | None, theirs: bytes, name: str
) -> tuple[Lockfile | None, Lockfile, Lockfile]:
    old = parse(base, f"{name} (base)") if base else None
    mine = parse(ours, f"{name} (ours)") if ours is not None else Lockfile()
    return old, mine, parse(theirs, f"{name} (theirs)")
