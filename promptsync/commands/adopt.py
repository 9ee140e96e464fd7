"""Adopt: ties files to prompts that are there already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import read_prompts
from promptsync.commands.keys import file_of
from promptsync.commands.results import Pair
from promptsync.commands.state import State, check_workspace, ids_elsewhere, read_state, record, scope_of
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.model.canonical import remote_hash
from promptsync.model.compare import file_differences
from promptsync.model.errors import ConfigError, NotFoundError, PromptsyncError, UsageError
from promptsync.model.lockfile import Lockfile, entry_for
from promptsync.plan.base import own_fields
from promptsync.plan.differ import diff
from promptsync.plan.safety import raise_if_mostly_gone
from promptsync.plan.unmanaged import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.plan.changes import Plan
    from promptsync.service.api import PromptsApi


def adopt(target: Target, key: str, id: str) -> tuple[Plan, PromptFile]:
    """Ties the file of `key` to the prompt `id`, which keeps its content until the next apply.

    Gives what an apply would change on it. Raises UsageError where the two cannot be tied.
    """
    with alone(target):
        file = file_of(load_tree(target).files, key)
        state = read_state(target)
        lock = state.lock
        _check_free(target, lock, key, id)
        with connect(target, read_only=True) as api:
            remote = _remote(api, id)
            held = lock.prompts.get(key)
            if held is not None and held.id != id and _exists(api, held.id):
                raise UsageError(
                    f"`{key}` is tied to {held.id}, which is still there", hint=f"`promptsync plan --only '{key}'`"
                )
        check_workspace(target, lock, {remote.owner} if remote.owner else set())
        _record_tied(target, state, [(file, remote)])
        made = diff({key: file}, lock.with_prompts({key: _tied(file, remote)}), {remote.id: remote}, scope_of(target))
        return made, file


def adopt_by_name(target: Target, confirm: Callable[[list[Pair]], bool]) -> list[Pair]:
    """Ties each file that is not locked to the one unmanaged prompt of its name, once `confirm` has agreed to all.

    Where several files or several prompts share a name nothing is tied. Gives the pairs that were tied.
    """
    with alone(target):
        files = load_tree(target).files
        state = read_state(target)
        with connect(target, read_only=True) as api:
            service = read_prompts(api, target, state)
        raise_if_mostly_gone(len(state.lock.prompts), len(state.lock.ids() - service.keys()))
        pairs = _pairs(files, state.lock, service, ids_elsewhere(target))
        if not pairs or not confirm(pairs):
            return []
        _record_tied(target, state, [(pair.file, pair.remote) for pair in pairs])
    return pairs


def _record_tied(target: Target, state: State, pairs: list[tuple[PromptFile, RemotePrompt]]) -> None:
    entries = {file.key: _tied(file, remote) for file, remote in pairs}
    lock = state.lock.with_prompts({**state.lock.prompts, **entries})
    record(target, state, replace(lock, owner=lock.owner or pairs[0][1].owner))


def _pairs(
    files: Mapping[str, PromptFile], lock: Lockfile, service: Mapping[str, RemotePrompt], elsewhere: frozenset[str]
) -> list[Pair]:
    named = by_name(prompt for prompt in service.values() if prompt.id not in lock.ids() | elsewhere)
    wanting: dict[str, list[PromptFile]] = {}
    for key, file in files.items():
        if key not in lock.prompts:
            wanting.setdefault(file.prompt.display_name, []).append(file)
    pairs = []
    for name, group in wanting.items():
        prompts = named.get(name, [])
        if len(group) == len(prompts) == 1:
            file, remote = group[0], prompts[0]
            found = file_differences(file, remote, remote.dialect(file.prompt.dialect), None)
            pairs.append(Pair(file, remote, tuple(item.field for item in found)))
    return pairs


def _tied(file: PromptFile, remote: RemotePrompt) -> LockEntry:
    """The entry that ties a file to a prompt: the prompt is the base, what the file says beyond it a change here."""
    dialect = remote.dialect(file.prompt.dialect)
    entry = entry_for(file, remote, dialect, None, own_fields(file, remote, dialect))
    if not file_differences(file, remote, dialect, None):
        return entry
    return replace(entry, source=remote_hash(remote, dialect, file.prompt))


def _check_free(target: Target, lock: Lockfile, key: str, id: str) -> None:
    holder = next((other for other, entry in lock.prompts.items() if entry.id == id and other != key), None)
    if holder is not None:
        raise UsageError(f"{id} is tied to `{holder}` already", hint="rename the file to keep the id under a new key")
    if id in ids_elsewhere(target):
        raise ConfigError(f"{id} is in another lockfile of {target.root}")


def _remote(api: PromptsApi, id: str) -> RemotePrompt:
    try:
        return api.get(id)
    except NotFoundError:
        raise PromptsyncError(
            f"there is no prompt {id} where this key reaches", hint="look up the id in orq.ai, and the target"
        ) from None


def _exists(api: PromptsApi, id: str) -> bool:
    try:
        api.get(id)
    except NotFoundError:
        return False
    return True
