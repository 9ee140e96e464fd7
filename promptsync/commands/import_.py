"""Brings prompts that were made in the web UI into files and lock: day one of a team that has some already."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.configure import configured
from promptsync.commands.connect import connect
from promptsync.commands.gather import read_prompts
from promptsync.commands.keys import folder_of
from promptsync.commands.newfile import check_beside, emit_at, write_new
from promptsync.commands.results import Imported
from promptsync.commands.state import ids_elsewhere, read_state, record_with_files
from promptsync.commands.unmanaged import ANY, matching, not_managed
from promptsync.commands.until_merged import Tie, check_ties
from promptsync.files.config import parse_config
from promptsync.files.disk import as_spelled, find_sources
from promptsync.files.names import file_names, file_stem
from promptsync.files.run_lock import alone
from promptsync.files.target import CONFIG_NAME
from promptsync.files.tree import read_layers
from promptsync.files.yaml.writer import dump
from promptsync.model.errors import ConfigError, LoadError, PromptsyncError, UsageError
from promptsync.model.lockfile import entry_for
from promptsync.plan.base import own_fields
from promptsync.plan.safety import raise_if_mostly_gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from promptsync.files.emit import Emitted
    from promptsync.files.layers import Layers
    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import RemotePrompt
    from promptsync.plan.filters import Filter
    from promptsync.service.calls import Exchange


DEFAULT_FOLDER = "Default"
"""Where a prompt goes whose folder no one tells: the project that each workspace begins with."""


def import_prompts(
    target: Target,
    ids: Iterable[str] | None,
    folder: str | None,
    wanted: Filter = ANY,
    *,
    on_start: Callable[[int], None] = lambda _: None,
    on_prompt: Callable[[str], None] = lambda _: None,
    observer: Callable[[Exchange], None] | None = None,
) -> Imported:
    """Writes a file for each of the prompts `ids` (None: all `wanted` that no lockfile holds), and locks it.

    The file goes into `folder`; None is the prompt's own folder on the service, and `Default` where that is not told.
    The service is only read. Wherever the file goes, the prompt stays where it is until its key changes. Each file is
    recorded as it is written, so that an interrupted import can go on. Raises UsageError for an id
    that is not there or is managed already.
    """
    folder = None if folder is None else folder_of(target, folder, "--into")
    _make_folder(target.root)
    with alone(target):
        state = read_state(target)
        lock = state.lock
        with connect(target, read_only=True, observer=observer) as api:
            service = read_prompts(api, target, state)
        raise_if_mostly_gone(len(lock.prompts), len(lock.ids() - service.keys()))
        chosen = matching(_chosen(target, not_managed(target, lock, service.values()), ids, lock), wanted)
        layers = read_layers(target)
        keys = _keys(target, chosen, lock, folder, layers)
        on_start(len(chosen))
        texts, left_out = _texts(target, chosen, keys, layers)
        check_ties(
            target, state, {}, [Tie(done.file, remote.id, remote.display_name) for remote, done in texts.values()]
        )
        allowed = {name for _, emitted in texts.values() for name in emitted.allow_fields}
        new_fields = tuple(sorted(allowed - set(target.config.allow_fields)))
        if new_fields:
            target = configured(target, "allow_fields", [*target.config.allow_fields, *new_fields])
        entries: dict[str, LockEntry] = {}
        for key, (remote, emitted) in texts.items():
            write_new(_path(target, key), emitted, target.root)
            own = own_fields(emitted.file, remote, emitted.dialect)
            entries[key] = entry_for(emitted.file, remote, emitted.dialect, None, own)
            if target.lock_branch is None:  # Else the next apply would bring it to the branch before its file.
                state.journal.end_with(0, key, entries[key])
            on_prompt(key)
        owner = lock.owner or next((remote.owner for remote, _ in texts.values()), None)
        record_with_files(target, state, replace(lock.with_prompts({**lock.prompts, **entries}), owner=owner))
    return Imported({key: entry.id for key, entry in entries.items()}, left_out, new_fields)


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


def _keys(
    target: Target, chosen: list[RemotePrompt], lock: Lockfile, folder: str | None, layers: Layers
) -> dict[str, str]:
    """The key for each id: that of a file which an interrupted import left, else a new one after its name."""
    sources = _sources(target)
    groups: dict[str, list[RemotePrompt]] = defaultdict(list)
    for remote in chosen:
        groups[folder if folder is not None else _own_folder(target, remote)].append(remote)
    keys: dict[str, str] = {}
    for place in sorted(groups):
        begun = _begun(target, groups[place], sources, lock, place, layers)
        rest = [remote for remote in groups[place] if remote.id not in begun]
        taken = {*sources, *lock.prompts, *keys.values(), *begun.values()}
        keys |= begun | file_names(rest, taken, place)
    return keys


def _own_folder(target: Target, remote: RemotePrompt) -> str:
    """The folder for a prompt whose folder on the service is told: the same, below the target's prefix."""
    prefix = target.settings.path_prefix.strip("/")
    told = f"{remote.path or ''}/".removeprefix(f"{prefix}/" if prefix else "")
    parts = [file_stem(part) for part in told.split("/") if part.strip()]
    return "/".join(parts) or ("" if prefix and remote.path else DEFAULT_FOLDER)


def _texts(
    target: Target, chosen: list[RemotePrompt], keys: dict[str, str], layers: Layers
) -> tuple[dict[str, tuple[RemotePrompt, Emitted]], dict[str, str]]:
    """The file of each key, and for the prompts that no file can hold the sentence that says why."""
    texts: dict[str, tuple[RemotePrompt, Emitted]] = {}
    left_out: dict[str, str] = {}
    for remote in chosen:
        key = keys[remote.id]
        try:
            if not target.settings.holds(key):
                raise PromptsyncError(f"{key} would not be of the target “{target.name}”, by its `only` and `except`")
            emitted = emit_at(target, remote, key, layers)
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


def _begun(
    target: Target,
    chosen: Iterable[RemotePrompt],
    sources: dict[str, bytes],
    lock: Lockfile,
    folder: str,
    layers: Layers,
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
                emitted = emit_at(target, remote, f"{folder}/{stem}" if folder else stem, layers)
                keys = free.get(emitted.text.encode(), [])
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
