"""What is done to the lockfile by itself: verified, joined, parted from keys, moved to others."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptsync.commands.gather import survey
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.git import merge_stages
from promptsync.merge.locks import merge_locks, split_conflicted
from promptsync.model.canonical import remote_hash
from promptsync.model.errors import UsageError
from promptsync.model.lockfile import Lockfile, dump, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from promptsync.commands.project import Project
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile


def move(project: Project, old: str, new: str) -> str:
    """Gives the prompt of `old` the key `new`, and keeps its id; the file is renamed too, if that was not done yet.

    Gives a sentence on what was done. The next apply moves it on the service.
    """
    with project.alone():
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        renamed = project.rename(old, new)
        loaded = project.load()
        file_of(loaded.files, new)
        if old not in lock.prompts:
            if renamed:
                return f"{old} is {new} now; it was never applied"
            raise UsageError(f"there is no `{old}` in {project.lock_path}")
        if new in lock.prompts:
            raise UsageError(f"`{new}` is tied to {lock.prompts[new].id} already")
        entry = lock.prompts[old]
        prompts = {
            (new if key == old else key): (moved_to(value, old, new) if key == old else value)
            for key, value in lock.prompts.items()
        }
        project.write_lock(replace(lock, prompts=prompts))
        journal.compact()
    return f"{old} is {new} from now on, with the id {entry.id}"


def moved_to(entry: LockEntry, old: str, new: str) -> LockEntry:
    """The entry under its new key. A path that was never sent stands for any, but no longer once the key changed."""
    return replace(entry, path="") if entry.path is None and old != new else entry


def lock_verify(project: Project) -> list[str]:
    """What does not fit between lock, files and service, one sentence each; empty if all is well."""
    with survey(project, read_only=True) as there:
        lock, files, service = there.lock, there.loaded.files, there.service
    found = [f"{key}: locked, and its file is gone" for key in sorted(lock.prompts.keys() - files.keys())]
    found += [f"{key}: a file that was never applied" for key in sorted(files.keys() - lock.prompts.keys())]
    for key, entry in sorted(lock.prompts.items()):
        remote = service.get(entry.id)
        if remote is None:
            found.append(f"{key}: {entry.id} is not on the service")
        elif remote.version(entry.dialect) != entry.version:
            found.append(f"{key}: locked at version {entry.version}, the service is at {remote.version(entry.dialect)}")
        elif remote_hash(remote, entry.dialect) != entry.remote and remote.display_name != entry.display_name:
            found.append(f"{key}: renamed on the service to “{remote.display_name}”")
    return found


def lock_forget(project: Project, keys: Iterable[str]) -> list[LockEntry]:
    """Takes keys out of the lockfile; their prompts stay on the service, unmanaged."""
    with project.alone():
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        gone = [locked_entry(lock, key, project) for key in keys]
        ids = {entry.id for entry in gone}
        kept = {key: entry for key, entry in lock.prompts.items() if entry.id not in ids}
        project.write_lock(replace(lock, prompts=kept))
        journal.compact()
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


def locked_entry(lock: Lockfile, key: str, project: Project) -> LockEntry:
    """The entry of a key. Raises UsageError where there is none."""
    if key in lock.prompts:
        return lock.prompts[key]
    near = get_close_matches(key, lock.prompts, 1)
    raise UsageError(f"there is no `{key}` in {project.lock_path}", hint=f"did you mean `{near[0]}`?" if near else None)


def file_of(files: Mapping[str, PromptFile], key: str) -> PromptFile:
    """The file of a key. Raises UsageError where there is none."""
    if key in files:
        return files[key]
    near = get_close_matches(key, files, 1)
    raise UsageError(f"there is no prompt file `{key}`", hint=f"did you mean `{near[0]}`?" if near else None)
