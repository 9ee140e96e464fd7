"""Brings prompts that were made in the web UI into files and lock: day one of a team that has some already."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.gather import owners, read_service
from promptsync.commands.project import CONFIG_NAME, check_workspace
from promptsync.commands.results import Imported
from promptsync.files.config import parse_config
from promptsync.files.disk import find_sources, include_reader, read_bytes, write_atomic
from promptsync.files.emit import emit
from promptsync.files.loader import Source, load_one
from promptsync.files.names import file_names
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit
from promptsync.files.yaml.reader import read
from promptsync.model.errors import ConfigError, LoadError, PromptsyncError, UsageError
from promptsync.model.lockfile import entry_for
from promptsync.plan.base import own_fields
from promptsync.plan.safety import raise_if_mostly_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from promptsync.commands.project import Project
    from promptsync.files.emit import Emitted
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import RemotePrompt


def strangers(project: Project) -> list[RemotePrompt]:
    """The prompts on the service that no lockfile of this root holds, newest first."""
    lock = project.journal().recover().onto(project.read_lock())
    with project.connect(read_only=True) as client:
        service = read_service(client, lock)
    check_workspace(lock, owners(service, lock), str(project.lock_path))
    return _strangers(project, lock, service.values())


def bring_in(
    project: Project,
    ids: Iterable[str] | None,
    folder: str,
    *,
    on_start: Callable[[int], None] = lambda _: None,
    on_prompt: Callable[[str], None] = lambda _: None,
) -> Imported:
    """Writes a file for each of the prompts `ids` (None: all that no lockfile holds) into `folder`, and locks it.

    The service is only read. The path of an imported prompt is not known, so it stays where it is until its key
    changes. Each file is recorded in the journal as it is written, so that an interrupted import can go on.
    Raises UsageError for an id that is not there or is managed already.
    """
    _check_folder(folder)
    _make_folder(project.root)
    with project.alone():
        journal = project.journal()
        lock = journal.recover().onto(project.read_lock())
        with project.connect(read_only=True) as client:
            service = read_service(client, lock)
        check_workspace(lock, owners(service, lock), str(project.lock_path))
        raise_if_mostly_gone(len(lock.prompts), len(lock.ids() - service.keys()))
        chosen = _chosen(_strangers(project, lock, service.values()), ids, lock, project)
        sources = _sources(project)
        keys = _begun(chosen, sources, lock, folder)
        rest = [remote for remote in chosen if remote.id not in keys]
        keys |= file_names(rest, sources.keys() | lock.prompts.keys(), folder)
        on_start(len(chosen))
        entries: dict[str, LockEntry] = {}
        left_out: dict[str, str] = {}
        texts: dict[str, tuple[RemotePrompt, Emitted]] = {}
        for remote in chosen:
            key = keys[remote.id]
            try:
                texts[key] = (remote, emit(remote, stem=key.rpartition("/")[2]))
            except PromptsyncError as error:
                left_out[remote.id] = error.message
        allowed = {name for _, emitted in texts.values() for name in emitted.allow_fields}
        new_fields = tuple(sorted(allowed - set(project.config.allow_fields)))
        if new_fields:
            project = _allow(project, new_fields)
        for key, (remote, emitted) in texts.items():
            entries[key] = _write(project, key, remote, emitted)
            journal.end_with(0, key, entries[key])
            on_prompt(key)
        owner = lock.owner or next((remote.owner for remote, _ in texts.values()), None)
        project.write_lock(replace(lock.with_prompts({**lock.prompts, **entries}), owner=owner))
        journal.compact()
    return Imported({key: entry.id for key, entry in entries.items()}, left_out, new_fields)


def _strangers(project: Project, lock: Lockfile, service: Iterable[RemotePrompt]) -> list[RemotePrompt]:
    managed = lock.ids() | project.scope().elsewhere
    return sorted(
        (prompt for prompt in service if prompt.id not in managed), key=lambda prompt: prompt.id, reverse=True
    )


def _chosen(
    found: list[RemotePrompt], ids: Iterable[str] | None, lock: Lockfile, project: Project
) -> list[RemotePrompt]:
    if ids is None:
        return found
    by_id = {prompt.id: prompt for prompt in found}
    wanted = dict.fromkeys(ids)
    for id in wanted:
        if id not in by_id:
            holder = next((key for key, entry in lock.prompts.items() if entry.id == id), None)
            managed = holder or (id in project.scope().elsewhere and "another lockfile")
            why = f"is tied to {managed} already" if managed else "is not where this key reaches"
            raise UsageError(f"the prompt {id} {why}", hint="`promptsync import --list` shows what can be imported")
    return [by_id[id] for id in wanted]


def _sources(project: Project) -> dict[str, bytes]:
    """The prompt files that are there, by key."""
    try:
        sources, _ = find_sources(project.root, max_bytes=project.config.max_file_bytes)
    except ConfigError:
        return {}
    return {source.key: source.data for source in sources}


def _begun(chosen: Iterable[RemotePrompt], sources: dict[str, bytes], lock: Lockfile, folder: str) -> dict[str, str]:
    """The key by id of the files that an interrupted import wrote and could not record: they say what it would write.

    Of prompts that say the same, any may be any.
    """
    free: dict[bytes, list[str]] = defaultdict(list)
    for key, data in sources.items():
        if key not in lock.prompts and key.rpartition("/")[0] == folder.strip("/"):
            free[data].append(key)
    found: dict[str, str] = {}
    for remote in chosen if free else ():
        for stem in (remote.display_name, ""):
            try:
                keys = free.get(emit(remote, stem=stem).text.encode(), [])
            except PromptsyncError:
                break
            fitting = next((key for key in keys if stem in ("", key.rpartition("/")[2])), None)
            if fitting is not None:
                keys.remove(fitting)
                found[remote.id] = fitting
                break
    return found


def _write(project: Project, key: str, remote: RemotePrompt, emitted: Emitted) -> LockEntry:
    path = project.root / f"{key}.yaml"
    data = emitted.text.encode()
    source = Source(key, str(path), data)
    file, problems = load_one(source, include_reader(project.root), allow_fields=project.config.allow_fields)
    if file is None:
        raise LoadError(problems)
    _make_folder(path.parent)
    write_atomic(path, data)
    return entry_for(file, remote, emitted.dialect, None, own_fields(file, remote, emitted.dialect))


def _check_folder(folder: str) -> None:
    """A folder whose files are found again: inside the root, and none that is passed over."""
    parts = folder.strip("/").split("/")
    if folder.startswith("/") or "\\" in folder or any(part in ("", "..") or part[0] in "._" for part in parts):
        raise UsageError(
            f"--into {folder} is no folder for prompts", hint="name one inside the root, as Default/Support"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PromptsyncError(f"{folder} cannot be made: {error.strerror}") from None


def _allow(project: Project, names: tuple[str, ...]) -> Project:
    """Lets fields that this tool does not know through to the service: they stand in the configuration from now on."""
    path = project.root / CONFIG_NAME
    fields = [*project.config.allow_fields, *names]
    text = (read_bytes(path) or b"").decode("utf-8")
    if read(text.removeprefix("\ufeff").replace("\r\n", "\n")).data is None:
        # Nothing or comments alone.
        text += "" if text == "" or text.endswith("\n") else "\n"
        text += "allow_fields:\n" + "".join(f"  - {name}\n" for name in fields)
    else:
        text = edit(text, [Edit(("allow_fields",), "set", fields)]).text
    config = parse_config(text.encode(), str(path))
    write_atomic(path, text.encode())
    return replace(project, config=config)
