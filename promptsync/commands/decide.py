"""The plan over both sides, and the lockfile that it rests on: git is asked where that one was turned back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from promptsync.commands.gather import look_again
from promptsync.commands.state import scope_of
from promptsync.files.git import committed_locks
from promptsync.plan.differ import diff
from promptsync.plan.doubts import in_doubt
from promptsync.plan.reverted import caught_up, later_entries, seemingly_changed, with_other_branches, with_turned_back
from promptsync.plan.trades import exchanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.files.target import Target
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.plan.changes import Intent, Plan, PlanOptions
    from promptsync.plan.differ import Scope
    from promptsync.service.api import PromptsApi


def decide(
    api: PromptsApi,
    target: Target,
    files: Mapping[str, PromptFile],
    lock: Lockfile,
    service: dict[str, RemotePrompt],
    options: PlanOptions,
    creates: tuple[Intent, ...] = (),
    approve: Callable[[Plan], Plan] = lambda made: made,
) -> tuple[Plan, Lockfile]:
    """The plan, and the lockfile that it rests on: where `lock` was turned back, the later one that git remembers.

    The entries of files that traded places are in it under the keys that they have now. What seems to differ from the
    lockfile is read again by id, and `service` brought up to date. `approve` gives of a plan what may be carried out.
    """
    made, lock = _decided(api, target, files, lock, service, options, creates)
    made = approve(made)
    return made, exchanged(lock, made.traded)


def _decided(
    api: PromptsApi,
    target: Target,
    files: Mapping[str, PromptFile],
    lock: Lockfile,
    service: dict[str, RemotePrompt],
    options: PlanOptions,
    creates: tuple[Intent, ...],
) -> tuple[Plan, Lockfile]:
    differ = partial(
        _certain_diff, api, files, service=service, scope=scope_of(target), options=options, creates=creates
    )
    made = differ(lock)
    changed = seemingly_changed(made)
    if not changed:
        return made, lock
    later = later_entries(changed, committed_locks(target.lock_path))
    if later:
        lock = caught_up(lock, later)
        made = with_turned_back(differ(lock), later)
        changed = seemingly_changed(made)
    if changed:
        made = with_other_branches(made, later_entries(changed, committed_locks(target.lock_path, elsewhere=True)))
    return made, lock


def _certain_diff(
    api: PromptsApi,
    files: Mapping[str, PromptFile],
    lock: Lockfile,
    *,
    service: dict[str, RemotePrompt],
    scope: Scope,
    options: PlanOptions,
    creates: tuple[Intent, ...],
) -> Plan:
    """The plan of which nothing rests on the list's word alone."""
    made = diff(files, lock, service, scope, options, creates)
    read: set[str] = set()
    while doubted := in_doubt(made, files, lock, service) - read:
        read |= doubted
        if look_again(api, service, doubted):
            made = diff(files, lock, service, scope, options, creates)
    return made
