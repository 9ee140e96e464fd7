"""Lock: what is done to the lockfile by itself: verified, joined, parted from keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import look_again, read_prompts
from promptsync.commands.keys import locked_key
from promptsync.commands.results import LockMerged
from promptsync.commands.state import read_state, record
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.git import merge_stages
from promptsync.files.keys import ENDINGS
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.merge.conflict_markers import split_conflicted
from promptsync.merge.locks import merge_locks
from promptsync.model.canonical import form_of, source_hashes
from promptsync.model.errors import UsageError
from promptsync.model.lockfile import Lockfile, dump, parse
from promptsync.plan.base import form_as_locked, unlike
from promptsync.plan.doubts import shows_as_locked
from promptsync.plan.wording import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from promptsync.commands.results import Side
    from promptsync.files.target import Target
    from promptsync.merge.locks import MergedLock
    from promptsync.model.lockfile import LockEntry
    from promptsync.service.calls import Exchange


def lock_verify(target: Target, *, observer: Callable[[Exchange], None] | None = None) -> list[str]:
    """What does not fit between lock, files and service, one sentence each; empty if all is well."""
    files = load_tree(target).files
    state = read_state(target)
    with connect(target, read_only=True, observer=observer) as api:
        service = read_prompts(api, target, state, files)
        shown = [(key, entry, service[entry.id]) for key, entry in state.lock.prompts.items() if entry.id in service]
        odd = [entry.id for key, entry, remote in shown if not shows_as_locked(entry, remote, files.get(key))]
        look_again(api, service, odd)
    lock = state.lock
    why = {True: "its file is gone", False: OUTSIDE}
    gone = sorted(lock.prompts.keys() - files.keys())
    found = [f"{key}: locked, and {why[target.settings.holds(key)]}" for key in gone]
    found += [f"{key}: a file that was never applied" for key in sorted(files.keys() - lock.prompts.keys())]
    for key, entry in sorted(lock.prompts.items()):
        remote = service.get(entry.id)
        if remote is None:
            found.append(f"{key}: {entry.id} is not on the service")
        elif remote.version(entry.dialect) != entry.version:
            found.append(f"{key}: locked at version {entry.version}, the service is at {remote.version(entry.dialect)}")
        elif form_of(entry.remote, remote, entry.dialect) is None and remote.display_name != entry.display_name:
            found.append(f"{key}: renamed on the service to “{remote.display_name}”")
        elif key in files and entry.source in source_hashes(files[key].prompt):
            differing = unlike(files[key], entry, remote, form_as_locked(files[key], entry, remote))
            if differing:
                fields = ", ".join(item.field for item in differing[:5])
                found.append(f"{key}: by the lockfile file and service agree, and they differ in {fields}")
    return found


def lock_forget(target: Target, keys: Iterable[str]) -> dict[str, LockEntry]:
    """Takes keys out of the lockfile, and gives their entries; their prompts stay on the service, unmanaged."""
    with alone(target):
        state = read_state(target)
        forgotten = [locked_key(target, state.lock, key) for key in keys]
        kept = {key: entry for key, entry in state.lock.prompts.items() if key not in forgotten}
        record(target, state, replace(state.lock, prompts=kept))
    return {key: state.lock.prompts[key] for key in forgotten}


def lock_unprotect(target: Target, keys: Iterable[str]) -> None:
    """Takes the protection of prompts away whose files are gone, so that a prune may delete them.

    Raises UsageError for a key whose file is there: its protection is taken out in the file, where it is reviewed.
    """
    with alone(target):
        state = read_state(target)
        prompts = dict(state.lock.prompts)
        for key in [locked_key(target, state.lock, key) for key in keys]:
            if any((target.root / f"{key}{ending}").exists() for ending in ENDINGS):
                raise UsageError(
                    f"the file of `{key}` is there", hint="take `protected: true` out of it, and apply: a plan shows it"
                )
            prompts[key] = replace(prompts[key], protected=False)
        record(target, state, replace(state.lock, prompts=prompts))


def lock_merge(base: Path | None, ours: Path, theirs: Path | None, side: Side | None = None) -> LockMerged:
    """Joins two sides of a lockfile into `ours`, prompt by prompt. Each true conflict is decided for `side`.

    With three paths it is a git merge driver (%O %A %B); `base` and `ours` may not be there yet. With `ours` alone,
    that file holds git's conflict markers: its sides are those of the open merge, or what the markers tell. Where a
    true conflict is not decided nothing is written.
    """
    data = read_bytes(ours)
    if theirs is not None:
        sides = _sides(read_bytes(base) if base is not None else None, data, read_bytes(theirs) or b"", str(ours))
    elif data is None:
        raise UsageError(f"there is no lockfile {ours}")
    else:
        stages = merge_stages(ours)
        sides = _sides(*stages, str(ours)) if stages is not None else split_conflicted(data, str(ours))
    old, mine, other = sides
    merged = merge_locks(old, other, mine) if side == "theirs" else merge_locks(old, mine, other)
    told = [f"{key}: {merged.reasons[key]}" for key in merged.conflicts]
    if told and side is None:
        return LockMerged(told, [])
    write_atomic(ours, dump(merged.lock))
    return LockMerged([], [f"{sentence}; decided for {side}" for sentence in told] + _left_out(merged))


def _left_out(merged: MergedLock) -> list[str]:
    """What to do about each prompt whose key the other side's prompt has now."""
    return [
        f"the prompt {id} wanted `{key}` too, and no lockfile holds it now: delete it in orq.ai, "
        f"or tie it to a file of another key with `promptsync adopt KEY {id}`"
        for id, key in merged.left_out.items()
    ]


def _sides(
    base: bytes | None, ours: bytes | None, theirs: bytes, name: str
) -> tuple[Lockfile | None, Lockfile, Lockfile]:
    old = parse(base, f"{name} (base)") if base else None
    mine = parse(ours, f"{name} (ours)") if ours is not None else Lockfile()
    return old, mine, parse(theirs, f"{name} (theirs)")
