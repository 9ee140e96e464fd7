"""Keeps what the service held of a prompt before it is deleted, and finds it again."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from promptsync.files.disk import read_bytes, write_atomic
from promptsync.model.errors import PromptsyncError
from promptsync.service.answers import read_prompt

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.model.prompt import RemotePrompt

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def archive(folder: Path, key: str, remote: RemotePrompt) -> Path:
    """Writes the whole entity as JSON into `folder`, named by key and id, and gives the file's path."""
    name = _UNSAFE.sub("_", f"{key}.{remote.id}")[-200:]
    path = folder / f"{name}.json"
    write_atomic(path, (json.dumps({"key": key, "prompt": remote.raw}, indent=2) + "\n").encode())
    return path


def find_archived(folder: Path, key: str) -> RemotePrompt:
    """What was archived last of the prompt of `key`.

    Raises PromptsyncError where there is nothing, or where it cannot be read.
    """
    for path in _files(folder):
        # What cannot be read, or is no prompt, is passed over.
        with suppress(ValueError, RecursionError):
            data = json.loads(read_bytes(path) or b"")
            if isinstance(data, dict) and data.get("key") == key:
                return read_prompt(data.get("prompt"))
    raise PromptsyncError(
        f"nothing is archived of `{key}` in {folder}", hint="name the folder that `apply --archive` was given"
    )


def _files(folder: Path) -> list[Path]:
    """What may have been archived in a folder, the newest first. A link, or what else is no file, was not."""
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.name.endswith(".json") and entry.is_file(follow_symlinks=False)]
    found.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)
    return [folder / entry.name for entry in found]
