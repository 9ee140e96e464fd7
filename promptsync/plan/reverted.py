"""A lock that was turned back: the service holds what a later committed lock says, so no one has edited it there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.model.canonical import form_of
from promptsync.plan.changes import Conflict, Drift

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import RemotePrompt
    from promptsync.plan.changes import Plan


def seemingly_changed(plan: Plan) -> dict[str, tuple[LockEntry, RemotePrompt]]:
    """The entries, by id, whose prompt is at another version than they say, each with that prompt."""
    edited = (change.edited for change in plan.changes)
    return {
        one.entry.id: (one.entry, one.remote)
        for one in edited
        if one is not None and one.remote.version(one.entry.dialect) != one.entry.version
    }


def later_entries(
    changed: dict[str, tuple[LockEntry, RemotePrompt]], committed: Iterable[Lockfile]
) -> dict[str, LockEntry]:
    """For each id, the entry of a committed lock that holds exactly what the service holds now."""
    wanted = dict(changed)
    found: dict[str, LockEntry] = {}
    for lock in committed:
        for entry in lock.prompts.values():
            if entry.id in wanted and _describes(entry, wanted[entry.id][1]):
                found[entry.id] = entry
                del wanted[entry.id]
        if not wanted:
            break
    return found


def caught_up(lock: Lockfile, entries: dict[str, LockEntry]) -> Lockfile:
    """The lockfile with the later entries in the place of those that were turned back; protection stays as it is."""
    prompts = {
        key: replace(entries[entry.id], protected=entry.protected) if entry.id in entries else entry
        for key, entry in lock.prompts.items()
    }
    return lock.with_found(prompts)


def with_other_branches(plan: Plan, entries: dict[str, LockEntry]) -> Plan:
    """The plan, with a word on each prompt that another branch has moved on: merging that branch is the remedy."""
    word = "not an edit in orq.ai: the lockfile of another branch holds this version; merge or rebase onto it"
    changes = tuple(
        replace(change, warnings=(*change.warnings, word))
        if isinstance(change, Drift | Conflict) and change.id in entries
        else change
        for change in plan.changes
    )
    return replace(plan, changes=changes)


def _describes(entry: LockEntry, remote: RemotePrompt) -> bool:
    same = entry.version is not None and entry.version == remote.version(entry.dialect)
    agreed = form_of(entry.remote, remote, entry.dialect) is not None
    return same and (agreed or remote.display_name == entry.display_name)
