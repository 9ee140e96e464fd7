"""What a plan rests on that the service's list alone has told.

A list may show for some seconds what was before, also of an update of our own; a prompt read by its id does not. So
what seems to differ from the lock is read again before it is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.canonical import form_of
from promptsync.plan.changes import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.plan.changes import Plan


def in_doubt(
    plan: Plan, files: Mapping[str, PromptFile], lock: Lockfile, service: Mapping[str, RemotePrompt]
) -> set[str]:
    """The ids of the prompts that `plan` rests on and that are not on the service as the lock holds them.

    Those that are not there are none: that is certain. Nor are those that the plan does not touch.
    """
    held = {entry.id: key for key, entry in lock.prompts.items()}
    found = set()
    for id in set(_touched(plan, files, lock)) & service.keys():
        key = held.get(id)
        if key is None or not shows_as_locked(lock.prompts[key], service[id], files.get(key)):
            found.add(id)
    return found | _recorded_anew(plan, lock, service)


def shows_as_locked(entry: LockEntry, remote: RemotePrompt, file: PromptFile | None = None) -> bool:
    """Whether the service shows of a prompt what it held when the entry was written."""
    dialect = remote.dialect(entry.dialect)
    asked = file.prompt if file else None
    same = remote.version(dialect) == entry.version
    return same and form_of(entry.remote, remote, dialect, asked) is not None


def _touched(plan: Plan, files: Mapping[str, PromptFile], lock: Lockfile) -> Iterator[str]:
    """The ids that changes name, and those whose file is gone: a new file may be their prompt, by what it says."""
    for change in plan.changes:
        if isinstance(change, Conflict):
            yield from change.candidates
        if change.id is not None:
            yield change.id
    for key, entry in lock.prompts.items():
        if key not in files:
            yield entry.id


def _recorded_anew(plan: Plan, lock: Lockfile, service: Mapping[str, RemotePrompt]) -> set[str]:
    """The ids whose entry would get another version. One version says the same, however it is told."""
    return {
        entry.id
        for key, entry in plan.refreshed.items()
        if entry.id in service and entry.version != lock.prompts[key].version
    }
