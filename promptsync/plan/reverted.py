"""A lock that was turned back: the service holds what a later committed lock says, so no one has edited it there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.model.canonical import form_of
from promptsync.plan.changes import Move, Update, ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.plan.changes import Change, Edited, Plan

ON_ANOTHER_BRANCH = "not an edit in orq.ai: the lockfile of another branch holds this version; merge or rebase onto it"
"""The warning of a prompt that another branch has moved on."""


def seemingly_changed(plan: Plan) -> dict[str, Edited]:
    """The prompts, by id, that are at another version than their entries say."""
    edited = (change.edited for change in plan.changes)
    return {
        one.entry.id: one
        for one in edited
        if one is not None and one.remote.version(one.entry.dialect) != one.entry.version
    }


def later_entries(changed: dict[str, Edited], committed: Iterable[Lockfile]) -> dict[str, LockEntry]:
    """For each id, the entry of a committed lock that holds exactly what the service holds now."""
    wanted = dict(changed)
    found: dict[str, LockEntry] = {}
    for lock in committed:
        for entry in lock.prompts.values():
            if entry.id in wanted and _describes(entry, wanted[entry.id], comparable=lock.is_comparable):
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


def with_turned_back(plan: Plan, entries: dict[str, LockEntry]) -> Plan:
    """The plan, with a word on each write over what a later lockfile holds: no edit is lost, but an apply."""
    word = "a later commit of the lockfile holds what the service holds: this takes that apply back"
    return _with_word(plan, word, lambda change: isinstance(change, Update | Move) and change.id in entries)


def with_other_branches(plan: Plan, entries: dict[str, LockEntry]) -> Plan:
    """The plan, with a word on each prompt that another branch has moved on: merging that branch is the remedy."""
    return _with_word(
        plan, ON_ANOTHER_BRANCH, lambda change: ahead(change) in ("service", "both") and change.id in entries
    )


def _with_word(plan: Plan, word: str, is_meant: Callable[[Change], bool]) -> Plan:
    return replace(plan, changes=tuple(change.warned(word) if is_meant(change) else change for change in plan.changes))


def _describes(entry: LockEntry, edited: Edited, *, comparable: bool) -> bool:
    """Whether an entry holds what the service holds: by its hash, and by its version where no one knows its rules."""
    remote, file = edited.remote, edited.file
    if entry.version is None or entry.version != remote.version(entry.dialect):
        return False
    if comparable:
        return form_of(entry.remote, remote, entry.dialect, file.prompt) is not None
    return remote.display_name == entry.display_name
