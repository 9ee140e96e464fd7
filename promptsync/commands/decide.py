"""The plan over both sides, and the lockfile that it rests on: git is asked where that one was turned back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.commands.state import scope_of
from promptsync.files.git import committed_locks
from promptsync.plan.differ import diff
from promptsync.plan.reverted import caught_up, later_entries, seemingly_changed, with_other_branches
from promptsync.plan.trades import exchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.files.target import Target
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.plan.changes import Intent, Plan, PlanOptions


def decide(
    target: Target,
    files: Mapping[str, PromptFile],
    lock: Lockfile,
    service: Mapping[str, RemotePrompt],
    options: PlanOptions,
    creates: tuple[Intent, ...] = (),
) -> tuple[Plan, Lockfile]:
    """The plan, and the lockfile that it rests on: where `lock` was turned back, the later one that git remembers.

    The entries of files that traded places are in it under the keys that they have now.
    """
    scope = scope_of(target)
    made = diff(files, lock, service, scope, options, creates)
    changed = seemingly_changed(made)
    if not changed:
        return made, exchanged(lock, made.traded)
    later = later_entries(changed, committed_locks(target.lock_path))
    if later:
        lock = caught_up(lock, later)
        made = diff(files, lock, service, scope, options, creates)
        changed = seemingly_changed(made)
    if changed:
        made = with_other_branches(made, later_entries(changed, committed_locks(target.lock_path, elsewhere=True)))
    return made, exchanged(lock, made.traded)
