"""What the service holds of a target's prompts, and whether it is the right place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from promptsync.commands.state import check_workspace, ids_elsewhere
from promptsync.plan.differ import Scope
from promptsync.plan.projects import misplaced
from promptsync.plan.unmanaged import by_name, match_intents
from promptsync.service.reader import read_again, read_service

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from promptsync.commands.state import State
    from promptsync.files.target import Target
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import Problem, PromptFile, RemotePrompt
    from promptsync.service.api import PromptsApi
    from promptsync.service.client import Client

_PATIENCE_WITH_THE_LIST = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for what a young intent may have made: the list may lag behind a create."""
_YOUNG = 60.0


def read_prompts(
    api: Client, target: Target, state: State, files: Mapping[str, PromptFile] | None = None
) -> dict[str, RemotePrompt]:
    """What the service holds, by id. A locked id that is not among them is gone for certain.

    Prompts that no lockfile holds are among them where they matter: where one of `files` is not locked, or an intent is
    open; without `files`, always. Raises LockfileError where this is another workspace than the lockfile's.
    """
    lock, recovered = state.lock, state.recovered
    matters = files is None or bool(recovered.creates) or not lock.prompts.keys() >= files.keys()
    for file in (files or {}).values():
        api.texts.add(file.prompt.block)
    service = read_service(api, locked=lock.ids() | recovered.ids(), need_unmanaged=matters)
    look_again(api, service, recovered.ids())
    if files is not None:
        _wait_for_young(api, target, state, files, service)
    check_workspace(target, lock, owners(service, lock))
    return service


def look_again(api: PromptsApi, service: dict[str, RemotePrompt], ids: Collection[str]) -> bool:
    """Brings those of `ids` in `service` up to date, each read by id. Whether the list had shown anything else.

    A list may show for some seconds what was before an update or a deletion.
    """
    shown = {id: service[id] for id in ids if id in service}
    if not shown:
        return False
    found, gone = read_again(api, shown)
    now = {id: found[id] for id in shown if id in found}
    service.update(now)
    for id in gone:
        del service[id]
    return bool(gone) or any(prompt.raw != shown[id].raw for id, prompt in now.items())


def owners(service: Mapping[str, RemotePrompt], lock: Lockfile) -> set[str]:
    """The workspaces that the managed prompts name, or all prompts where no managed one is there."""
    managed = {service[id].owner for id in lock.ids() if id in service}
    named = managed or {prompt.owner for prompt in service.values()}
    return {owner for owner in named if owner is not None}


def place_warnings(
    target: Target, files: Mapping[str, PromptFile], service: Iterable[RemotePrompt]
) -> tuple[Problem, ...]:
    """What to say, before any write, of a key that cannot make all prompts where they belong."""
    path_of, where = Scope(target.name, target.settings.path_prefix).path_of, target.connection
    found = misplaced(map(path_of, files.values()), service, where.key, where.key_name)
    return () if found is None else (found,)


def _wait_for_young(
    api: Client,
    target: Target,
    state: State,
    files: Mapping[str, PromptFile],
    service: dict[str, RemotePrompt],
) -> None:
    """Adds to `service` what a young intent made: the list may lag behind, so some seconds are given to it."""
    there = {key for key, entry in state.lock.prompts.items() if entry.id in service}
    now = time.time() + api.skew
    young = [one for one in state.recovered.creates if now - one.time < _YOUNG and one.key not in there]
    if not young:
        return
    managed = state.lock.ids() | ids_elsewhere(target)
    for delay in _PATIENCE_WITH_THE_LIST:
        found = match_intents(young, files, by_name(p for p in service.values() if p.id not in managed))
        if all(intent.key in found.certain or intent.key in found.doubtful for intent in young):
            break
        time.sleep(delay)
        service.update({prompt.id: prompt for prompt in api.list_all()})
