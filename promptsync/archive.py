"""Keeps what the service held of a prompt before it is deleted, and finds it again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from promptsync.errors import PromptsyncError
from promptsync.files import read_bytes, write_atomic
from promptsync.models import DIALECTS, Json, RemotePrompt

if TYPE_CHECKING:
    from pathlib import Path

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
    paths = (
        sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True) if folder.is_dir() else []
    )
    for path in paths:
        try:
            data = json.loads(read_bytes(path) or b"")
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict) and data.get("key") == key and _is_entity(data.get("prompt")):
            return _prompt(data["prompt"])
    raise PromptsyncError(
        f"nothing is archived of `{key}` in {folder}", hint="name the folder that `apply --archive` was given"
    )


def _is_entity(raw: Any) -> bool:
    return (
        isinstance(raw, dict)
        and all(isinstance(raw.get(name), str) for name in ("_id", "display_name"))
        and all(isinstance(raw.get(name, {}), dict) for name in ("metadata", *DIALECTS))
    )


def _prompt(raw: Json) -> RemotePrompt:
    description = raw.get("description")
    return RemotePrompt(
        id=raw["_id"],
        display_name=raw["display_name"],
        description=description if isinstance(description, str) else None,
        metadata=raw.get("metadata", {}),
        blocks={dialect: raw[dialect] for dialect in DIALECTS if dialect in raw},
        raw=raw,
    )
