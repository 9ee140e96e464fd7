"""Adopt: ties files to prompts that are there already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import look_again, read_prompts
from promptsync.commands.keys import file_of
from promptsync.commands.results import Adopted, Pair
from promptsync.commands.state import State, check_workspace, ids_elsewhere, read_state, record_with_files, scope_of
from promptsync.commands.until_merged import Tie, check_ties
from promptsync.files.run_lock import alone
from promptsync.files.tree import load_tree
from promptsync.model.blocks import unsaid
from promptsync.model.canonical import remote_hash
from promptsync.model.compare import SET_BY_SERVICE, file_differences
from promptsync.model.errors import ConfigError, NotFoundError, PromptsyncError, UsageError
from promptsync.model.lockfile import Lockfile, entry_for
from promptsync.model.prompt import other_dialect
from promptsync.model.shell import command
from promptsync.plan.base import DEFAULT_LANGUAGE, own_fields
from promptsync.plan.differ import diff
from promptsync.plan.safety import raise_if_mostly_gone
from promptsync.plan.unmanaged import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.service.api import PromptsApi
    from promptsync.service.calls import Exchange


def adopt(target: Target, key: str, id: str, *, observer: Callable[[Exchange], None] | None = None) -> Adopted:
    """Ties the file of `key` to the prompt `id`, which keeps its content until the next apply.

    Raises UsageError where the two cannot be tied, PromptsyncError where an apply of the file would take away what it
    has no place for.
    """
    with alone(target):
        files = load_tree(target).files
        file = file_of(target, files, key)
        key = file.key
        state = read_state(target)
        lock = state.lock
        _check_free(target, lock, key, id)
        with connect(target, read_only=True, observer=observer) as api:
            remote = _remote(api, id)
            held = lock.prompts.get(key)
            if held is not None and held.id != id and _exists(api, held.id):
                raise UsageError(
                    f"`{key}` is tied to {held.id}, which is still there", hint=command("plan", options=("--only", key))
                )
        check_workspace(target, lock, {remote.owner} if remote.owner else set())
        _check_kept(file, remote)
        _record_tied(target, state, files, [(file, remote)])
        made = diff({key: file}, lock.with_prompts({key: _tied(file, remote)}), {remote.id: remote}, scope_of(target))
        return Adopted(file, made, _only_there(file, remote))


def adopt_by_name(
    target: Target,
    confirm: Callable[[list[Pair]], bool],
    *,
    observer: Callable[[Exchange], None] | None = None,
) -> list[Pair]:
    """Ties each file that is not locked to the one unmanaged prompt of its name, once `confirm` has agreed to all.

    Where several files or several prompts share a name, or an apply would take something away, nothing is tied. Gives
    the pairs that were tied.
    """
    with alone(target):
        files = load_tree(target).files
        state = read_state(target)
        with connect(target, read_only=True, observer=observer) as api:
            service = read_prompts(api, target, state)
            elsewhere = ids_elsewhere(target)
            look_again(api, service, [pair.remote.id for pair in _pairs(files, state.lock, service, elsewhere)])
        raise_if_mostly_gone(len(state.lock.prompts), len(state.lock.ids() - service.keys()))
        pairs = _pairs(files, state.lock, service, elsewhere)
        tied = [pair for pair in pairs if not pair.lost] if pairs and confirm(pairs) else []
        if tied:
            _record_tied(target, state, files, [(pair.file, pair.remote) for pair in tied])
    return tied


def _record_tied(
    target: Target, state: State, files: Mapping[str, PromptFile], pairs: list[tuple[PromptFile, RemotePrompt]]
) -> None:
    check_ties(target, state, files, [Tie(file, remote.id, remote.display_name) for file, remote in pairs])
    entries = {file.key: _tied(file, remote) for file, remote in pairs}
    lock = state.lock.with_prompts({**state.lock.prompts, **entries})
    record_with_files(target, state, replace(lock, owner=lock.owner or pairs[0][1].owner))


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
            fields = tuple(item.field for item in found)
            pairs.append(Pair(file, remote, fields, _only_there(file, remote), _lost(file, remote)))
    return pairs


def _only_there(file: PromptFile, remote: RemotePrompt) -> tuple[str, ...]:
    """The fields that only the service has and someone may have set: the file does not say them, so they stay as is."""
    own = own_fields(file, remote, remote.dialect(file.prompt.dialect))
    default = {"metadata.language"} if remote.metadata.get("language") == DEFAULT_LANGUAGE else set()
    return tuple(field for field in own if field not in SET_BY_SERVICE | default)


def _lost(file: PromptFile, remote: RemotePrompt) -> tuple[str, ...]:
    """What the prompt says in the dialect that is not the file's, and a write in the file's would take away."""
    return tuple(unsaid(remote, remote.dialect(file.prompt.dialect)))


def _check_kept(file: PromptFile, remote: RemotePrompt) -> None:
    lost = _lost(file, remote)
    if lost:
        dialect = file.prompt.dialect
        raise PromptsyncError(
            f"{remote.id} holds {', '.join(lost)}, for which `{file.key}` has no place as `{dialect}`: "
            "the first apply would take that away",
            hint=f"write the file as `{other_dialect(dialect)}`, or take it out in orq.ai first",
        )


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
