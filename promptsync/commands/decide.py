"""The plan over both sides, and the lockfile that it rests on: git is asked where that one was turned back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.state import scope_of
from promptsync.files.git import committed_locks
from promptsync.plan.differ import diff
from promptsync.plan.reverted import caught_up, later_entries, seemingly_changed, with_other_branches, with_turned_back

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.files.config import Config
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
    """The plan, and the lockfile that it rests on: where `lock` was turned back, the later one that git remembers."""
    scope = scope_of(target)
    made = diff(files, lock, service, scope, options, creates)
    changed = seemingly_changed(made)
    if not changed:
        return made, lock
    later = later_entries(changed, committed_locks(target.lock_path))
    if later:
        lock = caught_up(lock, later)
        made = with_turned_back(diff(files, lock, service, scope, options, creates), later)
        changed = seemingly_changed(made)
    if changed:
        made = with_other_branches(made, later_entries(changed, committed_locks(target.lock_path, elsewhere=True)))
    return made, lock


def with_policies(config: Config, options: PlanOptions) -> PlanOptions:
    """What the command line decides, and what the configuration decides for every run."""
    return replace(
        options,
        overwrite=(*options.overwrite, *config.overwrite),
        create_twins=options.create_twins or config.create_twins,
    )
