"""Brings prompts that were made in the web UI into files and lock: day one of a team that has some already."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import read_prompts
from promptsync.commands.keys import folder_of
from promptsync.commands.newfile import check_beside, write_new
from promptsync.commands.results import Imported
from promptsync.commands.state import ids_elsewhere, read_state, record
from promptsync.files.config import parse_config
from promptsync.files.disk import as_spelled, find_sources, read_bytes, write_atomic
from promptsync.files.emit import emit
from promptsync.files.names import file_names
from promptsync.files.run_lock import alone
from promptsync.files.target import CONFIG_NAME
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit
from promptsync.files.yaml.reader import read
from promptsync.files.yaml.writer import dump
from promptsync.model.errors import ConfigError, LoadError, PromptsyncError, UsageError
from promptsync.model.lockfile import entry_for
from promptsync.plan.base import own_fields
from promptsync.plan.safety import raise_if_mostly_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from promptsync.files.emit import Emitted
    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.calls import Exchange


def unmanaged(target: Target, *, observer: Callable[[Exchange], None] | None = None) -> list[RemotePrompt]:
    """The prompts on the service that no lockfile of this root holds, newest first."""
    state = read_state(target)
    with connect(target, read_only=True, observer=observer) as api:
        service = read_prompts(api, target, state)
    return _unmanaged(target, state.lock, service.values())


def import_prompts(
    target: Target,
    ids: Iterable[str] | None,
    folder: str,
    *,
    on_start: Callable[[int], None] = lambda _: None,
    on_prompt: Callable[[str], None] = lambda _: None,
    observer: Callable[[Exchange], None] | None = None,
) -> Imported:
    """Writes a file for each of the prompts `ids` (None: all that no lockfile holds) into `folder`, and locks it.

    The service is only read. The path of an imported prompt is not known, so it stays where it is until its key
    changes. Each file is recorded in the journal as it is written, so that an interrupted import can go on.
    Raises UsageError for an id that is not there or is managed already.
    """
    folder = folder_of(target, folder, "--into")
    _make_folder(target.root)
    with alone(target):
        state = read_state(target)
        lock = state.lock
        with connect(target, read_only=True, observer=observer) as api:
            service = read_prompts(api, target, state)
        raise_if_mostly_gone(len(lock.prompts), len(lock.ids() - service.keys()))
        chosen = _chosen(target, _unmanaged(target, lock, service.values()), ids, lock)
        keys = _keys(target, chosen, lock, folder)
        on_start(len(chosen))
        texts, left_out = _texts(target, chosen, keys)
        allowed = {name for _, emitted in texts.values() for name in emitted.allow_fields}
        new_fields = tuple(sorted(allowed - set(target.config.allow_fields)))
        if new_fields:
            target = _allow(target, new_fields)
        entries: dict[str, LockEntry] = {}
        for key, (remote, emitted) in texts.items():
            write_new(_path(target, key), emitted, target.root)
            own = own_fields(emitted.file, remote, emitted.dialect)
            entries[key] = entry_for(emitted.file, remote, emitted.dialect, None, own)
            state.journal.end_with(0, key, entries[key])
            on_prompt(key)
        owner = lock.owner or next((remote.owner for remote, _ in texts.values()), None)
        record(target, state, replace(lock.with_prompts({**lock.prompts, **entries}), owner=owner))
    return Imported({key: entry.id for key, entry in entries.items()}, left_out, new_fields)


def _unmanaged(target: Target, lock: Lockfile, service: Iterable[RemotePrompt]) -> list[RemotePrompt]:
    managed = lock.ids() | ids_elsewhere(target)
    return sorted(
        (prompt for prompt in service if prompt.id not in managed), key=lambda prompt: prompt.id, reverse=True
    )


def _chosen(target: Target, found: list[RemotePrompt], ids: Iterable[str] | None, lock: Lockfile) -> list[RemotePrompt]:
    if ids is None:
        return found
    by_id = {prompt.id: prompt for prompt in found}
    wanted = dict.fromkeys(ids)
    for id in wanted:
        if id not in by_id:
            holder = next((key for key, entry in lock.prompts.items() if entry.id == id), None)
            managed = holder or (id in ids_elsewhere(target) and "another lockfile")
            why = f"is tied to {managed} already" if managed else "is not where this key reaches"
            raise UsageError(f"the prompt {id} {why}", hint="`promptsync import --list` shows what can be imported")
    return [by_id[id] for id in wanted]


def _keys(target: Target, chosen: list[RemotePrompt], lock: Lockfile, folder: str) -> dict[str, str]:
    """The key for each id: that of a file which an interrupted import left, else a new one after its name."""
    sources = _sources(target)
    keys = _begun(target, chosen, sources, lock, folder)
    rest = [remote for remote in chosen if remote.id not in keys]
    return keys | file_names(rest, sources.keys() | lock.prompts.keys(), folder)


def _texts(
    target: Target, chosen: list[RemotePrompt], keys: dict[str, str]
) -> tuple[dict[str, tuple[RemotePrompt, Emitted]], dict[str, str]]:
    """The file of each key, and for the prompts that no file can hold the sentence that says why."""
    texts: dict[str, tuple[RemotePrompt, Emitted]] = {}
    left_out: dict[str, str] = {}
    for remote in chosen:
        key = keys[remote.id]
        try:
            emitted = _emit(target, remote, key.rpartition("/")[2])
            _check_allowed(emitted.allow_fields)
            check_beside(_path(target, key), emitted)
            texts[key] = (remote, emitted)
        except PromptsyncError as error:
            left_out[remote.id] = error.message
    return texts, left_out


def _check_allowed(names: tuple[str, ...]) -> None:
    """Raises PromptsyncError for fields that a configuration cannot let through."""
    try:
        if names:
            parse_config(dump({"allow_fields": list(names)}).encode(), CONFIG_NAME)
    except LoadError as error:
        raise PromptsyncError(
            f"`allow_fields` cannot let {', '.join(names)} through: {error.problems[0].message}"
        ) from None


def _sources(target: Target) -> dict[str, bytes]:
    """The prompt files that are there, by key."""
    try:
        sources, _ = find_sources(target.root, max_bytes=target.config.max_file_bytes)
    except ConfigError:
        return {}
    return {source.key: source.data for source in sources}


def _emit(target: Target, remote: RemotePrompt, stem: str) -> Emitted:
    config = target.config
    return emit(remote, stem=stem, max_bytes=config.max_file_bytes, max_lines=config.max_lines)


def _begun(
    target: Target, chosen: Iterable[RemotePrompt], sources: dict[str, bytes], lock: Lockfile, folder: str
) -> dict[str, str]:
    """The key by id of the files that an interrupted import wrote and could not record: they say what it would write.

    Of prompts that say the same, any may be any.
    """
    free: dict[bytes, list[str]] = defaultdict(list)
    for key, data in sources.items():
        if key not in lock.prompts and key.rpartition("/")[0] == folder:
            free[data].append(key)
    found: dict[str, str] = {}
    for remote in chosen if free else ():
        usual = file_names([remote], (), folder)[remote.id].rpartition("/")[2]
        for stem in dict.fromkeys((remote.display_name, usual, "")):
            try:
                keys = free.get(_emit(target, remote, stem).text.encode(), [])
            except PromptsyncError:
                break
            fitting = next((key for key in keys if stem in ("", key.rpartition("/")[2])), None)
            if fitting is not None:
                keys.remove(fitting)
                found[remote.id] = fitting
                break
    return found


def _path(target: Target, key: str) -> Path:
    return as_spelled(target.root, f"{key}.yaml")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PromptsyncError(f"{folder} cannot be made: {error.strerror}") from None


def _allow(target: Target, names: tuple[str, ...]) -> Target:
    """Lets fields that this tool does not know through to the service: they stand in the configuration from now on."""
    path = target.root / CONFIG_NAME
    fields = [*target.config.allow_fields, *names]
    text = (read_bytes(path) or b"").decode("utf-8")
    if read(text.removeprefix("\ufeff").replace("\r\n", "\n")).data is None:
        # Nothing or comments alone.
        text += "" if text == "" or text.endswith("\n") else "\n"
        text += dump({"allow_fields": fields})
    else:
        text = edit(text, [Edit(("allow_fields",), "set", fields)]).text
    config = parse_config(text.encode(), str(path))
    write_atomic(path, text.encode())
    return replace(target, config=config)
