"""Adopt: ties files to prompts that are there already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.gather import owners, read_service
from promptsync.commands.lock import file_of
from promptsync.commands.project import Project, check_workspace
from promptsync.commands.results import Pair
from promptsync.model.canonical import remote_hash
from promptsync.model.compare import file_differences
from promptsync.model.errors import ConfigError, NotFoundError, PromptsyncError, UsageError
from promptsync.model.lockfile import Lockfile, entry_for
from promptsync.plan.base import own_fields
from promptsync.plan.differ import diff
from promptsync.plan.safety import raise_if_mostly_gone
from promptsync.plan.unmanaged import by_name, same_content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.plan.changes import Plan
    from promptsync.service.client import Client


def adopt(project: Project, key: str, id: str) -> tuple[Plan, PromptFile]:
    """Ties the file of `key` to the prompt `id`, which keeps its content until the next apply.

    Gives what an apply would change on it. Raises UsageError where the two cannot be tied.
    """
    with project.alone():
        loaded = project.load()
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        file = file_of(loaded.files, key)
        _check_free(lock, project, key, id)
        with project.connect(read_only=True) as client:
            remote = _remote(client, id)
            held = lock.prompts.get(key)
            if held is not None and held.id != id and _exists(client, held.id):
                raise UsageError(
                    f"`{key}` is tied to {held.id}, which is still there", hint=f"`promptsync plan --only '{key}'`"
                )
        check_workspace(lock, {remote.owner} if remote.owner else set(), str(project.lock_path))
        entry = _tied(file, remote)
        lock = replace(lock.with_prompts({**lock.prompts, key: entry}), owner=lock.owner or remote.owner)
        project.write_lock(lock)
        journal.compact()
        made = diff({key: file}, lock.with_prompts({key: entry}), {remote.id: remote}, project.scope())
        return made, file


def adopt_by_name(project: Project, confirm: Callable[[list[Pair]], bool]) -> list[Pair]:
    """Ties each file that is not locked to the one unmanaged prompt of its name, once `confirm` has agreed to all.

    Where several files or several prompts share a name nothing is tied. Gives the pairs that were tied.
    """
    with project.alone():
        loaded = project.load()
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        with project.connect(read_only=True) as client:
            service = read_service(client, lock)
        check_workspace(lock, owners(service, lock), str(project.lock_path))
        raise_if_mostly_gone(len(lock.prompts), len(lock.ids() - service.keys()))
        pairs = _pairs(loaded.files, lock, service, project.scope().elsewhere)
        if not pairs or not confirm(pairs):
            return []
        entries = {pair.file.key: _tied(pair.file, pair.remote) for pair in pairs}
        owner = lock.owner or pairs[0].remote.owner
        project.write_lock(replace(lock.with_prompts({**lock.prompts, **entries}), owner=owner))
        journal.compact()
    return pairs


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
    if same_content(file, remote):
        return entry
    return replace(entry, source=remote_hash(remote, dialect, file.prompt))


def _check_free(lock: Lockfile, project: Project, key: str, id: str) -> None:
    holder = next((other for other, entry in lock.prompts.items() if entry.id == id and other != key), None)
    if holder is not None:
        raise UsageError(f"{id} is tied to `{holder}` already", hint="rename the file to keep the id under a new key")
    if id in project.scope().elsewhere:
        raise ConfigError(f"{id} is in another lockfile of {project.root}")


def _remote(client: Client, id: str) -> RemotePrompt:
    try:
        return client.get(id)
    except NotFoundError:
        raise PromptsyncError(
            f"there is no prompt {id} where this key reaches", hint="look up the id in orq.ai, and the target"
        ) from None


def _exists(client: Client, id: str) -> bool:
    try:
        client.get(id)
    except NotFoundError:
        return False
    return True
