"""Restore: an old version, or a deleted prompt, back into the files. The next apply makes it live."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from promptsync.apply.archive import find_archived
from promptsync.commands.connect import connect
from promptsync.commands.history import as_remote, names
from promptsync.commands.keys import file_of, locked_entry, new_key
from promptsync.commands.newfile import check_beside, emit_at, write_new
from promptsync.commands.results import Pulled
from promptsync.commands.rewrite import Rewriter, content_for, no_place
from promptsync.commands.state import read_state
from promptsync.files.disk import as_spelled
from promptsync.files.run_lock import alone
from promptsync.files.target import CONFIG_NAME, check_state
from promptsync.files.tree import load_tree, read_layers
from promptsync.files.yaml.writer import flow
from promptsync.merge.prompts import merge
from promptsync.model.compare import provider_of
from promptsync.model.errors import DialectError, NotFoundError, PromptsyncError, UsageError
from promptsync.model.shell import command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptsync.files.emit import Emitted
    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.api import PromptsApi
    from promptsync.service.calls import Exchange


def restore(target: Target, key: str, version: str, *, observer: Callable[[Exchange], None] | None = None) -> Pulled:
    """Brings the content of an old version into the file of `key`.

    Raises UsageError for a version that the prompt never had.
    """
    with alone(target):
        tree = load_tree(target)
        file = file_of(target, tree.files, key)
        key = file.key
        entry = locked_entry(target, read_state(target).lock, key)
        with connect(target, read_only=True, observer=observer) as api:
            old = _version(api, replace(entry, display_name=file.prompt.display_name), version)
        try:
            theirs = content_for(file, old, entry)
        except DialectError as error:
            return Pulled(key, problem=no_place(file, error.fields))
        merged = merge(file.prompt, file.prompt, theirs, added=entry.added, provider=provider_of(old))
        return Rewriter(target, tree.files, tree.layers).edit(file, Pulled(key, edits=tuple(merged.edits)))


def restore_deleted(target: Target, key: str, folder: Path | None = None) -> Path:
    """Writes the file of a deleted prompt anew, from what was archived; gives its path.

    The next apply makes a new prompt of it, under a new id. Raises UsageError where the file is there.
    """
    with alone(target):
        key = new_key(target, key)
        path = as_spelled(target.root, f"{key}.yaml")
        if path.exists():
            raise UsageError(f"{path} is there already", hint=f"name a version to restore: {command('history', key)}")
        if folder is None:
            check_state(target)
        archived = find_archived(folder or target.archive_folder, key)
        emitted = emit_at(target, archived, key, read_layers(target))
        _check_allowed(target, emitted)
        check_beside(path, emitted)
        write_new(path, emitted, target.root)
    return path


def _check_allowed(target: Target, emitted: Emitted) -> None:
    missing = sorted(set(emitted.allow_fields) - set(target.config.allow_fields))
    if missing:
        raise PromptsyncError(
            f"the archived prompt has fields that this tool does not know: {', '.join(missing)}",
            hint=f"let them through in {CONFIG_NAME}: allow_fields: {flow(missing)}",
        )


def _version(api: PromptsApi, entry: LockEntry, version: str) -> RemotePrompt:
    known: list[str] = []
    try:
        for found in api.versions(entry.id):
            if names(found, version):
                return as_remote(found, entry)
            known.append(found.id)
    except NotFoundError:
        raise PromptsyncError(f"the prompt {entry.id} is not on the service any more") from None
    near = get_close_matches(version, known, 1)
    raise UsageError(
        f"the prompt has no version {version}", hint=f"did you mean {near[0]}?" if near else "`promptsync history KEY`"
    )
